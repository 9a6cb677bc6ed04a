package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	numbersName = "numbers.db"

	// numbersID stands in the file's header, "numb" in ASCII.
	numbersID = 0x6e756d62
)

// numbersSchema makes the table of version 1. A key is kept as its SHA-256: it is only
// compared. Given is a Unix time in milliseconds.
const numbersSchema = `
CREATE TABLE given (
	series TEXT NOT NULL,
	year   INTEGER NOT NULL,
	number INTEGER NOT NULL,
	key    BLOB NOT NULL,
	given  INTEGER NOT NULL,
	PRIMARY KEY (series, year, number),
	UNIQUE (series, key)
) STRICT;
`

func numbersFormat() Format { return Format{Application: numbersID, Schema: numbersSchema} }

// Number is one of a series that is counted by the year: the third of 2026.
type Number struct {
	Series string // "DEA"
	Year   int
	Number int // from 1
}

// String is how people write it: DEA-2026-003.
func (n Number) String() string { return fmt.Sprintf("%s-%d-%03d", n.Series, n.Year, n.Number) }

// GiveNumber gives a key the next number of a series in a year, and always the same one
// again, also in another year. It is kept in numbers.db in the store's directory, which is
// made when it is missing. When it returns nil, the number survives the death of the
// process and of the machine, and no other key ever gets it. Several processes may ask at
// once.
//
// Errors: [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrFull], or that of the directory.
func GiveNumber(ctx context.Context, dir, series string, year int, key string, now time.Time) (Number, error) {
	var n Number
	err := writingNumbers(ctx, dir, func(tx *sql.Tx) (err error) {
		n, err = findNumber(ctx, tx, series, key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		n = Number{series, year, 0}
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) + 1 FROM given WHERE series = ? AND year = ?`, series, year).Scan(&n.Number); err != nil {
			return err
		}
		return n.put(ctx, tx, key, now)
	})
	if err != nil {
		return Number{}, err
	}
	return n, nil
}

// KeepNumber notes that a key has a number already, of a draft that is older than the
// file: no other key gets it.
//
// Errors: those of [GiveNumber], and [ErrConflict] when another key has it, or the key
// another number.
func KeepNumber(ctx context.Context, dir string, n Number, key string, now time.Time) error {
	return writingNumbers(ctx, dir, func(tx *sql.Tx) error {
		if had, err := findNumber(ctx, tx, n.Series, key); err == nil && had == n {
			return nil
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		} else if err == nil {
			return fmt.Errorf("%w: it has %s", ErrConflict, had)
		}
		var taken bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM given WHERE series = ? AND year = ? AND number = ?)`, n.Series, n.Year, n.Number).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("%w: %s was given to another", ErrConflict, n)
		}
		return n.put(ctx, tx, key, now)
	})
}

// writingNumbers runs a transaction that holds the file's write lock.
func writingNumbers(ctx context.Context, dir string, do func(*sql.Tx) error) error {
	const doing = "giving a number in"
	if dir == "" {
		return errors.New("giving a number: no directory given; set storage.path")
	}
	path := filepath.Join(dir, numbersName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return explain("making the store's directory", dir, err)
	}
	db, err := numbersFormat().Open(ctx, path, "synchronous(full)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // what counts is committed
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return explain(doing, path, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	if err := do(tx); err != nil {
		return explain(doing, path, err)
	}
	return explain(doing, path, tx.Commit())
}

func findNumber(ctx context.Context, db *sql.Tx, series, key string) (Number, error) {
	n := Number{Series: series}
	sum := sha256.Sum256([]byte(key))
	err := db.QueryRowContext(ctx, `SELECT year, number FROM given WHERE series = ? AND key = ?`, series, sum[:]).Scan(&n.Year, &n.Number)
	return n, err
}

func (n Number) put(ctx context.Context, tx *sql.Tx, key string, now time.Time) error {
	sum := sha256.Sum256([]byte(key))
	_, err := tx.ExecContext(ctx, `INSERT INTO given (series, year, number, key, given) VALUES (?, ?, ?, ?, ?)`, n.Series, n.Year, n.Number, sum[:], now.UnixMilli())
	return err
}
