package store

import (
	"net/url"
	"path/filepath"
	"strconv"
	"time"
)

const (
	fileName = "collector.db"
	lockName = "collector.lock"

	// applicationID stands in the file's header, "coll" in ASCII, so that file(1)
	// and collector know the file.
	applicationID = 0x636f6c6c
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

// busyTimeout is how long a process waits for another one that writes.
const busyTimeout = 10 * time.Second

// dsn is the connection string of the file at path in one of SQLite's modes.
func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)}}
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

// recording is the file of samples.
func recording() Format {
	return Format{Application: applicationID, Schema: schema}
}
