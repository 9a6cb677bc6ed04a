package sqltext

import (
	"regexp"
	"strings"
)

// A Redactor removes values from the error messages of servers. It is safe for
// concurrent use.
type Redactor struct {
	known   []shape
	queried *regexp.Regexp
	tail    *regexp.Regexp
	head    *regexp.Regexp
	free    *regexp.Regexp
}

// shape is a message whose grammar leaves no doubt which parts are names. The
// expression matches a whole message; print keeps the safe groups.
type shape struct {
	match *regexp.Regexp
	print string
}

// name is an identifier as messages print them. Wider characters are in doubt. Its
// length is not bounded: a counted repetition of these classes costs megabytes.
const name = `([\p{L}\p{N}_$.#-]+)`

// NewRedactor returns a redactor for the messages of MySQL and MariaDB.
func NewRedactor() *Redactor {
	return &Redactor{
		known: shapes(),
		// Statement-based replication: the message and the query that failed.
		queried: regexp.MustCompile(`(?s)^Error '(.*)' on query\. Default database: '` + strings.Replace(name, "+)", "*)", 1) + `'\. Query: '.*$`),
		head:    regexp.MustCompile(`^Could not execute (\w+) event on table ` + name + `; `),
		tail:    regexp.MustCompile(`, Error_code: (?:MY-)?\d+; handler error \w+; the event's (?:master|source|relay)? ?log [\w.-]+, end_log_pos \d+$`),
		free:    regexp.MustCompile(`(?:Error_code: |MY-0*)(?:1642|1643|1644)\b`),
	}
}

func shapes() []shape {
	var list []shape
	for _, s := range []struct{ match, print string }{
		{`Duplicate entry '.*' for key '` + name + `'`, "Duplicate entry ? for key '$1'"},
		{`Can't find record in '` + name + `'`, "Can't find record in '$1'"},
		{`Table '` + name + `' doesn't exist`, "Table '$1' doesn't exist"},
		{`Table '` + name + `' already exists`, "Table '$1' already exists"},
		{`Unknown table '` + name + `'`, "Unknown table '$1'"},
		{`Unknown database '` + name + `'`, "Unknown database '$1'"},
		{`Unknown column '` + name + `' in '(field list|where clause|on clause|order clause|group statement|having clause)'`, "Unknown column '$1' in '$2'"},
		{`Duplicate column name '` + name + `'`, "Duplicate column name '$1'"},
		{`Duplicate key name '` + name + `'`, "Duplicate key name '$1'"},
		{`Can't DROP (COLUMN |INDEX |FOREIGN KEY )?['` + "`]" + name + `['` + "`]" + `; check that (?:column/key exists|it exists)`, "Can't DROP $1'$2'; check that it exists"},
		{`Can't create database '` + name + `'; database exists`, "Can't create database '$1'; database exists"},
		{`Can't drop database '` + name + `'; database doesn't exist`, "Can't drop database '$1'; database doesn't exist"},
		{`Column '` + name + `' cannot be null`, "Column '$1' cannot be null"},
		{`(Data too long|Out of range value|Data truncated) for column '` + name + `' at row \d+`, "$1 for column '$2'"},
		{`Field '` + name + `' doesn't have a default value`, "Field '$1' doesn't have a default value"},
		{"Incorrect (\\w+) value: '.*' for column ['`]?(?:`?[\\w$]+`?\\.){0,2}`?" + name + "['`]? at row \\d+", "Incorrect $1 value: ? for column '$2'"},
		{"Cannot (add or update a child|delete or update a parent) row: a foreign key constraint fails \\((`[\\w$]+`\\.`[\\w$]+`), CONSTRAINT `([\\w$]+)` FOREIGN KEY \\([\\w$`, ]+\\) REFERENCES [\\w$`. ()]+\\)",
			"Cannot $1 row: a foreign key constraint fails ($2, CONSTRAINT `$3`)"},
		{`[Ee]rror (?:re)?connecting to (?:master|source) '.*' - retry-time: \d+ +(?:maximum-)?retries: \d+ +message: Can't connect to (?:MySQL )?server on '[^']*' \(\d+[^)]*\)`, "error connecting to the source: can't connect to server"},
		{`[Ee]rror (?:re)?connecting to (?:master|source) '.*' - retry-time: \d+ +(?:maximum-)?retries: \d+ +message: Lost connection to (?:MySQL )?server (?:at|during) [^']*(?:'[\w ,:-]+')?(?:, system error: \d+.*)?`, "error connecting to the source: lost connection to server"},
		{`[Ee]rror (?:re)?connecting to (?:master|source) '.*'\. This was attempt \d+/\d+, with a delay of \d+ seconds between attempts\. Message: Can't connect to (?:MySQL )?server on '[^']*' \(\d+\)`, "error connecting to the source: can't connect to server"},
		{`[Ee]rror (?:re)?connecting to (?:master|source) '.*'.* [Mm]essage: Access denied for user '.*'@'.*' \(using password: (?:YES|NO)\)`, "error connecting to the source: access denied"},
		{`Got fatal error 1236 from (?:master|source) when reading data from binary log: '.*'`, "Got fatal error 1236 from the source when reading data from binary log"},
		{`Worker (\d+) failed executing transaction '(?:ANONYMOUS|NOT_YET_DETERMINED|[\w:-]+)' at (?:master|source) log [\w.-]+, end_log_pos \d+; (Could not execute \w+ event on table [\w.$-]+; Duplicate entry )'.*' (for key )'` + name + "'", "Worker $1 failed executing a transaction; $2? $3'$4'"},
		{`Coordinator stopped because there were error\(s\) in the worker\(s\)\. The most recent failure being: Worker (\d+) failed executing transaction '[\w:-]+' at (?:master|source) log [\w.-]+, end_log_pos \d+\. See error log .*`, "Coordinator stopped because worker $1 failed executing a transaction"},
	} {
		list = append(list, shape{regexp.MustCompile(`(?s)^` + s.match + `$`), s.print})
	}
	return list
}

