package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"

	"collector/internal/timeline"
)

// Entries are what a journal says about a window.
type Entries struct {
	List    []Entry // in order of time
	More    int     // further ones, which were not read
	Damaged int     // rows that cannot be read
	Ever    bool    // something of the kind is in the journal, whenever it happened
}

// JournalExists reports whether there is a journal in a directory.
func JournalExists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, journalName))
	return err == nil
}

const entryColumns = `number, kind, at, until, undated, received, fields`

// ReadJournal reads the entries of a kind that can have happened in a window, at most so
// many, the earliest first. It opens the journal in a directory for reading only, also
// while other processes write it.
//
// Errors: [ErrMissing], [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrOlder].
func ReadJournal(ctx context.Context, dir string, kind EntryKind, w timeline.Window, most int) (Entries, error) {
	path := filepath.Join(dir, journalName)
	db, err := journalFormat().OpenReadOnly(ctx, path)
	if err != nil {
		return Entries{}, err
	}
	defer func() { _ = db.Close() }() // it only reads
	found, err := readEntries(ctx, db, kind, w, most)
	return found, explain("reading the journal", path, err)
}

// inWindow are the entries of kind ?1 that can have happened from ?2 to before ?3. None
// is vaguer than maxVague, so that the index finds them.
const inWindow = ` FROM entry WHERE kind = ?1 AND at >= ?2 - ?4 AND at < ?3 AND until >= ?2`

func readEntries(ctx context.Context, db *sql.DB, kind EntryKind, w timeline.Window, most int) (found Entries, err error) {
	from, to := w.From.UnixMilli(), w.To.UnixMilli()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // so that all of it is of one moment
	if err != nil {
		return found, err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM entry WHERE kind = ?)`, string(kind)).Scan(&found.Ever); err != nil || !found.Ever {
		return found, err
	}
	var all int
	if err := tx.QueryRowContext(ctx, `SELECT count(*)`+inWindow, string(kind), from, to, maxVague.Milliseconds()).Scan(&all); err != nil {
		return found, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT `+entryColumns+inWindow+` ORDER BY at, number LIMIT ?5`, string(kind), from, to, maxVague.Milliseconds(), most)
	if err != nil {
		return found, err
	}
	found.List, found.Damaged, err = scanEntries(rows)
	found.More = all - len(found.List) - found.Damaged
	return found, err
}

// scanEntries reads rows of entryColumns, and counts those whose fields cannot be read.
func scanEntries(rows *sql.Rows) (list []Entry, damaged int, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Entry
		var at, until, received int64
		var fields string
		if err := rows.Scan(&e.Number, &e.Kind, &at, &until, &e.Undated, &received, &fields); err != nil {
			return nil, 0, err
		}
		e.At, e.Until, e.Received = fromMillis(at), fromMillis(until), fromMillis(received)
		if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil || e.Fields == nil {
			damaged++
			continue
		}
		list = append(list, e)
	}
	return list, damaged, rows.Err()
}

// newsStatement is asked every other second.
const newsStatement = `SELECT ` + entryColumns + ` FROM entry WHERE number > ? ORDER BY number LIMIT ?`

// After are the entries with a greater number, at most so many, in the order in which
// they were kept. Rows that cannot be read are left out.
func (j *Journal) After(ctx context.Context, number int64, most int) ([]Entry, error) {
	rows, err := j.news.QueryContext(ctx, number, most)
	if err != nil {
		return nil, explain("reading the journal", j.path, err)
	}
	list, _, err := scanEntries(rows)
	return list, explain("reading the journal", j.path, err)
}

// Mark is the number up to which somebody has dealt with the entries; 0 at first.
func (j *Journal) Mark(ctx context.Context, name string) (number int64, err error) {
	err = j.db.QueryRowContext(ctx, `SELECT coalesce((SELECT number FROM mark WHERE name = ?), 0)`, name).Scan(&number)
	return number, explain("reading the journal", j.path, err)
}

// SetMark keeps what [Journal.Mark] returns.
func (j *Journal) SetMark(ctx context.Context, name string, number int64) error {
	_, err := j.db.ExecContext(ctx, `INSERT INTO mark (name, number) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number`, name, number)
	return explain("writing the journal", j.path, err)
}
