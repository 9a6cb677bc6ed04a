package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// keeping returns a store that keeps the windows that keep returns.
func keeping(t *testing.T, opt Options, keep func() ([]timeline.Window, error)) *Store {
	t.Helper()
	opt.CompactAfter = 1 << 30
	opt.Keep = func(context.Context) ([]timeline.Window, error) { return keep() }
	return openStore(t, opt)
}

// TestRetireKeepsIncidents lets a recording get older than the retention, twice as
// large as its limit, or both, while an incident is open in its middle.
func TestRetireKeepsIncidents(t *testing.T) {
	tests := map[string]Options{
		"age":          {Retention: time.Hour},
		"size":         {MaxSize: 100 << 10},
		"age and size": {Retention: time.Hour, MaxSize: 100 << 10},
	}
	for name, opt := range tests {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			opt.Now = func() time.Time { return now }
			var windows []timeline.Window
			s := keeping(t, opt, func() ([]timeline.Window, error) { return windows, nil })
			fill(t, s, "db1", 3072)
			appendAll(t, s, "removed", newWorkload(1, true, false).ticks(10))
			c, err := s.Coverage(t.Context(), "db1")
			if err != nil {
				t.Fatal(err)
			}
			now = c.Last.Add(48 * time.Hour)
			incident := timeline.Window{From: c.First.Add(40 * time.Minute), To: c.First.Add(50 * time.Minute)}
			windows = []timeline.Window{incident, {From: c.First.Add(45 * time.Minute), To: incident.To}}
			want := len(collect(t, s.Sessions(t.Context(), "db1", incident), cloneSessions))
			if err := s.Retire(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := len(collect(t, s.Sessions(t.Context(), "db1", incident), cloneSessions)); got != want || want < 590 {
				t.Errorf("%d of the incident's %d looks are left", got, want)
			}
			kept, err := s.Coverage(t.Context(), "db1")
			if err != nil || kept.Ticks >= c.Ticks-500 {
				t.Errorf("%d of %d ticks are left, %v: what no incident needs stays", kept.Ticks, c.Ticks, err)
			}

			windows = nil // it is finished
			if err := s.Retire(t.Context()); err != nil {
				t.Fatal(err)
			}
			after, err := s.Coverage(t.Context(), "db1")
			if err != nil || after.Ticks >= kept.Ticks {
				t.Errorf("%d of %d ticks are left, %v: a finished incident is kept for ever", after.Ticks, kept.Ticks, err)
			}
		})
	}
}

// TestRetireKeepsTails keeps ticks that are not in blocks yet.
func TestRetireKeepsTails(t *testing.T) {
	now := time.Now()
	var window timeline.Window
	s := keeping(t, Options{Retention: time.Hour, Now: func() time.Time { return now }}, func() ([]timeline.Window, error) {
		return []timeline.Window{window}, nil
	})
	appendAll(t, s, "removed", newWorkload(1, true, false).ticks(10))
	c, err := s.Coverage(t.Context(), "removed")
	if err != nil {
		t.Fatal(err)
	}
	now, window = c.Last.Add(2*time.Hour), timeline.Window{From: c.First.Add(2500 * time.Millisecond), To: c.First.Add(4500 * time.Millisecond)}
	if err := s.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Coverage(t.Context(), "removed"); err != nil || kept.Ticks != 2 || !window.Contains(kept.First) || !window.Contains(kept.Last) {
		t.Errorf("kept %+v, %v, want the two ticks of %s", kept, err, window)
	}
}

func TestRetireNothingWhileUnsure(t *testing.T) {
	now := time.Now()
	s := keeping(t, Options{Retention: time.Hour, Now: func() time.Time { return now }}, func() ([]timeline.Window, error) {
		return nil, errors.New("the book is locked")
	})
	fill(t, s, "db1", 64)
	c, err := s.Coverage(t.Context(), "db1")
	if err != nil {
		t.Fatal(err)
	}
	now = c.Last.Add(48 * time.Hour)
	if err := s.Retire(t.Context()); err == nil || !strings.Contains(err.Error(), "the book is locked") || !strings.Contains(err.Error(), s.path) {
		t.Errorf("got %v", err)
	}
	if kept, err := s.Coverage(t.Context(), "db1"); err != nil || kept != c {
		t.Errorf("kept %+v of %+v, %v", kept, c, err)
	}
}
