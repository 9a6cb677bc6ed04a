package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/store"
)

func digestRowOf(id string, first time.Time, count int64, seconds float64, examined int64) digestRow {
	return digestRow{digest: id, Digest: store.Digest{ID: id, DB: "shop", FirstSeen: first, Count: count, Time: time.Duration(seconds * float64(time.Second)), RowsExamined: examined}}
}

func TestDigestsAreSubtracted(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	old, since := start.Add(-time.Hour), start.Add(8*time.Second)
	for _, tc := range []struct {
		name string
		now  digestRow
		want int64 // executions; 0: none to tell
		rows int64
	}{
		{"it ran again", digestRowOf("a", old, 13, 3, 700), 3, 200},
		{"it did not run", digestRowOf("a", old, 10, 2, 500), 0, 0},
		{"the table was truncated", digestRowOf("a", start.Add(9*time.Second), 4, 1, 90), 4, 90},
		{"truncated, and it ran more often since", digestRowOf("a", start.Add(9*time.Second), 40, 1, 900), 40, 900},
		{"another server with an older row", digestRowOf("a", old.Add(-time.Hour), 5000, 900, 1e6), 0, 0},
		{"new", digestRowOf("b", start.Add(9*time.Second), 2, 1, 20), 2, 20},
		{"new to the memory only", digestRowOf("b", old, 2, 1, 20), 0, 0},
		{"a torn row", digestRowOf("a", old, 11, 2, 400), 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := digestMemory{}
			was := digestRowOf("a", old, 10, 2, 500)
			if m.subtract(&was, time.Time{}, true) {
				t.Error("the first reading has something to tell")
			}
			r := tc.now
			if told := m.subtract(&r, since, false); told != (tc.want > 0) || told && (r.Count != tc.want || r.RowsExamined != tc.rows) {
				t.Errorf("told %v: %d executions, %d rows; want %d and %d", told, r.Count, r.RowsExamined, tc.want, tc.rows)
			}
			if tc.want > 0 && r.Time < 0 {
				t.Errorf("it took %v", r.Time)
			}
			again := tc.now
			if m.subtract(&again, since, false) {
				t.Error("the same counters are told again")
			}
		})
	}
}

func TestDigestsAreChosen(t *testing.T) {
	var rows []digestRow
	old := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range 1000 {
		rows = append(rows, digestRowOf(fmt.Sprint("d", i), old.Add(-time.Duration(i)*time.Hour), 1, float64(i), 10))
	}
	rows[3].RowsExamined, rows[500].Count, rows[400].FirstSeen = 1e9, 1e6, old.Add(time.Hour)
	rows = append(rows, digestRowOf("", old, 7, 0.1, 1))
	chosen, rest := chooseDigests(rows)
	ids := map[string]bool{}
	var total time.Duration
	for _, r := range chosen {
		ids[r.digest] = true
		total += r.Time
	}
	for _, want := range []string{"d999", "d940", "d3", "d500", "d400", ""} {
		if !ids[want] {
			t.Errorf("%q is not chosen", want)
		}
	}
	if most := digestsByTime + digestsByRows + digestsByCount + digestsNew + 1; len(chosen) > most {
		t.Errorf("%d digests, at most %d", len(chosen), most)
	}
	var all time.Duration
	for _, r := range rows {
		all += r.Time
	}
	if rest.Time+total != all || rest.Count == 0 {
		t.Errorf("the rest took %v and the chosen %v, together not %v", rest.Time, total, all)
	}
}

func TestMonitorsAreLeftOut(t *testing.T) {
	for shape, want := range map[string]bool{
		"SELECT `ID` FROM `performance_schema` . `processlist`": true, "SHOW GLOBAL STATUS": true, "SELECT @@version": true,
		"EXPLAIN FORMAT = TRADITIONAL FOR SCHEMA `shop` SELECT * FROM `t`": true, "SELECT `a` FROM `shop` . `orders`": false,
	} {
		if isMonitoring("", shape) != want {
			t.Errorf("%s: %v", shape, !want)
		}
	}
	if isMonitoring("shop", "SELECT * FROM information_schema.tables") {
		t.Error("an application that reads the dictionary is left out")
	}
}

func TestDigestsStatement(t *testing.T) {
	if s := digestsStatement(time.Time{}); strings.Contains(s, "WHERE") || !strings.Contains(s, "LIMIT 20000") {
		t.Error(s)
	}
	at := time.Date(2026, 3, 1, 10, 0, 0, 5e8, time.FixedZone("", 3600))
	if s := digestsStatement(at); !strings.Contains(s, "WHERE LAST_SEEN >= '2026-03-01 09:00:00'") {
		t.Error(s)
	}
	if isHex("'; x") || isHex("") || !isHex("0aff") {
		t.Error("what is no digest gets into a statement")
	}
}
