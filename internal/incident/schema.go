package incident

import "collector/internal/store"

const (
	fileName = "incidents.db"

	// applicationID stands in the file's header, "inci" in ASCII.
	applicationID = 0x696e6369
	// schemaVersion is the file's PRAGMA user_version.
	schemaVersion = 1
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

func format() store.Format {
	return store.Format{Application: applicationID, Version: schemaVersion, Schema: schema}
}
