package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	lib "modernc.org/sqlite/lib"
)

// Reader reads a store, also while another process writes it. It is safe for
// concurrent use; every iterator sees the store as it was when it began.
type Reader struct {
	path string // of the file
	db   *sql.DB
}

// OpenReadOnly opens the store in the directory path for reading. It works while
// another process writes the store; where the directory may not be written it
// works too, as long as the writer runs or has ended properly.
//
// Errors: [ErrMissing], [ErrCorrupt], [ErrForeign], [ErrNewer].
func OpenReadOnly(ctx context.Context, path string) (*Reader, error) {
	file := filepath.Join(path, fileName)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("opening the store %s: %w: has `collector serve` ever run with this storage.path?", file, ErrMissing)
	case err != nil:
		return nil, explain("opening the store", file, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("opening the store %s: %w but no file at all: point storage.path elsewhere", file, ErrForeign)
	}
	r, err := openReader(ctx, file, "ro")
	if cannotShare(err) && unwritten(file) {
		// A read-only directory without a running writer: there is no shared
		// memory and none can be made. Nothing can change the file either.
		return openReader(ctx, file, "immutable")
	}
	return r, err
}

// cannotShare reports that the -shm file of the write-ahead log can be neither
// opened nor made.
func cannotShare(err error) bool {
	c := code(err)
	return c == lib.SQLITE_CANTOPEN || c == lib.SQLITE_READONLY
}

// unwritten reports that nothing waits in the write-ahead log.
func unwritten(file string) bool {
	info, err := os.Stat(file + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// openReader opens the file's connections for reading.
func openReader(ctx context.Context, file, mode string) (*Reader, error) {
	db, err := sql.Open("sqlite", dsn(file, mode, "cache_size(-512)", "query_only(1)"))
	if err != nil {
		return nil, explain("opening the store", file, err)
	}
	db.SetMaxIdleConns(8)
	db.SetConnMaxIdleTime(time.Minute)
	if err := recording().readable(ctx, db, file); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Reader{path: file, db: db}, nil
}

// Close ends reading. Iterators that are under way end with an error.
func (r *Reader) Close() error { return r.db.Close() }

// Targets are the names of all recorded servers, sorted.
func (r *Reader) Targets(ctx context.Context) ([]string, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT name FROM target ORDER BY name`)
	if err != nil {
		return nil, explain("reading", r.path, err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, explain("reading", r.path, err)
		}
		names = append(names, name)
	}
	return names, explain("reading", r.path, rows.Err())
}

// Coverage is what the store has of a server. The zero value means nothing.
type Coverage struct {
	First, Last time.Time // of its ticks; what lies between may have holes
	Ticks       int64     // how many
}

// Coverage says from when to when a server was recorded, and how often. A server
// that was never recorded has none, and that is no error.
func (r *Reader) Coverage(ctx context.Context, target string) (Coverage, error) {
	var first, last, ticks sql.NullInt64
	err := r.db.QueryRowContext(ctx, `
		WITH part AS (
			SELECT first, last, ticks FROM block WHERE stream = ?1 AND target = (SELECT id FROM target WHERE name = ?2)
			UNION ALL
			SELECT at, at, 1 FROM tail WHERE target = (SELECT id FROM target WHERE name = ?2))
		SELECT min(first), max(last), sum(ticks) FROM part`, heartbeats, target).Scan(&first, &last, &ticks)
	if err != nil {
		return Coverage{}, explain("reading", r.path, err)
	}
	if !first.Valid {
		return Coverage{}, nil
	}
	return Coverage{fromMillis(first.Int64), fromMillis(last.Int64), ticks.Int64}, nil
}
