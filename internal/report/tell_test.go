package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

func TestWhatNamesTheTargetOnce(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		event                 timeline.Event
		what, labelled, first string
	}{
		{
			"metric", timeline.Event{Kind: timeline.Signal, Target: "db1", Summary: "threads_running rose to 12", Attributes: map[string]string{"signal": "threads_running"}},
			"threads_running on db1 rose to 12", "First: threads_running on db1 rose to 12", "threads_running on db1 rose to 12",
		},
		{
			"alert", timeline.Event{Kind: timeline.Alert, Target: "db1", Summary: "alert DiskFull fired: db1:9104 is full", Attributes: map[string]string{"alertname": "DiskFull"}},
			"alert DiskFull on db1 fired: db1:9104 is full", "First: alert DiskFull on db1 fired: db1:9104 is full", "Alert DiskFull on db1 fired: db1:9104 is full",
		},
		{
			"server", timeline.Event{Kind: timeline.MySQLDown, Target: "db1", Summary: "the server did not answer"},
			"db1: the server did not answer", "First, on db1: the server did not answer", "db1: the server did not answer",
		},
		{
			"named already", timeline.Event{Kind: timeline.Deploy, Target: "shop", Summary: "deploy of shop 2 finished after 6 s"},
			"deploy of shop 2 finished after 6 s", "First: deploy of shop 2 finished after 6 s", "Deploy of shop 2 finished after 6 s",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := what(tt.event); got != tt.what {
				t.Errorf("what = %q, want %q", got, tt.what)
			}
			if got := labelled("First", tt.event); got != tt.labelled {
				t.Errorf("labelled = %q, want %q", got, tt.labelled)
			}
			if got := opening(tt.event); got != tt.first {
				t.Errorf("opening = %q, want %q", got, tt.first)
			}
		})
	}
}

// TestBeforeAssertsNoUnsureOrder: a candidate's end is before or after the onset
// only where the errors of both times say so.
func TestBeforeAssertsNoUnsureOrder(t *testing.T) {
	at := clockAt(t, "07:00:10")
	d := &document{tl: timeline.Timeline{Phases: timeline.Phases{Onset: &timeline.Phase{Instant: timeline.Around(at, 2*time.Second)}}}}
	for _, tt := range []struct {
		start, end time.Duration
		want       string
	}{
		{-10 * time.Second, -5 * time.Second, "started 10 s ± 2 s before the onset and ended 5 s ± 2 s before it"},
		{-10 * time.Second, time.Second, "started 10 s ± 2 s before the onset and ended at about the time of the onset"},
		{-10 * time.Second, 9 * time.Second, "started 10 s ± 2 s before the onset and ended 9 s ± 2 s after it"},
		{-10 * time.Second, -10 * time.Second, "happened 10 s ± 2 s before the onset"},
		{time.Second, time.Second, "happened at about the time of the onset (perhaps after it)"},
	} {
		e := timeline.Event{Kind: timeline.Deploy, Start: timeline.Exactly(at.Add(tt.start))}
		end := timeline.Exactly(at.Add(tt.end))
		e.End = &end
		c := candidate{Event: e, uncertain: !e.Start.Before(d.tl.Phases.Onset.Instant)}
		if got := d.before(c); got != tt.want {
			t.Errorf("from %s to %s: %q, want %q", tt.start, tt.end, got, tt.want)
		}
	}
}

// TestUnlooked: what nobody looked for is said until an event, a check or a gap
// speaks of it.
func TestUnlooked(t *testing.T) {
	draft := quiet(t)
	said := func() string {
		doc, err := newDocument(draft.normal(), DefaultTemplate)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(doc.unlooked(slices.Concat(deeds(), troubles())), ", ")
	}
	if got, want := said(), "schema changes, changed server variables, killed sessions, who waited for whose locks, deadlocks, the servers' error logs"; got != want {
		t.Errorf("unlooked = %q, want %q", got, want)
	}
	tl := &draft.Timeline
	ids := tl.Checks[0].Evidence
	tl.Checks = append(tl.Checks, timeline.Check{Source: "mysql", Target: "db1", LookedFor: "schema changes in the binary log", Evidence: ids})
	tl.Gaps = append(tl.Gaps, timeline.Gap{Source: "mysql", Target: "db1", From: tl.Window.From, To: tl.Window.To, Reason: "the error log could not be read", Evidence: ids})
	tl.Events = append(tl.Events, timeline.Event{Kind: timeline.MySQLDeadlock, Summary: "a deadlock", Evidence: ids})
	if got, want := said(), "changed server variables, killed sessions, who waited for whose locks"; got != want {
		t.Errorf("unlooked = %q, want %q", got, want)
	}
}

// TestUnsettled: a metric that is inside its band at the end is not told as if it
// still were outside.
func TestUnsettled(t *testing.T) {
	draft := rich(t)
	for i, s := range draft.Timeline.Series {
		if s.Name == "threads_running" {
			points := slices.Clone(s.Points)
			points[len(points)-1].V = 7
			draft.Timeline.Series[i].Points = points
		}
	}
	doc, err := markdown(draft.normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"When the window closed all harm had ended, except that threads_running on db1 had come back inside the normal band, but had not settled.",
		"inside it again, not settled when the window closed",
		"threads_running high for at least 3 h 30 min, not settled when the window closed",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
}

// TestOlderHarmIsNotOver: harm from before the onset that goes on does not keep
// the incident from recovery, and nothing says that all harm had ended.
func TestOlderHarmIsNotOver(t *testing.T) {
	draft := recovered(t)
	f := &fixture{t: t, window: draft.Timeline.Window}
	id := f.record("mysql", "db9", "replica", "lag")
	f.event(timeline.MySQLReplicationLag, timeline.Measured, "mysql", "db9", f.sampled("06:00:00"), nil, "the replica was 4 h behind", nil, id)
	tl := draft.Timeline
	draft.Timeline = timeline.Build(tl.Window, tl.Scope, timeline.Findings{
		Events: append(slices.Clone(tl.Events), f.found.Events...), Evidence: append(slices.Clone(tl.Evidence), f.found.Evidence...),
		Checks: tl.Checks, Impact: tl.Impact, Series: tl.Series,
	})
	if draft.Timeline.Phases.Recovered == nil {
		t.Fatal("the fixture has not recovered")
	}
	doc, err := markdown(draft.normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(doc, "All harm") || strings.Contains(doc, "The last harm ended at") {
		t.Error("the document says that all harm had ended")
	}
	for _, want := range []string{"Besides, replication lag on db9 still went on when the window closed.", "The harm of this incident had ended"} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
}
