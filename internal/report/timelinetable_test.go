package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestRepeatsShareARow: what a replica repeats at the same time stands with what it
// repeats, with the evidence of both; what it certainly repeats later is a lag, and
// has a row of its own.
func TestRepeatsShareARow(t *testing.T) {
	dropped := func(f *fixture, server, from string, at timeline.Instant) {
		id := f.record("mysql", server, "binary log", server)
		f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", server, at, &at, "column city of shop.customers was dropped on "+server,
			map[string]string{"operation": "drop_column", "schema": "shop", "table": "customers", "column": "city", "replicated_from": from}, id)
	}
	f := newFixture(t, "07:00:00", "08:00:00")
	dropped(f, "db2", "server ID 1", f.around("07:10:00", time.Second))
	dropped(f, "db1", "", f.around("07:10:01", time.Second))
	dropped(f, "db3", "server ID 1", f.around("07:19:00", time.Second))
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	rows := d.TimelineRows()
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2: %v", len(rows), rows)
	}
	if got, want := rows[0].Cells[3], "column city of shop.customers was dropped on db1, and by replication on db2 (logged)"; got != want {
		t.Errorf("first row = %q, want %q", got, want)
	}
	if got := rows[1].Cells[3]; !strings.Contains(got, "on db3") {
		t.Errorf("second row = %q, want db3's", got)
	}
	for _, e := range d.tl.Events[:2] {
		if !slices.Contains(rows[0].Cites, e.Evidence[0]) {
			t.Errorf("the first row does not cite %s's evidence", e.Target)
		}
	}
	if text := d.Timeline()[0].Text; !strings.Contains(text, "3 events in 2 lines") {
		t.Errorf("heading = %q", text)
	}
}
