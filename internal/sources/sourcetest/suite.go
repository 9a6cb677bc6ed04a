package sourcetest

import (
	"net/http"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Suite describes a source to [Run].
type Suite struct {
	// New makes the source over a system that answers.
	New func(t *testing.T) sources.Source
	// Interpret is its other half.
	Interpret sources.Interpreter
	// Window is one in which New's system has something to tell: at least one event, or
	// earlier drafts.
	Window timeline.Window
	// Idle is one in which New's system worked and nothing happened: no event, and
	// at least one check. A zero window skips that part.
	Idle timeline.Window
	// Scope and Roles are passed on; their zero values mean all and none.
	Scope timeline.Scope
	Roles sources.Roles
	// Snapshots is passed on, for sources that make some.
	Snapshots bool
	// Now is the request's clock; nil means the end of Window plus a minute.
	Now func() time.Time
	// Secrets must appear in no record, finding, error, diagnosis or log line of
	// any part of the suite. A source with credentials must list them all.
	Secrets []string
	// Hanging makes the source over a system that takes the question and never
	// answers; nil skips that part (HTTP sources have it from HTTP).
	Hanging func(t *testing.T) sources.Source
	// Broken makes sources over systems that fail in their own ways; each must give
	// records and at least one gap, and no event.
	Broken map[string]func(t *testing.T) sources.Source
	// HTTP, for sources that speak it, adds the parts for status codes and answers.
	HTTP *HTTP
}

// HTTP describes a source that speaks HTTP.
type HTTP struct {
	// New makes the source with the suite's Secrets as its credentials, over the
	// server at url. Its size limit for answers must be at most MaxBody.
	New func(t *testing.T, url string) sources.Source
	// Handler answers as the outside system does. It may be called concurrently.
	Handler http.Handler
	// MaxBody is the size limit in bytes that New sets.
	MaxBody int64
}

// slack is what a source may take after its context ended. It is generous because
// test machines are busy; a source that waits for its system takes forever.
const slack = 3 * time.Second

// Run checks the source against all parts of the suite.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if s.New == nil || s.Interpret == nil || !s.Window.From.Before(s.Window.To) {
		t.Fatal("sourcetest: a suite needs New, Interpret and a Window")
	}
	if s.Now == nil {
		s.Now = func() time.Time { return s.Window.To.Add(time.Minute) }
	}
	t.Run("identity", s.identity)
	t.Run("answers", s.answers)
	t.Run("idle window", s.idle)
	t.Run("interpretation", s.interpretation)
	t.Run("concurrent", s.concurrent)
	t.Run("cancelled", s.cancelled)
	t.Run("check", s.check)
	s.hangingParts(t)
	for _, name := range sortedKeys(s.Broken) {
		t.Run("broken/"+name, func(t *testing.T) { s.failing(t, s.Broken[name](t)) })
	}
	if s.HTTP != nil {
		t.Run("http", s.http)
	}
}
