package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	lib "modernc.org/sqlite/lib"
)

// Format is one of collector's SQLite files: what its header says about it, and
// how its tables are made. Beside the recording, the book of incidents has one.
type Format struct {
	Application int64    // PRAGMA application_id
	Schema      string   // the statements that make the tables of version 1
	Upgrades    []string // the statements that make of version 1 version 2, of that version 3, and so on
}

// version is the PRAGMA user_version of the format's files.
func (f Format) version() int64 { return 1 + int64(len(f.Upgrades)) }

// Open opens the file at path for reading and writing and makes it, mode 0600, when
// there is none; what root makes belongs to the owner of the directory. Several
// processes may do so at once. Every transaction takes the file's write lock when it
// begins, and waits ten seconds for it at most. A file of an older version is brought
// to this one. A file that is damaged, foreign or newer is left as it is.
//
// Errors: [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrFull].
func (f Format) Open(ctx context.Context, path string, pragmas ...string) (*sql.DB, error) {
	complete, err := f.look(ctx, path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, "rw", append(pragmas, "journal_mode(wal)")...))
	if err != nil {
		return nil, explain("opening the store", path, err)
	}
	if !complete {
		if err := f.complete(ctx, db); err != nil {
			return nil, errors.Join(explain("making the store", path, err), db.Close())
		}
	}
	return db, nil
}

// OpenReadOnly opens connections to the file at path that cannot write.
//
// Errors: [ErrMissing], [ErrCorrupt], [ErrForeign], [ErrNewer], [ErrOlder].
func (f Format) OpenReadOnly(ctx context.Context, path string) (*sql.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening the store %s: %w: has `collector serve` ever run with this storage.path?", path, ErrMissing)
	}
	db, err := sql.Open("sqlite", dsn(path, "ro", "query_only(1)"))
	if err != nil {
		return nil, explain("opening the store", path, err)
	}
	if err := f.readable(ctx, db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// readable says why a file that is open for reading cannot be read by this version.
func (f Format) readable(ctx context.Context, db *sql.DB, path string) error {
	h, err := f.examine(ctx, db, path)
	switch {
	case err != nil:
		return err
	case h == header{}:
		return fmt.Errorf("opening the store %s: %w yet, the file is empty: has `collector serve` ever run with this storage.path?", path, ErrMissing)
	case h.version < f.version():
		return fmt.Errorf("opening the store %s: %w (schema %d, this one reads %d): start this version's `collector serve` once", path, ErrOlder, h.version, f.version())
	}
	return nil
}

// Explain adds to an error of SQLite what it means for the file at path, and what a
// person can do. It is nil when err is.
func Explain(doing, path string, err error) error { return explain(doing, path, err) }

// look makes an empty file when there is none, and examines the one there is
// without writing to it: complete reports that it has all tables of this version.
func (f Format) look(ctx context.Context, path string) (complete bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		handOver(file)
		return false, file.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, explain("making the store", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "ro"))
	if err != nil {
		return false, explain("opening the store", path, err)
	}
	h, err := f.examine(ctx, db, path)
	return h.version == f.version(), errors.Join(err, db.Close())
}

// header is what a file says about itself.
type header struct {
	application, version int64
	tables               int64
}

// queryer is a database or a transaction.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readHeader(ctx context.Context, db queryer) (h header, err error) {
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&h.application, &h.version, &h.tables)
	return h, err
}

// examine reads the header and says whether the file is one that this collector can
// read. It writes nothing. Neither a file without any table nor an older one is an
// error.
func (f Format) examine(ctx context.Context, db *sql.DB, path string) (header, error) {
	h, err := readHeader(ctx, db)
	if err != nil {
		return h, explain("opening the store", path, err)
	}
	switch {
	case h == header{}:
		return h, nil
	case h.application != f.Application:
		return h, fmt.Errorf("opening the store %s: %w but some other SQLite database: it was left as it is; point storage.path elsewhere", path, ErrForeign)
	case h.version > f.version():
		return h, fmt.Errorf("opening the store %s: %w (schema %d, this one knows %d): it was left as it is; run that collector, or point storage.path elsewhere",
			path, ErrNewer, h.version, f.version())
	case h.version < 1:
		return h, fmt.Errorf("opening the store %s: %w: it says schema %d, which never was: it was left as it is; restore it from a backup, or move it away", path, ErrCorrupt, h.version)
	}
	return h, nil
}

// complete makes the tables of a fresh file and brings an older one to this version,
// unless another process just has. The file is of one version or the other, whenever
// the process dies.
func (f Format) complete(ctx context.Context, db *sql.DB) error {
	tx, err := beginFirst(ctx, db)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	h, err := readHeader(ctx, tx)
	if err != nil || h.version >= f.version() {
		return err
	}
	var steps []string
	if h == (header{}) {
		steps = append(steps, f.Schema, fmt.Sprintf("PRAGMA application_id = %d", f.Application))
		h.version = 1
	}
	steps = append(steps, f.Upgrades[h.version-1:]...)
	for _, step := range append(steps, fmt.Sprintf("PRAGMA user_version = %d", f.version())) {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// beginFirst begins a transaction in a file that is perhaps not in WAL mode yet. The
// first connection brings it there, and SQLite does not wait then for others that do
// the same: a lock that is held may be the one that waits for this connection's
// (https://sqlite.org/c3ref/busy_handler.html).
func beginFirst(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	const pause = 20 * time.Millisecond
	for until := time.Now().Add(busyTimeout); ; {
		tx, err := db.BeginTx(ctx, nil)
		if code(err) != lib.SQLITE_BUSY || time.Now().After(until) {
			return tx, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}
