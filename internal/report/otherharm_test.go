package report

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// oneOutage is a window in which db1 was down for a while and nothing else happened; add
// adds what was looked for, and what could not be seen.
func oneOutage(t testing.TB, add func(f *fixture)) *document {
	t.Helper()
	f := newFixture(t, "07:00:00", "08:00:00")
	id := f.record("mysql", "db1", "samples", "down")
	end := f.sampled("07:20:00")
	f.event(timeline.MySQLDown, timeline.Measured, "mysql", "db1", f.sampled("07:10:00"), &end, "the server did not answer", nil, id)
	if add != nil {
		add(f)
	}
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	if d.tl.Phases.Onset == nil || d.tl.Phases.Detected != nil {
		t.Fatalf("the phases are %+v", d.tl.Phases)
	}
	return d
}

// hide adds a gap of the whole window.
func (f *fixture) hide(source, target, reason string) {
	f.found.Gaps = append(f.found.Gaps, timeline.Gap{
		Source: source, Target: target, From: f.window.From, To: f.window.To, Reason: reason, Evidence: []string{f.record(source, target, reason, "failed")},
	})
}

// seeNone adds a check.
func (f *fixture) seeNone(source, target, what string) {
	f.found.Checks = append(f.found.Checks, timeline.Check{Source: source, Target: target, LookedFor: what, Evidence: []string{f.record(source, target, what, "none")}})
}

func said(list []Statement) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.Text + "\n")
	}
	return b.String()
}

// TestNoOtherHarm: that there was no other harm is said as firmly as those who looked can.
func TestNoOtherHarm(t *testing.T) {
	for _, tt := range []struct {
		name string
		add  func(f *fixture)
		want string // what section 7 begins with
	}{
		{"everybody looked", func(f *fixture) {
			f.seeNone("mysql", "db1", "deadlocks")
		}, "Besides the first harm, no other was found."},
		{"a server has a gap", func(f *fixture) {
			f.seeNone("mysql", "db1", "deadlocks")
			f.hide("mysql", "db1", "performance_schema is off")
		}, "No harm besides the first is recorded. That does not rule out another, because not everything could be seen.\nGap: db1 (mysql)"},
		{"Prometheus did not answer", func(f *fixture) {
			f.seeNone("mysql", "db1", "deadlocks")
			f.hide("prometheus", "main", "connection refused")
		}, "No harm besides the first is recorded. That does not rule out another, because not everything could be seen.\nGap: main (prometheus)"},
		{"the deploy log has a gap", func(f *fixture) {
			f.seeNone("mysql", "db1", "deadlocks")
			f.hide("deploylog", "releases", "permission denied")
		}, "Besides the first harm, no other was found."},
		{"nobody looked", nil, "No harm besides the first is recorded.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(oneOutage(t, tt.add).Contributing()); !strings.HasPrefix(got, tt.want) {
				t.Errorf("section 7 says\n%swant %q", got, tt.want)
			}
		})
	}
}

var counted = regexp.MustCompile(`([0-9]+) gaps? (?:limits? it|kept this draft)`)

// TestCountOfGaps: how many gaps a document says it has is how many lines its last part
// has, one for each, in all documents.
func TestCountOfGaps(t *testing.T) {
	draft := oneOutage(t, func(f *fixture) {
		for _, server := range []string{"db1", "db2", "db3"} {
			f.hide("mysql", server, "performance_schema is off")
		}
		f.hide("mysql", "db1", "the error log could not be read")
		f.hide("prometheus", "main", "connection refused")
		f.hide("deploylog", "releases", "permission denied")
		f.hide("loki", "main", "HTTP status 503")
	}).draft
	counts := 0
	for _, name := range Templates() {
		text, err := markdown(draft, name)
		if err != nil {
			t.Fatal(err)
		}
		last := text[strings.LastIndex(text, "## Searched and unseen"):]
		lines := strings.Count(last, "\n- Gap: ")
		if m := regexp.MustCompile(`([0-9]+) more gap`).FindStringSubmatch(last); m != nil {
			more, _ := strconv.Atoi(m[1])
			lines += more
		}
		if lines != 5 {
			t.Errorf("%s: the last part has %d gaps:\n%s", name, lines, last)
		}
		for _, m := range counted.FindAllStringSubmatch(text, -1) {
			if counts++; m[1] != strconv.Itoa(lines) {
				t.Errorf("%s says %q, and its last part has %d", name, m[0], lines)
			}
		}
	}
	if counts < 6 {
		t.Errorf("only %d counts were found: are they said in other words now?", counts)
	}
}

// TestLagThatDidNotMove: a replica whose lag never moved has no row of the recovery
// table, and is named in a sentence.
func TestLagThatDidNotMove(t *testing.T) {
	d := oneOutage(t, func(f *fixture) {
		lag := func(target, channel string, from string, value func(at time.Time) float64) {
			s := timeline.Series{Source: "mysql", Target: target, Name: "replication_lag", Unit: "s", Labels: map[string]string{"channel": channel}, Evidence: []string{f.record("mysql", target, "replica "+channel, "samples")}}
			for at := clockAt(t, from); at.Before(f.window.To); at = at.Add(time.Minute) {
				s.Points = append(s.Points, timeline.Point{T: at, V: value(at)})
			}
			f.found.Series = append(f.found.Series, s)
		}
		always := func(v float64) func(time.Time) float64 { return func(time.Time) float64 { return v } }
		lag("db2", "", "07:00:00", always(0))
		lag("db3", "east", "07:00:00", always(0))
		lag("db4", "", "07:00:00", always(3600)) // a delayed replica
		lag("db5", "", "07:00:00", func(at time.Time) float64 {
			if at.Equal(clockAt(t, "07:15:00")) {
				return 3
			}
			return 0
		})
		lag("db6", "", "07:30:00", always(0)) // what was before is not recorded
		lag("db7", "", "07:00:00", always(20))
		f.event(timeline.MySQLReplicationLag, timeline.Measured, "mysql", "db7", f.sampled("07:00:00"), nil, "replication lag reached 20 s", nil, f.found.Evidence[1].ID)
	})
	var rows []string
	for _, r := range d.RecoveryRows() {
		rows = append(rows, strings.Join(r.Cells, " | "))
	}
	table, text := strings.Join(rows, "\n"), said(d.Recovery())
	for _, want := range []string{"replication lag | db5 | 0 s | 3 s at 09:15:00 | 0 s | never beyond the threshold of a lag", "replication lag | db6 | not recorded | 0 s", "replication lag | db7 | 20 s"} {
		if !strings.Contains(table, want) {
			t.Errorf("no row %q in\n%s", want, table)
		}
	}
	for _, server := range []string{"db2", "db3", "db4"} {
		if strings.Contains(table, server) {
			t.Errorf("%s has a row:\n%s", server, table)
		}
	}
	for _, want := range []string{"Replication lag did not move on db2 and db3 (channel east): it was 0 s in every sample.\n", "Replication lag did not move on db4: it was 1 h in every sample.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("not said: %q\n%s", want, text)
		}
	}
	for _, s := range d.steadyLags() {
		if len(s.Cites) == 0 {
			t.Errorf("%q cites nothing", s.Text)
		}
	}
}
