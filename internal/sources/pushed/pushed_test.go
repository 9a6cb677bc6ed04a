package pushed

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/sources/journal/journaltest"
	"collector/internal/sources/sourcetest"
	"collector/internal/store"
	"collector/internal/timeline"
)

var at, window = sourcetest.Minutes, sourcetest.FirstHour()

// change is what the journal has of a change at a minute; pairs are its fields.
func change(minute float64, event string, pairs ...string) store.Entry {
	e := store.Entry{Kind: store.ChangeEntry, At: at(minute), Until: at(minute), Received: at(minute), Fields: map[string]string{
		"time": at(minute).Format(time.RFC3339), "service": "shop", "version": "1.4.2", "event": event,
	}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Fields[pairs[i]] = pairs[i+1]
	}
	return e
}

// told reads entries as the store does.
func told(all ...store.Entry) journal.Read {
	return journaltest.Of(func(w timeline.Window, e store.Entry) bool { return w.Contains(e.At) }, all...)
}

func TestConformance(t *testing.T) {
	journaltest.Run(t, sourcetest.Suite{
		New: func(*testing.T) sources.Source {
			return New(told(change(-200, "change", "message", "index"), change(10, "deploy_started", "author", "Mallory Doe <mallory@example.com>"),
				change(11, "deploy_failed", "message", "Mallory Doe saw password=hunter2 in https://bot:hunter2@ci/job/7")))
		},
		Interpret: Interpret, Window: window, Idle: timeline.Window{From: at(120), To: at(180)},
		Secrets: []string{"hunter2", "allory"},
	}, func(read journal.Read) sources.Source { return New(read) })
}

// findings are what a draft finds.
func findings(t *testing.T, scope timeline.Scope, read journal.Read) timeline.Findings {
	t.Helper()
	req := sourcetest.Request(window)
	req.Scope = scope
	return sourcetest.Ask(t, New(read), Interpret, req)
}

// sketch is an event in one line.
func sketch(e timeline.Event) string {
	end := "open"
	if e.End != nil {
		end = e.End.At.Format("15:04:05")
	}
	return fmt.Sprintf("%s %s–%s %s", e.Grade, e.Start.At.Format("15:04:05"), end, e.Summary)
}

func TestEvents(t *testing.T) {
	undated := change(20, "change", "message", "flag on", "version", "")
	undated.Undated, undated.At = true, at(20).Add(250*time.Millisecond)
	delete(undated.Fields, "time")
	for _, tt := range []struct {
		name    string
		entries []store.Entry
		want    string
	}{
		{"started and finished", []store.Entry{change(10, "deploy_started"), change(10.5, "deploy_finished")}, "logged 09:10:00–09:10:30 deploy of shop 1.4.2 finished after 30 s"},
		{"an instant, as CDEvents tell it", []store.Entry{change(10, "rollback_finished", "environment", "production")},
			"logged 09:10:00–09:10:00 rollback of shop to 1.4.2 in production finished, its start was not logged"},
		{"over the edge", []store.Entry{change(-5, "deploy_started"), change(5, "deploy_finished")}, "logged 08:55:00–09:05:00 deploy of shop 1.4.2 finished after 10 min"},
		{"the end after the window", []store.Entry{change(55, "deploy_started"), change(65, "deploy_failed")}, "logged 09:55:00–10:05:00 deploy of shop 1.4.2 failed after 10 min"},
		{"nobody dated it", []store.Entry{undated}, "logged 09:20:00–09:20:00 change of shop: flag on"},
		{"attempts", []store.Entry{change(10, "deploy_started"), change(20, "deploy_started"), change(21, "deploy_finished")},
			"logged 09:10:00–09:20:00 deploy of shop 1.4.2 started, and started again 10 min later without an end in between\nlogged 09:20:00–09:21:00 deploy of shop 1.4.2 finished after 60 s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := findings(t, timeline.Scope{}, told(tt.entries...))
			var lines []string
			for _, e := range f.Events {
				lines = append(lines, sketch(e))
			}
			if got := strings.Join(lines, "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if len(f.Gaps) > 0 || len(f.Checks) > 0 {
				t.Errorf("gaps %+v, checks %+v", f.Gaps, f.Checks)
			}
		})
	}
}

