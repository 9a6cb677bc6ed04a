package incident

import (
	"strings"

	"collector/internal/store"
)

const (
	fileName = "incidents.db"

	// applicationID stands in the file's header, "inci" in ASCII.
	applicationID = 0x696e6369
)

// schema makes the tables of version 1. Times are Unix milliseconds, 0 is never. An
// episode that belongs to an incident which is long over carries its ID in sealed,
// and the incident stands in record, as it was when it was sealed.
const schema = `
CREATE TABLE episode (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	fingerprint TEXT NOT NULL,
	starts_at   INTEGER NOT NULL,
	first       TEXT NOT NULL,
	latest      TEXT NOT NULL,
	received    INTEGER NOT NULL,
	repeated    INTEGER NOT NULL,
	fired_at    INTEGER NOT NULL,
	resolved_at INTEGER NOT NULL,
	ends_at     INTEGER NOT NULL,
	known_at    INTEGER NOT NULL,
	missed_at   INTEGER NOT NULL,
	receiver    TEXT NOT NULL,
	group_key   TEXT NOT NULL,
	external_url TEXT NOT NULL,
	truncated   INTEGER NOT NULL,
	sealed      TEXT NOT NULL DEFAULT '',
	UNIQUE (fingerprint, starts_at)
) STRICT;
CREATE INDEX episode_sealed ON episode (sealed);
CREATE TABLE incident (
	number      INTEGER PRIMARY KEY AUTOINCREMENT,
	id          TEXT NOT NULL UNIQUE,
	given_at    INTEGER NOT NULL,
	fingerprint TEXT NOT NULL,
	starts_at   INTEGER NOT NULL,
	record      TEXT NOT NULL DEFAULT '',
	draft       TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX incident_anchor ON incident (fingerprint, starts_at);
CREATE TABLE decision (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	at       INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	incident TEXT NOT NULL,
	other    TEXT NOT NULL,
	alerts   TEXT NOT NULL
) STRICT;
`

// counted gives a table a count of its changes: rev is the number of the change that
// made the row what it is, so that a look at the book reads only what is new. It is
// kept by triggers, whoever writes: this process, another one, or a person who mends
// a row.
func counted(table string) string {
	return strings.ReplaceAll(`
ALTER TABLE @ ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;
CREATE INDEX @_rev ON @ (rev);
CREATE TRIGGER @_made AFTER INSERT ON @ BEGIN
	UPDATE @ SET rev = (SELECT max(rev) FROM @) + 1 WHERE rowid = new.rowid;
END;
CREATE TRIGGER @_changed AFTER UPDATE ON @ WHEN new.rev = old.rev BEGIN
	UPDATE @ SET rev = (SELECT max(rev) FROM @) + 1 WHERE rowid = new.rowid;
END;
`, "@", table)
}

func format() store.Format {
	return store.Format{Application: applicationID, Schema: schema, Upgrades: []string{
		counted("episode") + counted("incident") + counted("decision") + outboxSchema,
	}}
}
