package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestOneReasonIsOneLine: what hid the same from several servers for as long is one
// gap to a reader, and one action.
func TestOneReasonIsOneLine(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	gap := func(server, from, to, reason string) {
		f.found.Gaps = append(f.found.Gaps, timeline.Gap{
			Source: "mysql", Target: server, From: clockAt(t, from), To: clockAt(t, to), Reason: reason,
			Evidence: []string{f.record("mysql", server, reason, from)},
		})
	}
	for _, server := range []string{"db1", "db2", "db3"} {
		gap(server, "07:00:00", "08:00:00", "performance_schema is off")
	}
	gap("db1", "07:10:00", "07:30:00", "access denied: PROCESS is missing")
	gap("db2", "07:40:00", "07:50:00", "access denied: PROCESS is missing")
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range d.gapStatements(d.tl.Gaps) {
		lines = append(lines, s.Text)
		if strings.Contains(s.Text, "db1, db2 and db3") && len(s.Cites) != 3 {
			t.Errorf("%q cites %d records, want 3", s.Text, len(s.Cites))
		}
	}
	for _, want := range []string{"Gap: db1, db2 and db3 (mysql), the whole window.", "Gap: db1 (mysql), from ", "Gap: db2 (mysql), from "} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("no %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d lines, want 3:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	var actions []string
	for _, r := range d.ActionRows() {
		actions = append(actions, r.Cells[0])
	}
	for _, want := range []string{"Close the gap on db1, db2 and db3 (mysql): performance_schema is off", "Give the recorder PROCESS on db1 and db2"} {
		if !strings.Contains(strings.Join(actions, "\n"), strings.ReplaceAll(want, "_", `\_`)) && !strings.Contains(strings.Join(actions, "\n"), want) {
			t.Errorf("no %q in\n%s", want, strings.Join(actions, "\n"))
		}
	}
	if len(actions) != 2 {
		t.Errorf("%d actions, want 2: %q", len(actions), actions)
	}
}
