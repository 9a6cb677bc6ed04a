package errorlog

import (
	"time"

	"collector/internal/timeline"
)

// sourceKind begins the IDs of all records: they are the mysql source's.
const sourceKind = "mysql"

// Prefix begins the kinds of all questions of this package.
const Prefix = "errorlog."

// The kinds of records.
const (
	kindRead    = Prefix + "read"    // what was read, and what could not be
	kindMessage = Prefix + "message" // a message, folded
)

// question is what a record of this package was asked.
type question struct {
	Kind   string          `json:"kind"`
	Server string          `json:"server"`
	Window timeline.Window `json:"window"`
	Via    string          `json:"via,omitempty"`  // "performance_schema.error_log" or the file's path
	Zone   string          `json:"zone,omitempty"` // of times that carry none: where it is from
	Clock  string          `json:"clock,omitempty"`
}

// reading is the answer of an errorlog.read record.
type reading struct {
	Lines   int          `json:"lines"`    // messages in the window
	LeftOut int          `json:"left_out"` // of them say nothing about trouble
	First   *time.Time   `json:"first"`    // of the log, as far back as it goes
	Files   []fileReport `json:"files,omitempty"`
	Missing []missing    `json:"missing,omitempty"`
}

// fileReport is what was read of one file.
type fileReport struct {
	Path      string     `json:"path"`
	Size      int64      `json:"size"`
	From      int64      `json:"from"` // offset of the first byte that was read
	BytesRead int64      `json:"bytes_read"`
	Messages  int        `json:"messages"`
	Other     int        `json:"other_lines"` // go on with a message, or cannot be read
	Local     int        `json:"local_times"` // messages whose time says no zone
	First     *time.Time `json:"first"`       // of the whole file
	Last      *time.Time `json:"last"`        // that was read
}

// missing is a part of the window that the log does not tell, and why.
type missing struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
}
