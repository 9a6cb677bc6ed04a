package mysql

import (
	"strings"
	"testing"
	"time"

	"collector/internal/store"
)

func TestSchemaStatementsByVersion(t *testing.T) {
	for _, tc := range []struct{ version, names, tables string }{
		{"8.0.28", "INNODB_TABLESPACES_BRIEF", "TABLE_ID, NAME, 0 FROM information_schema.INNODB_TABLES"},
		{"8.0.29", "INNODB_TABLESPACES_BRIEF", "TOTAL_ROW_VERSIONS"},
		{"9.7.4", "INNODB_TABLESPACES_BRIEF", "TOTAL_ROW_VERSIONS"},
		{"10.6.12-MariaDB", "INNODB_SYS_TABLES", "INNODB_SYS_TABLES"},
		{"11.8.1-MariaDB", "INNODB_SYS_TABLES", "INNODB_SYS_TABLES"},
	} {
		t.Run(tc.version, func(t *testing.T) {
			v, err := ParseVersion(tc.version)
			if err != nil {
				t.Fatal(err)
			}
			got := schemaStatementsFor(v)
			if !strings.Contains(got.names, tc.names) || !strings.Contains(got.tables, tc.tables) {
				t.Errorf("%+v", got)
			}
			for _, statement := range []string{got.names, got.tables, got.columns, got.indexes, got.fields} {
				if strings.Contains(statement, "DEFAULT_VALUE") || strings.Contains(statement, "*") {
					t.Errorf("%s asks for literals", statement)
				}
			}
		})
	}
}

func TestSchemaCounters(t *testing.T) {
	p := &schemaPart{}
	for i, step := range []struct {
		status store.Status
		uptime uint64
		want   bool
	}{
		{nil, 0, false},
		{store.Status{"Com_create_table": 5}, 100, false}, // the first reading has nothing to subtract
		{store.Status{"Com_create_table": 5, "Com_select": 9}, 101, false},
		{store.Status{"Com_create_table": 7}, 102, true},
		{nil, 0, false},
		{store.Status{"Com_create_table": 7}, 104, false},
		{store.Status{"Com_create_table": 7}, 3, true}, // a restart, and as many since
	} {
		if got := p.count(step.status, step.uptime); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	if p.moved["Com_create_table"] != 2 {
		t.Errorf("moved %v", p.moved)
	}
}

// TestSchemaRest: what prompts useless looks (temporary tables) gets no more than a
// hundredth of the time in the end.
func TestSchemaRest(t *testing.T) {
	p, now := &schemaPart{}, time.Now()
	var waits []time.Duration
	for range 9 {
		p.rest(time.Now().Add(-100*time.Millisecond), now, true)
		waits = append(waits, p.prompt.Sub(now).Round(time.Second))
	}
	if waits[0] != 2*time.Second || waits[8] != 10*time.Second || p.due.Sub(now) < schemaEvery {
		t.Errorf("%v", waits)
	}
}

func TestStatementsThatChangeASchema(t *testing.T) {
	for sql, want := range map[string]bool{"ALTER TABLE t ADD c INT": true, "drop table t": true, "OPTIMIZE TABLE t": true, "SELECT ?": false, "": false, "DROP": false} {
		sessions := &store.Sessions{Active: []store.Session{{SQL: sql}}}
		if got := changesSchema(sessions); got != want {
			t.Errorf("%q: %v", sql, got)
		}
	}
	if changesSchema(nil) {
		t.Error("nobody was seen")
	}
}
