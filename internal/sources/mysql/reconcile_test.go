package mysql

import (
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

func TestReconciled(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	change := func(id string, grade timeline.Grade, second int, key, table string, more ...string) timeline.Event {
		start := timeline.Between(at.Add(time.Duration(second)*time.Second), at.Add(time.Duration(second+1)*time.Second))
		e := timeline.Event{
			Kind: timeline.MySQLSchemaChange, Grade: grade, Target: "db1", Start: start, End: &start, Key: key,
			Attributes: map[string]string{"schema": "shop", "table": table}, Evidence: []string{id},
		}
		for i := 0; i+1 < len(more); i += 2 {
			e.Attributes[more[i]] = more[i+1]
		}
		return e
	}
	renamed := change("log", timeline.Logged, 0, "rename_column shop.orders total", "orders")
	for _, tc := range []struct {
		name   string
		events []timeline.Event
		want   string
	}{
		{"the log words it otherwise", []timeline.Event{change("look", timeline.Measured, 0, "add_column shop.orders total_cents", "orders"), renamed}, "log look"},
		{"the same change", []timeline.Event{change("look", timeline.Measured, 0, renamed.Key, "orders"), renamed}, "look, log"},
		{"another table", []timeline.Event{change("look", timeline.Measured, 0, "add_column shop.t x", "t"), renamed}, "look, log"},
		{"another time", []timeline.Event{change("look", timeline.Measured, 9, "add_column shop.orders x", "orders"), renamed}, "look, log"},
		{"a statement in the samples", []timeline.Event{change("run", timeline.Measured, 0, "add_column shop.orders x", "orders", "statement", "ALTER TABLE"), renamed}, "run, log"},
		{"no log", []timeline.Event{change("look", timeline.Measured, 0, "add_column shop.orders x", "orders")}, "look"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, e := range reconciled(tc.events) {
				got = append(got, strings.Join(e.Evidence, " "))
			}
			if strings.Join(got, ", ") != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestUnconfirmedDrop: a dump's DROP TABLE IF EXISTS is no loss unless the
// dictionary lost the table.
func TestUnconfirmedDrop(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	drop := func(grade timeline.Grade, second int) timeline.Event {
		start := timeline.Between(at.Add(time.Duration(second)*time.Second), at.Add(time.Duration(second+1)*time.Second))
		return timeline.Event{
			Kind: timeline.MySQLSchemaChange, Grade: grade, Target: "db1", Start: start, End: &start, Key: "drop_table shop.t ",
			Attributes: map[string]string{"operation": "drop_table", "detail": "if exists", "schema": "shop", "table": "t"},
		}
	}
	for _, tc := range []struct {
		name   string
		events []timeline.Event
		want   timeline.Severity
	}{
		{"nobody saw it go", []timeline.Event{drop(timeline.Logged, 0)}, timeline.Warning},
		{"another one went", []timeline.Event{drop(timeline.Logged, 0), drop(timeline.Measured, 60)}, timeline.Warning},
		{"it went", []timeline.Event{drop(timeline.Logged, 0), drop(timeline.Measured, 0)}, timeline.Critical},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := reconciled(tc.events)[0]
			if got := timeline.SeverityOf(e.Kind, e.Attributes); got != tc.want {
				t.Errorf("%s: %v", got, e.Attributes)
			}
		})
	}
}
