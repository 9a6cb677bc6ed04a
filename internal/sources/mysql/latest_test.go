package mysql

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/store"
)

// TestLatestFollowsTheTicks: what is told of a server is what its last tick saw, also
// when the store refuses the tick.
func TestLatestFollowsTheTicks(t *testing.T) {
	f, w := &fakeServer{}, &memory{}
	var seen []live.Health
	var answered time.Time
	recordWith(t, f, w, 6, func(tick int, r *Recorder) {
		s := r.Latest(time.Now(), sources.Roles{})
		seen = append(seen, s.Health)
		if s.Name != "db1" {
			t.Errorf("it is the server %q", s.Name)
		}
		switch tick {
		case 3:
			w.mu.Lock()
			w.err = errors.New("the disk is full")
			w.mu.Unlock()
			f.login, f.clock = syscall.ECONNREFUSED, syscall.ECONNRESET
		case 5:
			if s.Blocking != nil || s.Replication != nil || !s.Since.After(answered) {
				t.Errorf("a server that is gone: %+v", s)
			}
			f.login = nil
		}
		if s.Health == live.Answers {
			answered = s.Answered
			if s.Replication == nil || len(s.Replication.Channels) != 0 {
				t.Errorf("a server that is no replica: %+v", s)
			}
		}
	})
	want := []live.Health{live.Unknown, live.Answers, live.Answers, live.Unreachable, live.Unreachable, live.Answers}
	for i := range want {
		if i >= len(seen) || seen[i] != want[i] {
			t.Fatalf("seen %v, want %v", seen, want)
		}
	}
	if got := len(w.all()); got != 2 {
		t.Errorf("%d ticks were kept", got)
	}
}

// TestLastStatements: the reader of locks is asked, whatever its place.
func TestLastStatements(t *testing.T) {
	r := &Recorder{parts: newPaces(newParts(Config{}))}
	for _, p := range r.parts {
		if reader, ok := p.reader.(*lockReader); ok {
			reader.remember([]store.Session{{ID: 7, Transaction: time.Second, SQL: "UPDATE t"}})
		}
	}
	if got := r.lastStatements()[7]; got != "UPDATE t" {
		t.Errorf("%q", got)
	}
}