// RedactError returns a server's error message without values. Everything
// between the first quote and the last becomes ?, except the names of tables,
// columns, keys and databases in messages whose grammar is certain. number is
// the server's error number, 0 when unknown; the text of a SIGNAL is a value.
func (r *Redactor) RedactError(number uint16, message string) string {
	message = strings.ToValidUTF8(strings.TrimSpace(message), "?")
	if message == "" {
		return ""
	}
	if number >= 1642 && number <= 1644 || r.free.MatchString(message) {
		return "?"
	}
	return shorten(r.redact(message))
}

func (r *Redactor) redact(message string) string {
	// Only a text that holds the separator once leaves no doubt where it stands.
	if strings.Count(message, "' on query. Default database: '") == 1 {
		if m := r.queried.FindStringSubmatch(message); m != nil {
			return "Error on query: " + r.plain(m[1]) + inDatabase(m[2])
		}
	}
	prefix := ""
	if at := r.head.FindStringSubmatchIndex(message); at != nil {
		prefix, message = message[:at[1]], message[at[1]:]
	}
	if at := r.tail.FindStringIndex(message); at != nil {
		message = message[:at[0]]
	}
	return prefix + r.plain(message)
}

func inDatabase(name string) string {
	if name == "" {
		return ""
	}
	return " (default database '" + name + "')"
}

// plain redacts a message without its replication frame.
func (r *Redactor) plain(message string) string {
	for _, s := range r.known {
		if at := s.match.FindStringSubmatchIndex(message); at != nil {
			return string(s.match.ExpandString(nil, s.print, message, at))
		}
	}
	return betweenQuotes(message)
}

// betweenQuotes empties a message from the first quote to the last. An
// apostrophe before the first quote is none; after it, who knows.
func betweenQuotes(message string) string {
	before := BeforeQuotes(message)
	if before == message {
		return message
	}
	rest := message[len(before):]
	last, width := 0, 0
	quotes := 0
	for i, r := range rest {
		if isQuote(r) {
			last, width = i, len(string(r))
			quotes++
		}
	}
	if quotes < 2 {
		return before + "?" // cut off within the value
	}
	return before + "?" + rest[last+width:]
}

// BeforeQuotes is a message up to its first quote: all that is no value for certain
// of one that may have been cut off within a value.
func BeforeQuotes(message string) string {
	for i, r := range message {
		if isQuote(r) && !isApostrophe(message, i) {
			return message[:i]
		}
	}
	return message
}

func isQuote(r rune) bool {
	switch r {
	case '\'', '"', '`', '‘', '’', '“', '”', '«', '»':
		return true
	}
	return false
}

// isApostrophe reports whether the quote at i stands as in "can't" or "event's".
func isApostrophe(message string, i int) bool {
	if message[i] != '\'' || i == 0 || i+1 >= len(message) || !isWord(message[i-1]) {
		return false
	}
	next := i + 2
	return (message[i+1] == 't' || message[i+1] == 's') && (next >= len(message) || message[next] == ' ')
}
