package report

import (
	"regexp"
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

// TestStretchOfOverlappingGaps: what two gaps cover is counted once, in whatever order
// they come, and two that overlap never add up to the whole window.
func TestStretchOfOverlappingGaps(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		gaps [][2]string
		want string
	}{
		"apart":             {[][2]string{{"07:00:00", "07:10:00"}, {"07:30:00", "07:40:00"}}, "2 times between {07:00:00} and {07:40:00} (20 min together)"},
		"overlapping":       {[][2]string{{"07:00:00", "07:40:00"}, {"07:10:00", "07:50:00"}}, "from {07:00:00} to {07:50:00} (50 min)"},
		"one in the other":  {[][2]string{{"07:00:00", "07:50:00"}, {"07:10:00", "07:30:00"}}, "from {07:00:00} to {07:50:00} (50 min)"},
		"touching":          {[][2]string{{"07:10:00", "07:20:00"}, {"07:20:00", "07:30:00"}}, "from {07:10:00} to {07:30:00} (20 min)"},
		"the later first":   {[][2]string{{"07:30:00", "07:40:00"}, {"07:00:00", "07:10:00"}}, "2 times between {07:00:00} and {07:40:00} (20 min together)"},
		"the longest first": {[][2]string{{"07:00:00", "07:20:00"}, {"07:05:00", "07:10:00"}, {"07:15:00", "07:25:00"}, {"07:50:00", "07:51:00"}}, "2 times between {07:00:00} and {07:51:00} (26 min together)"},
		"the same instant":  {[][2]string{{"07:30:00", "07:30:00"}, {"07:30:00", "07:30:00"}}, "at {07:30:00}"},
		"two whole":         {[][2]string{{"07:00:00", "08:00:00"}, {"07:00:00", "08:00:00"}}, "the whole window"},
		"halves that touch": {[][2]string{{"07:00:00", "07:30:00"}, {"07:30:00", "08:00:00"}}, "the whole window"},
	} {
		t.Run(name, func(t *testing.T) {
			var gaps []timeline.Gap
			for _, g := range c.gaps {
				gaps = append(gaps, timeline.Gap{From: clockAt(t, g[0]), To: clockAt(t, g[1])})
			}
			want := regexp.MustCompile(`\{(.+?)\}`).ReplaceAllStringFunc(c.want, func(clock string) string {
				return d.clock.time(clockAt(t, strings.Trim(clock, "{}")))
			})
			if got := d.stretch(gaps); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
