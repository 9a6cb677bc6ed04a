package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
	"collector/internal/timeline"
)

// shelf is a book of incidents that counts what is asked of it.
type shelf struct {
	incidents []incident.Incident
	asked     []string
	fail      error
}

func (s *shelf) Incidents(context.Context, time.Time) ([]incident.Incident, error) {
	return s.incidents, s.fail
}

func (s *shelf) Redraft(_ context.Context, id string, _ time.Time) error {
	if s.fail == nil {
		s.asked = append(s.asked, id)
	}
	return s.fail
}

// following is a follower with a clock of its own.
type following struct {
	*follower
	shelf *shelf
	clock time.Time
	keys  int
}

func nine(minutes float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

// newFollowing follows one incident that is open since nine, one that was over at eight,
// and one that has no draft yet.
func newFollowing(t *testing.T) *following {
	t.Helper()
	j, err := store.OpenJournal(t.Context(), store.JournalOptions{Path: t.TempDir(), Clean: cleanField})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	drafted := incident.Draft{First: nine(0)}
	f := &following{clock: nine(10), shelf: &shelf{incidents: []incident.Incident{
		{ID: "open", State: incident.StateOpen, Window: timeline.Window{From: nine(0), To: nine(10)}, Draft: drafted},
		{ID: "over", State: incident.StateClosed, Window: timeline.Window{From: nine(-120), To: nine(-60)}, Draft: drafted},
		{ID: "new", State: incident.StateOpen, Window: timeline.Window{From: nine(9), To: nine(10)}},
	}}}
	scope := func(incident.Incident) timeline.Scope { return timeline.Scope{Clusters: []string{"shop"}} }
	f.follower = newFollower(f.shelf, j, scope, discard())
	f.now = func() time.Time { return f.clock }
	return f
}

// tell puts a note about a minute into the journal.
func (f *following) tell(t *testing.T, minute float64, fields ...string) {
	t.Helper()
	f.keys++
	e := store.Entry{Kind: store.NoteEntry, Key: fmt.Sprint(f.keys), At: nine(minute), Received: f.clock, Fields: map[string]string{store.NoteText: "x"}}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields[fields[i]] = fields[i+1]
	}
	if _, err := f.journal.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// after lets time pass, a look every second, and returns what was asked for.
func (f *following) after(t *testing.T, d time.Duration) string {
	t.Helper()
	f.shelf.asked = nil
	for end := f.clock.Add(d); f.clock.Before(end); f.clock = f.clock.Add(time.Second) {
		if err := f.look(t.Context()); err != nil && f.shelf.fail == nil {
			t.Fatal(err)
		}
	}
	return strings.Join(f.shelf.asked, " ")
}

func TestFollower(t *testing.T) {
	for _, tt := range []struct {
		name   string
		minute float64
		fields []string
		want   string
	}{
		{"while it lasts", 5, nil, "open"},
		{"a moment ahead", 10.5, nil, "open"},
		{"of the last one", -90, nil, "over"},
		{"between them", -30, nil, ""},
		{"long before", -1000, nil, ""},
		{"of its cluster", 5, []string{store.NoteCluster, "shop"}, "open"},
		{"of another cluster", 5, []string{store.NoteCluster, "bank"}, ""},
		{"on its page", -30, []string{store.NoteIncident, "over"}, "over"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFollowing(t)
			f.tell(t, tt.minute, tt.fields...)
			if got := f.after(t, 20*time.Second); got != tt.want {
				t.Errorf("asked for %q, want %q", got, tt.want)
			}
			if got := f.after(t, 2*time.Minute); got != "" {
				t.Errorf("asked again for %q", got)
			}
		})
	}
}

// TestFollowerGathers: much that is told in a row is one draft now and then, and the last
// of it is in one.
func TestFollowerGathers(t *testing.T) {
	f := newFollowing(t)
	asked := 0
	for range 100 { // a note every second
		f.tell(t, 5)
		asked += len(strings.Fields(f.after(t, time.Second)))
	}
	if asked < 2 || asked > 4 {
		t.Errorf("in 100 s %d drafts were asked for", asked)
	}
	if got := f.after(t, time.Minute); got != "open" {
		t.Errorf("at last %q", got)
	}
}

// TestFollowerDies: what was told and not asked for yet is taken up by the next run; what
// was is not.
func TestFollowerDies(t *testing.T) {
	f := newFollowing(t)
	f.tell(t, 5)
	f.after(t, 2*time.Second) // it has seen it, and waits
	again := newFollower(f.shelf, f.journal, f.scope, discard())
	again.now = f.now
	f.follower = again
	if got := f.after(t, time.Minute); got != "open" {
		t.Errorf("the next run asks for %q", got)
	}
	third := newFollower(f.shelf, f.journal, f.scope, discard())
	third.now = f.now
	f.follower = third
	if got := f.after(t, time.Minute); got != "" {
		t.Errorf("the third run asks for %q", got)
	}
}

// TestFollowerOfADamagedBook: it goes on when the book can be read again.
func TestFollowerOfADamagedBook(t *testing.T) {
	f := newFollowing(t)
	f.tell(t, 5)
	f.shelf.fail = errors.New("the book is damaged")
	f.after(t, time.Minute)
	f.shelf.fail = nil
	if got := f.after(t, time.Minute); got != "open" {
		t.Errorf("asked for %q", got)
	}
}
