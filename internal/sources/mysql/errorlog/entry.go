package errorlog

import (
	"strings"
	"time"

	"collector/internal/timeline"
)

// The levels of a message, by what the server calls it.
const (
	levelError   = "error"
	levelWarning = "warning"
	levelNote    = "note"
	levelSystem  = "system" // MySQL: starts and stops, shown whatever the verbosity
)

// entry is one message as the server wrote it: not fit for a record.
type entry struct {
	at        timeline.Instant // on the collector's clock
	level     string
	code      int    // 10914 of MY-010914; 0: MariaDB has no numbers
	subsystem string // InnoDB, Server, Repl
	message   string // its first line
	local     bool   // its time says no zone
}

// head is the first line of a message in a file, its time not yet placed.
type head struct {
	entry
	wall time.Time     // as it is written, taken for UTC
	zone bool          // wall is UTC indeed
	day  bool          // wall has a date; crashes of MySQL before 8.0.23 have none
	step time.Duration // of the clock that it was read from
}

// levelOf reads a level as servers spell it; "" is none.
func levelOf(word string) string {
	switch word = strings.ToLower(word); word {
	case levelError, levelWarning, levelNote, levelSystem:
		return word
	case "fatal":
		return levelError
	}
	return ""
}
