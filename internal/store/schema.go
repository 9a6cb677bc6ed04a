package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
)

const (
	fileName = "collector.db"
	lockName = "collector.lock"

	// applicationID stands in the file's header, "coll" in ASCII, so that file(1)
	// and collector know the file.
	applicationID = 0x636f6c6c
	// schemaVersion is the file's PRAGMA user_version.
	schemaVersion = 1
)

// schema makes the tables of version 1.
//
// A tick is in exactly one place: in tail until it is compacted, then in blocks.
// Times are Unix milliseconds.
const schema = `
CREATE TABLE target (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE tail (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	target INTEGER NOT NULL REFERENCES target (id),
	at     INTEGER NOT NULL,
	body   BLOB NOT NULL
) STRICT;
CREATE INDEX tail_target ON tail (target, at);
CREATE TABLE block (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	target  INTEGER NOT NULL REFERENCES target (id),
	stream  INTEGER NOT NULL,
	level   INTEGER NOT NULL,
	first   INTEGER NOT NULL,
	last    INTEGER NOT NULL,
	ticks   INTEGER NOT NULL,
	size    INTEGER NOT NULL,
	body    BLOB NOT NULL
) STRICT;
CREATE INDEX block_stream ON block (target, stream, first, last);
CREATE INDEX block_level ON block (level, target, stream, first);
CREATE INDEX block_age ON block (last);
`

// dsn is the connection string of the file at path in one of SQLite's modes.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_busy_timeout": {"10000"}}
	if mode == "immutable" {
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	}
	if mode == "rw" {
		q.Set("_txlock", "immediate")
	}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String()
}

// header is what a file says about itself.
type header struct {
	application, version int64
	tables               int64
}

// examine reads the header and says whether the file is a store that this
// collector can read. It writes nothing. A file without any table is no error:
// fresh reports it.
func examine(ctx context.Context, db *sql.DB, path string) (fresh bool, err error) {
	var h header
	err = db.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`).
		Scan(&h.application, &h.version, &h.tables)
	if err != nil {
		return false, explain("opening the store", path, err)
	}
	switch {
	case h.application == 0 && h.version == 0 && h.tables == 0:
		return true, nil
	case h.application != applicationID:
		return false, fmt.Errorf("opening the store %s: %w but some other SQLite database: it was left as it is; point storage.path elsewhere", path, ErrForeign)
	case h.version > schemaVersion:
		return false, fmt.Errorf("opening the store %s: %w (schema %d, this one knows %d): it was left as it is; run that collector, or point storage.path elsewhere",
			path, ErrNewer, h.version, schemaVersion)
	case h.version < schemaVersion:
		return false, fmt.Errorf("opening the store %s: %w: it says schema %d, which never was: it was left as it is; restore it from a backup, or move it away", path, ErrCorrupt, h.version)
	}
	return false, nil
}

// create makes the tables of a fresh file. The file is complete or has no table
// at all, whenever the process dies.
func create(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	steps := []string{schema, fmt.Sprintf("PRAGMA application_id = %d", applicationID), fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)}
	for _, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	return tx.Commit()
}
