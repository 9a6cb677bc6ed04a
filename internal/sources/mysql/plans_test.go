package mysql

import (
	"slices"
	"testing"
	"time"

	"collector/internal/store"
)

func TestExplainStatementsByVersion(t *testing.T) {
	const text = "SELECT 1 FROM t"
	for _, tc := range []struct {
		version, schema string
		want            []string
	}{
		{"8.0.36", "shop", []string{"USE `shop`", "EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM t"}},
		{"8.2.0", "", []string{"EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM t"}},
		{"8.3.0", "shop", []string{"EXPLAIN FORMAT=TRADITIONAL FOR SCHEMA `shop` SELECT 1 FROM t"}},
		{"9.7.4", "a`b", []string{"EXPLAIN FORMAT=TRADITIONAL FOR SCHEMA `a``b` SELECT 1 FROM t"}},
	} {
		t.Run(tc.version, func(t *testing.T) {
			v, err := ParseVersion(tc.version)
			if err != nil {
				t.Fatal(err)
			}
			if got := explainStatements(v, tc.schema, text); !slices.Equal(got, tc.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestWhichPlanIsDue(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	long := store.Session{ID: 7, Command: "Query", SQL: "SELECT * FROM orders", Elapsed: 6 * time.Second}
	change := func(f func(s *store.Session)) []store.Session {
		s := long
		f(&s)
		return []store.Session{s}
	}
	for _, tc := range []struct {
		name     string
		flavour  Flavour
		sessions []store.Session
		want     uint64
	}{
		{"a long SELECT", MySQL, []store.Session{long}, 7},
		{"the longest", MySQL, append(change(func(s *store.Session) { s.ID, s.SQL, s.Elapsed = 8, "SELECT ?", time.Minute }), long), 8},
		{"a short one", MySQL, change(func(s *store.Session) { s.Elapsed = 4 * time.Second }), 0},
		{"an UPDATE on MySQL", MySQL, change(func(s *store.Session) { s.SQL = "UPDATE t SET a = ?" }), 0},
		{"an UPDATE on MariaDB", MariaDB, change(func(s *store.Session) { s.SQL = "UPDATE t SET a = ?" }), 7},
		{"an INSERT of values", MariaDB, change(func(s *store.Session) { s.SQL = "INSERT INTO t VALUES ( ? )" }), 0},
		{"an INSERT of a SELECT", MariaDB, change(func(s *store.Session) { s.SQL = "INSERT INTO t SELECT * FROM u" }), 7},
		{"a schema change", MariaDB, change(func(s *store.Session) { s.SQL = "ALTER TABLE t ADD a INT" }), 0},
		{"one that waits for a row", MySQL, change(func(s *store.Session) { s.LockWait = true }), 0},
		{"while another waits for a metadata lock", MySQL, append(change(func(s *store.Session) { s.ID, s.State = 9, "Waiting for table metadata lock" }), long), 0},
		{"an idle one", MySQL, change(func(s *store.Session) { s.Command = "Sleep" }), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &planReader{after: 5 * time.Second, taken: map[string]time.Time{}}
			got := p.due(tc.flavour, tc.sessions, now)
			if id := idOf(got); id != tc.want {
				t.Fatalf("the plan of session %d is due, want %d", id, tc.want)
			}
			if got == nil {
				return
			}
			p.taken[got.SQL] = now
			if again := p.due(tc.flavour, tc.sessions, now.Add(planAgain-time.Second)); again != nil && again.SQL == got.SQL {
				t.Errorf("its plan is taken again too soon")
			}
			if p.due(tc.flavour, tc.sessions, now.Add(planAgain)) == nil {
				t.Errorf("its plan is never taken again")
			}
		})
	}
}

func idOf(s *store.Session) uint64 {
	if s == nil {
		return 0
	}
	return s.ID
}