// TestNothingPushed: who was never told anything says nothing; else it says that it
// looked, and what was the last.
func TestNothingPushed(t *testing.T) {
	for name, read := range map[string]journal.Read{"no journal": journaltest.Fails(store.ErrMissing), "an empty one": told()} {
		if f := findings(t, timeline.Scope{}, read); len(f.Evidence)+len(f.Gaps)+len(f.Checks) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	f := findings(t, timeline.Scope{}, told(change(-30, "deploy_finished")))
	const want = "deploys, rollbacks and changes that were pushed (last before the window: deploy of shop 1.4.2 finished at 2026-11-21T08:30:00.000Z)"
	if len(f.Checks) != 1 || f.Checks[0].LookedFor != want || len(f.Checks[0].Evidence) != 2 {
		t.Errorf("checks %+v", f.Checks)
	}
	if f := findings(t, timeline.Scope{}, told(change(-3000, "deploy_finished"))); len(f.Checks) != 1 || strings.Contains(f.Checks[0].LookedFor, "last") {
		t.Errorf("days before: %+v", f.Checks)
	}
}

func TestScope(t *testing.T) {
	all := told(change(10, "change", "cluster", "shop", "version", "a"), change(20, "change", "cluster", "bank", "version", "b"), change(30, "change", "version", "c"))
	for _, tt := range []struct {
		scope timeline.Scope
		want  int
	}{
		{timeline.Scope{}, 3}, {timeline.Scope{Clusters: []string{"shop"}}, 2}, {timeline.Scope{Clusters: []string{"other"}}, 1},
		{timeline.Scope{Targets: []string{"db1"}}, 3},
	} {
		if f := findings(t, tt.scope, all); len(f.Events) != tt.want {
			t.Errorf("%+v: %d events, want %d", tt.scope, len(f.Events), tt.want)
		}
	}
}

// TestWhatIsMissingIsAGap: rows that cannot be read, and changes beyond the limits.
func TestWhatIsMissingIsAGap(t *testing.T) {
	read := func(context.Context, timeline.Window, int) (store.Entries, error) {
		strange := change(10, "deploy_paused")
		return store.Entries{List: []store.Entry{strange, change(20, "change")}, More: 7, Damaged: 2, Ever: true}, nil
	}
	f := findings(t, timeline.Scope{}, read)
	var reasons []string
	for _, g := range f.Gaps {
		reasons = append(reasons, g.Reason)
	}
	text := strings.Join(reasons, "; ")
	if len(f.Events) != 1 || !strings.Contains(text, "of 7 further changes") || !strings.Contains(text, "3 rows of the journal") {
		t.Errorf("%d events, gaps %s", len(f.Events), text)
	}
}

// TestRecordsAreStable: the same deploy is the same record in a later draft, and records
// are of bearable size however much is told.
func TestRecordsAreStable(t *testing.T) {
	var flood []store.Entry
	for n := range 60 {
		flood = append(flood, change(10, "deploy_started", "message", strings.Repeat("x", 1000), "a", strings.Repeat("y", 400), "b", strings.Repeat("z", 400), "n", fmt.Sprint(n)))
	}
	read := told(append(flood, change(12, "deploy_finished"))...)
	first := findings(t, timeline.Scope{}, read)
	for _, r := range first.Evidence {
		if len(r.Body) > 256<<10 {
			t.Errorf("a record has %d bytes", len(r.Body))
		}
	}
	records, err := New(read).Gather(t.Context(), sourcetest.Request(timeline.Window{From: at(-10), To: at(90)}))
	if err != nil || len(records) != len(first.Evidence) || records[0].ID != first.Events[0].Evidence[0] {
		t.Errorf("another window: %v", err)
	}
}

// FuzzEntry makes changes of any texts: a valid event, or a row that is said to be none.
func FuzzEntry(f *testing.F) {
	f.Add("shop", "1.4.2", "deploy_finished", "2026-11-21T09:10:00Z", "note", "alice@example.com", false)
	f.Add("", "\x00", "change", "1720775400", "user", "alice", true)
	f.Add("a\n", "\xff", "rollback_failed", "x", "a.b", "{", false)
	f.Fuzz(func(t *testing.T, service, version, event, when, name, value string, undated bool) {
		e := change(10, event, "service", service, "version", version, "time", when, name, value)
		e.Undated = undated
		sourcetest.Ask(t, New(told(e)), Interpret, sourcetest.Request(window))
	})
}
