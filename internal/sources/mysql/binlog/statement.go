package binlog

import (
	"regexp"
	"sync"

	"collector/internal/sources/mysql/ddl"
	"collector/internal/sources/mysql/sqltext"
)

// place is where something stands in the log, who wrote it and when, on the server's
// clock.
type place struct {
	File       string `json:"file"`
	Position   uint32 `json:"position"`                     // where its last event ends
	Thread     uint32 `json:"thread,omitempty"`             // the session's number where it was first executed
	Origin     uint32 `json:"origin,omitempty"`             // server ID of where that was; 0 is here
	Seconds    uint32 `json:"seconds"`                      // when its first statement began there, since 1970
	After      uint32 `json:"after_seconds,omitempty"`      // when the last statement of the transactions in front of it in the log began, since 1970
	CommitUS   int64  `json:"commit_us,omitempty"`          // MySQL: when it was committed here, since 1970
	OriginalUS int64  `json:"original_commit_us,omitempty"` // MySQL: when it was committed at its origin
}

// statement is one statement that changes a schema.
type statement struct {
	place
	Took    uint32       `json:"took_seconds"` // from its start at the origin to its being logged here
	Error   uint16       `json:"error,omitempty"`
	Text    string       `json:"statement"` // normalised
	Changes []ddl.Change `json:"changes"`
}

// parse reads what a statement changes and removes what is private from its text.
func parse(q query) (changes []ddl.Change, text string) {
	if q.mode == nil {
		changes = ddl.Parse(q.text, q.schema)
	} else {
		changes = ddl.ParseIn(q.text, q.schema, ddl.Mode{
			ANSIQuotes: *q.mode&modeANSIQuotes != 0, NoBackslashEscapes: *q.mode&modeNoBackslashEscapes != 0,
		})
	}
	if changes == nil {
		return nil, ""
	}
	r := redactor()
	return changes, r.definer.ReplaceAllString(r.statements.Normalize(q.text), "DEFINER = ?")
}

// redacting is what both halves of removing private things need.
type redacting struct {
	statements *sqltext.Normalizer
	definer    *regexp.Regexp // the account of a view, trigger or routine
}

var redactor = sync.OnceValue(func() redacting {
	const name = "(?:`[^`]*`|[^\\s`@]+)"
	return redacting{
		statements: sqltext.NewNormalizer(),
		definer:    regexp.MustCompile(`(?i)\bDEFINER\s*=\s*` + name + `(?:\s*@\s*` + name + `)?`),
	}
})
