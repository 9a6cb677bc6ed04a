package report

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestActionMarks: deploys are never crowded out by a storm of schema changes, and
// what happens in one breath is one mark.
func TestActionMarks(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	done := func(kind timeline.Kind, hms, summary string, attributes map[string]string) {
		at := f.exactly(hms)
		f.event(kind, timeline.Logged, "mysql", "db1", at, &at, summary, attributes, f.record("mysql", "db1", summary, hms))
	}
	for n := range 12 {
		done(timeline.MySQLSchemaChange, fmt.Sprintf("07:%02d:00", 5+4*n), fmt.Sprintf("column c%d was dropped", n), nil)
	}
	for n := range 3 {
		done(timeline.MySQLSchemaChange, fmt.Sprintf("07:01:0%d", n), fmt.Sprintf("column b%d was dropped", n), nil)
	}
	done(timeline.Deploy, "07:59:00", "deploy of shop 2 finished", map[string]string{"service": "shop", "version": "2"})
	done(timeline.MySQLVariableChange, "07:02:30", "max_connections changed", map[string]string{"variable": "max_connections"})
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, m := range actionMarks(d.tl, 4) {
		labels = append(labels, m.from.Format(time.TimeOnly)+" "+m.label)
	}
	for _, want := range []string{"07:59:00 deploy shop 2", "07:01:00 schema change × 3", "07:02:30 change of max_connections"} {
		if !slices.Contains(labels, want) {
			t.Errorf("no mark %q in %q", want, labels)
		}
	}
	if len(labels) != 4 {
		t.Errorf("%d marks, want 4: %q", len(labels), labels)
	}
}
