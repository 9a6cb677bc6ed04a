package report

import (
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestWatchedNeedsALook: a server counts as watched where trouble was looked for, and a
// search on one server is not said of another.
func TestWatchedNeedsALook(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	end := f.sampled("07:31:00")
	hit := f.record("mysql", "db1", "processlist", "samples")
	f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.sampled("07:14:00"), &end, "14 sessions waited for row locks", nil, hit)
	check := func(target, lookedFor string) {
		f.found.Checks = append(f.found.Checks, timeline.Check{Source: "mysql", Target: target, LookedFor: lookedFor, Evidence: []string{f.record("mysql", target, lookedFor, "none")}})
	}
	gap := func(target, reason string) {
		f.found.Gaps = append(f.found.Gaps, timeline.Gap{Source: "mysql", Target: target, From: f.window.From, To: f.window.To, Reason: reason, Evidence: []string{f.record("mysql", target, reason, "failed")}})
	}
	check("db2", "schema changes (12 tables)")
	check("db2", "tables that were dropped")
	check("db3", "tables that were dropped")
	gap("db3", "no history of schema changes: the binary log is off")
	gap("db4", "no sample was recorded")
	gap("db5", "schema changes could not be read: access denied")
	gap("db6", "schema changes could not be read: timeout")
	doc, err := newDocument(f.draft().normal(), DefaultTemplate)
	must(t, err)
	var blast []string
	for _, s := range doc.Blast() {
		blast = append(blast, s.Text)
	}
	all := strings.Join(blast, "\n")
	if !strings.Contains(all, "Watched, and no harm seen on: db2.") || !strings.Contains(all, "Watched with gaps, and no harm seen on: db3.") || strings.Contains(all, "db4") {
		t.Errorf("the extent: %s", all)
	}
	for _, row := range doc.Questions() {
		if row.Cells[0] != "Which tables were changed?" {
			continue
		}
		text := row.Cells[1]
		for _, want := range []string{
			"Looked for schema changes on db2: none.", "Looked for tables that were dropped on db2 and db3: none.",
			"Not seen on db3 (mysql): no history of schema changes", "Not seen on db5 (mysql): ", "For 1 more reason not seen: timeline.json has the gaps.",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %q", want, text)
			}
		}
		if len(row.Cites) != 6 {
			t.Errorf("%d citations", len(row.Cites))
		}
	}
}

// TestIsItOver: an incident that is over is not said to go on because of what was there
// before it.
func TestIsItOver(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	id := f.record("mysql", "db1", "processlist", "samples")
	end := f.sampled("07:31:00")
	f.event(timeline.MySQLReplicationStopped, timeline.Measured, "mysql", "db2", f.sampled("06:00:00"), nil, "replication stopped", nil, id)
	f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.sampled("07:14:00"), &end, "14 sessions waited for row locks", nil, id)
	doc, err := newDocument(f.draft().normal(), DefaultTemplate)
	must(t, err)
	if doc.tl.Phases.Recovered == nil || len(doc.openHarm()) != 1 {
		t.Fatalf("the fixture is another one: %+v", doc.tl.Phases)
	}
	if text := doc.over().Text; strings.HasPrefix(text, "Not by the end") || !strings.Contains(text, "what was there before it, no") {
		t.Errorf("%q", text)
	}
	const want = "not looked for: deploys and changes"
	if text := doc.changedAgain().Text; !strings.Contains(text, want) {
		t.Errorf("no %q in %q", want, text)
	}
	if s := doc.approved(); strings.Contains(s.Text, want) || len(s.Cites) == 0 {
		t.Errorf("the row above it says that already: %+v", s)
	}
}

// TestFoldedTellsTheLast: what replicas repeat does not make an earlier event the last.
func TestFoldedTellsTheLast(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	id := f.record("mysql", "db1", "binary log", "events")
	for i := range 2 * maxRows {
		at := timeline.Exactly(f.window.From.Add(f.window.Duration() / (2 * maxRows) * time.Duration(i)))
		attributes := map[string]string{"operation": "add_column", "schema": "shop", "table": strings.Repeat("t", 1+i%7) + string(rune('a'+i%26)), "column": "c" + strings.Repeat("x", i%11)}
		f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db1", at, &at, "ALTER TABLE "+attributes["table"], attributes, id)
		if i == 0 {
			again := map[string]string{"replicated_from": "db1"}
			for k, v := range attributes {
				again[k] = v
			}
			f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db2", at, &at, "ALTER TABLE "+attributes["table"], again, id)
		}
	}
	for _, r := range fold(f.draft().Timeline) {
		for i, e := range r.events[1:] {
			if e.Start.At.Before(r.events[i].Start.At) {
				t.Fatalf("%s comes after %s", e.Start.At, r.events[i].Start.At)
			}
		}
	}
}

// TestCommitTimeThatCannotBeRead: a value that cannot be read is not one that is missing.
func TestCommitTimeThatCannotBeRead(t *testing.T) {
	d := deployedWith(t, map[string]string{"commit_time": "last Thursday"})
	text, err := markdown(d.normal(), DEATemplate)
	must(t, err)
	if !strings.Contains(text, "not known: “last Thursday” is no time that can be read") || !strings.Contains(text, "its time cannot be read") {
		t.Error("the analysis does not say that the time cannot be read")
	}
}
