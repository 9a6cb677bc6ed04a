package errorlog

import (
	"strconv"
	"strings"
	"time"
)

// Row is one row of performance_schema.error_log (MySQL 8.0.22 and later).
type Row struct {
	Logged    time.Time // the server's clock, UTC
	Prio      string    // System, Error, Warning, Note
	Code      string    // MY-010914
	Subsystem string    // Server, InnoDB, Repl
	Data      string
}

// backtraceCode are the lines of a backtrace that a server wrote after its crash
// and read back when it started. They have the second of the crash, and microseconds
// that only count the lines.
const backtraceCode = 13951

// head reads a row like a line of a file.
func (r Row) head() head {
	h := head{wall: r.Logged.UTC(), zone: true, day: true, step: time.Microsecond}
	h.level = levelOf(r.Prio)
	if plainWord.MatchString(r.Subsystem) {
		h.subsystem = r.Subsystem
	}
	h.code, _ = strconv.Atoi(strings.TrimPrefix(r.Code, "MY-")) // 0 when there is none
	h.message = firstLine(r.Data)
	if h.code == backtraceCode {
		h.wall, h.step = h.wall.Truncate(time.Second), time.Second
	}
	h.trim()
	return h
}

// firstLine cuts a message's first line off: what follows are dumps.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if len(first) > maxHead {
		first = first[:maxHead]
	}
	return strings.ToValidUTF8(strings.TrimRight(first, "\r"), "?")
}
