package sources

import (
	"context"
	"log/slog"
	"time"

	"collector/internal/timeline"
)

// Source is one configured outside system. Implementations are safe for
// concurrent use and hold no state between calls but connections.
type Source interface {
	// Kind is the short source name with which evidence IDs begin: prometheus.
	Kind() string
	// Name tells instances of one kind apart, as the configuration names them.
	Name() string
	// Gather asks about the window and returns one record for each question,
	// also for those that failed (see Failure). It returns within ctx's deadline
	// with whatever it has. An error means that not even a failure record could
	// be made; the caller makes one.
	Gather(ctx context.Context, req Request) ([]timeline.Evidence, error)
	// Check tries the source as a draft would use it: reachable, version, clock,
	// privileges. It never returns an empty list.
	Check(ctx context.Context) []Diagnosis
}

// Interpreter turns the records of one kind of source, of all its instances,
// into findings. It is a pure function: the same records give the same findings,
// in the same order, today and in a year. Records that it does not know are an error.
type Interpreter func(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error)

// Request is one question to a source.
type Request struct {
	Window timeline.Window
	Scope  timeline.Scope
	Now    func() time.Time // the clock; never nil
	Roles  Roles            // who is meant by an account; masks before anything is hashed
	Log    *slog.Logger     // never nil
	// Snapshots asks for copies that outlive the metrics, which are stored in the
	// outside system (grafana). Interim drafts go without.
	Snapshots bool
	Notify    func(note string) // progress for a person at a terminal; never nil
}

// Diagnosis is one line of `collector check`.
type Diagnosis struct {
	Source string // "prometheus/main", "mysql/db1"
	Level  Level
	Text   string   // what was found: "MariaDB 10.11.19, clock +3 ms, all privileges"
	Fix    []string // what to do about it, line by line: GRANT statements, a command
}

// Level is how a diagnosis ends.
type Level int

// OK works; Degraded works with less, and says what is lost; Failed does not work
// and makes `collector check` exit 1.
const (
	OK Level = iota
	Degraded
	Failed
)

func (l Level) String() string { return [...]string{"ok", "degraded", "failed"}[l] }
