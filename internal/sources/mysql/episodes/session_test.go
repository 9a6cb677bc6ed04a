package episodes

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/store"
	"collector/internal/timeline"
)

const report = "SELECT COUNT(*) FROM orders WHERE note LIKE ?"

func TestLongStatements(t *testing.T) {
	for _, mariaDB := range []bool{false, true} {
		for _, offset := range []float64{0, 17.3, -4000.8} {
			t.Run(fmt.Sprintf("mariadb %v, offset %v", mariaDB, offset), func(t *testing.T) {
				f := watchWorld(t, world{mariaDB: mariaDB, offset: offset, statements: []stmt{
					{id: 9, sql: report, from: 200.37, to: 241.82, state: "Sending data"},
					{id: 10, sql: "SELECT ?", from: 250.1, to: 258.9},
				}})
				e := only(t, f, timeline.MySQLLongStatement)
				brackets(t, "start", e.Start, 200.37, 1)
				brackets(t, "end", *e.End, 241.82, 1)
				attribute(t, e, "session", "9")
				attribute(t, e, "statement", report)
				attribute(t, e, "schema", "shop")
				attribute(t, e, "state", "Sending data")
				if strings.Contains(e.Attributes["account"], "shop_app") || e.Attributes["host"] == "10.0.0.7" {
					t.Errorf("account and host are not masked: %v", e.Attributes)
				}
				if e.Attributes["executions"] != "" {
					t.Errorf("one execution is called %s", e.Attributes["executions"])
				}
			})
		}
	}
}

func TestBothWaysOfExactness(t *testing.T) {
	s := []stmt{{id: 9, sql: report, from: 200.37, to: 241.82}}
	e := only(t, watchWorld(t, world{mariaDB: true, statements: s}), timeline.MySQLLongStatement)
	if width := e.Start.Latest.Sub(e.Start.Earliest).Milliseconds(); width > 15 {
		t.Errorf("MariaDB tells milliseconds, the start is %d ms wide", width)
	}
}

func TestTheSameSessionAgain(t *testing.T) {
	f := watchWorld(t, world{statements: []stmt{
		{id: 9, sql: report, from: 200.37, to: 215.6}, {id: 9, sql: report, from: 215.9, to: 233.2},
	}})
	got := ofKind(f, timeline.MySQLLongStatement)
	if len(got) != 2 {
		t.Fatalf("%v, want 2 statements", summaries(f))
	}
	brackets(t, "end of the first", *got[0].End, 215.6, 1)
	brackets(t, "start of the second", got[1].Start, 215.9, 1)
	if built := timeline.Build(request(60, 600).Window, timeline.Scope{}, f); len(built.Events) != 2 {
		t.Errorf("%d events after Build, want 2", len(built.Events))
	}
}

func TestWhatIsNoStatement(t *testing.T) {
	for name, s := range map[string]stmt{
		"an applier":      {user: "system user", sql: "INSERT INTO t VALUES (?)"},
		"a MariaDB one":   {user: "system user", command: "Slave_SQL", sql: "x"},
		"a dump thread":   {command: "Binlog Dump GTID", sql: ""},
		"the scheduler":   {user: "event_scheduler", command: "Daemon", sql: ""},
		"an idle session": {command: "Sleep"},
		"a daemon":        {command: "Daemon", sql: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			s.id, s.from, s.to = 5, -500, 700
			if f := watchWorld(t, world{statements: []stmt{s}}); len(f.Events) != 0 {
				t.Errorf("events %v, want none", summaries(f))
			}
		})
	}
}

func TestAPileUpIsOneLine(t *testing.T) {
	var victims []stmt
	for i := range 200 {
		victims = append(victims, stmt{id: uint64(100 + i), sql: "UPDATE t SET a = ? WHERE id = ?", from: 200.2 + float64(i)*0.1, to: 260.5, state: "Waiting for table metadata lock"})
	}
	f := watchWorld(t, world{statements: victims})
	e := only(t, f, timeline.MySQLLongStatement)
	attribute(t, e, "executions", "200")
	attribute(t, e, "session", "100")
	brackets(t, "start", e.Start, 200.2, 1)
	brackets(t, "end", *e.End, 260.5, 1)
	if !strings.HasPrefix(e.Summary, "200 executions of one statement ran at once, for up to 60 s (Waiting for table metadata lock): UPDATE t") {
		t.Errorf("summary %q", e.Summary)
	}
}

func TestAStatementAgainAndAgainIsOneLine(t *testing.T) {
	var nightly []stmt
	for i := range 12 {
		nightly = append(nightly, stmt{id: 9, sql: report, from: 100.2 + float64(i)*40, to: 112.6 + float64(i)*40})
	}
	e := only(t, watchWorld(t, world{statements: nightly}), timeline.MySQLLongStatement)
	attribute(t, e, "executions", "12")
	brackets(t, "start", e.Start, 100.2, 1)
	brackets(t, "end", *e.End, 112.6+11*40, 1)
	if got := ofKind(watchWorld(t, world{statements: nightly[:5]}), timeline.MySQLLongStatement); len(got) != 5 {
		t.Errorf("%d events for 5 executions, want each", len(got))
	}
}

func TestStatementsAtTheWindowsEdges(t *testing.T) {
	w := world{statements: []stmt{
		{id: 1, sql: "a", from: -300.4, to: 90.5}, {id: 2, sql: "b", from: 580.3, to: 700}, {id: 3, sql: "c", from: 10.3, to: 40.5},
	}}
	got := ofKind(watchWorld(t, w), timeline.MySQLLongStatement)
	if len(got) != 2 {
		t.Fatalf("%d statements, want the one that began before and the one that goes on", len(got))
	}
	brackets(t, "start before the recording", got[0].Start, -300.4, 1)
	brackets(t, "start", got[1].Start, 580.3, 1)
	if got[1].End != nil {
		t.Errorf("ends at %v, want no end", got[1].End)
	}
}

func TestAHoleInAStatement(t *testing.T) {
	f := watchWorld(t, world{statements: []stmt{{id: 9, sql: report, from: 200.37, to: 300.8}}, off: []duration{{220, 250}}})
	e := only(t, f, timeline.MySQLLongStatement)
	brackets(t, "end", *e.End, 300.8, 1)
	f = watchWorld(t, world{statements: []stmt{{id: 9, sql: report, from: 200.37, to: 240.8}}, off: []duration{{220, 250}}})
	e = only(t, f, timeline.MySQLLongStatement)
	if e.End.Earliest.After(at(240.8)) || e.End.Latest.Before(at(240.8)) || e.End.Latest.After(at(251)) {
		t.Errorf("end %v, want one anywhere in the hole", e.End)
	}
}

func TestARecordingThatStops(t *testing.T) {
	f := watchWorld(t, world{statements: []stmt{{id: 9, sql: report, from: 200.37, to: 700}}, off: []duration{{300, 700}}})
	e := only(t, f, timeline.MySQLLongStatement)
	if e.End != nil || e.Attributes["last_seen"] == "" {
		t.Errorf("end %v, attributes %v; want no end and when it was last seen", e.End, e.Attributes)
	}
}

func TestARestartEndsStatementsAndReusesIDs(t *testing.T) {
	f := watchWorld(t, world{
		boots: []float64{-100, 231.3}, down: []duration{{230.3, 232.9}},
		statements: []stmt{{id: 9, sql: report, from: 200.37, to: 230.3}, {id: 9, sql: report, from: 235.1, to: 260.4}},
	})
	got := ofKind(f, timeline.MySQLLongStatement)
	if len(got) != 2 {
		t.Fatalf("%v, want 2 statements", summaries(f))
	}
	brackets(t, "end by the crash", *got[0].End, 230.3, 1)
	brackets(t, "start of the reused ID", got[1].Start, 235.1, 1)
}

func TestASetTimestampIsNotBelieved(t *testing.T) {
	w := world{statements: []stmt{{id: 9, sql: "INSERT INTO t VALUES (...)", from: 200.4, to: 203.1}}}
	w.tweak = func(_ float64, k *store.Tick) { // as mysqlbinlog | mysql: NOW() is last week
		if k.Sessions != nil {
			for i := range k.Sessions.Active {
				k.Sessions.Active[i].Elapsed += 86400 * 7e9
			}
		}
	}
	if f := watchWorld(t, w); len(f.Events) != 0 {
		t.Errorf("events %v, want none: it ran for 3 s", summaries(f))
	}
	w.statements[0].to = 230.6
	e := only(t, watchWorld(t, w), timeline.MySQLLongStatement)
	brackets(t, "start", e.Start, 200.4, 1)
	brackets(t, "end", *e.End, 230.6, 1)
}

func TestACallIsOneExecution(t *testing.T) {
	w := world{statements: []stmt{{id: 9, sql: "first", from: 200.4, to: 240.1}}}
	w.tweak = func(s float64, k *store.Tick) { // the processlist shows what runs inside
		if k.Sessions != nil && len(k.Sessions.Active) > 0 && s > 215 {
			k.Sessions.Active[0].SQL = "second"
		}
	}
	e := only(t, watchWorld(t, w), timeline.MySQLLongStatement)
	brackets(t, "start", e.Start, 200.4, 1)
	brackets(t, "end", *e.End, 240.1, 1)
}

func TestAServerClockThatStepsDuringAStatement(t *testing.T) {
	w := world{mariaDB: true, statements: []stmt{{id: 9, sql: report, from: 200.4, to: 240.1}}}
	w.tweak = func(s float64, k *store.Tick) {
		if s > 220 {
			k.Heartbeat.ClockOffset += 30e9
			k.Heartbeat.UptimeSec += 30
			for i := range k.Sessions.Active {
				k.Sessions.Active[i].Elapsed += 30e9
			}
		}
	}
	e := only(t, watchWorld(t, w), timeline.MySQLLongStatement)
	brackets(t, "start", e.Start, 200.4, 1)
	brackets(t, "end", *e.End, 240.1, 1)
}

func TestLongTransactions(t *testing.T) {
	tests := []struct {
		name         string
		s            []stmt
		transactions int
		statements   int
	}{
		{"idle after a quick statement", []stmt{{id: 9, sql: "UPDATE t", from: 200.4, to: 200.5, trx: 200.4, idle: 80}}, 1, 0},
		{"one long statement is told once", []stmt{{id: 9, sql: "DELETE FROM t", from: 200.4, to: 260.1, trx: 200.4}}, 0, 1},
		{"a statement that first waits for a metadata lock", []stmt{{id: 9, sql: "DELETE FROM t", from: 200.4, to: 280.1, trx: 230.2}}, 0, 1},
		{"a long statement and then idle", []stmt{{id: 9, sql: "DELETE FROM t", from: 200.4, to: 240.1, trx: 200.4, idle: 20}}, 1, 1},
		{"a long statement late in it", []stmt{{id: 9, sql: "UPDATE t", from: 200.4, to: 200.5, trx: 200.4, idle: 20}, {id: 9, sql: "SELECT", from: 220.5, to: 250.2, trx: 200.4}}, 1, 1},
		{"short", []stmt{{id: 9, sql: "UPDATE t", from: 200.4, to: 200.5, trx: 200.4, idle: 25}}, 0, 0},
		{"an applier's", []stmt{{id: 9, user: "system user", sql: "", from: 200.4, to: 260.5, trx: 200.4}}, 1, 0},
	}
	for _, tt := range tests {
		for _, mariaDB := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, mariadb %v", tt.name, mariaDB), func(t *testing.T) {
				f := watchWorld(t, world{mariaDB: mariaDB, statements: tt.s, offset: 5.6})
				if n := len(ofKind(f, timeline.MySQLLongStatement)); n != tt.statements {
					t.Errorf("%d statements, want %d: %v", n, tt.statements, summaries(f))
				}
				if tt.transactions == 0 {
					if n := len(ofKind(f, timeline.MySQLLongTransaction)); n != 0 {
						t.Errorf("%d transactions, want none: %v", n, summaries(f))
					}
					return
				}
				e := only(t, f, timeline.MySQLLongTransaction)
				last := tt.s[len(tt.s)-1]
				brackets(t, "start", e.Start, 200.4, 1)
				brackets(t, "end", *e.End, last.to+last.idle, 1)
			})
		}
	}
}

func TestAnIdleTransactionSaysSo(t *testing.T) {
	e := only(t, watchWorld(t, world{mariaDB: true, statements: []stmt{
		{id: 9, sql: "UPDATE accounts SET x = ?", from: 200.4, to: 204.5, trx: 200.4, idle: 80},
	}}), timeline.MySQLLongTransaction)
	attribute(t, e, "last_statement", "UPDATE accounts SET x = ?")
	attribute(t, e, "rows_modified", "10")
	if e.Attributes["idle_seconds"] == "" || !strings.Contains(e.Summary, "idle for the last 80 s") {
		t.Errorf("summary %q, attributes %v: want how long it was idle", e.Summary, e.Attributes)
	}
}

func TestIdleTransactionsOfAPoolAreOneLine(t *testing.T) {
	var pool []stmt
	for i := range 60 {
		pool = append(pool, stmt{id: uint64(100 + i), from: 200.4, to: 200.5, trx: 200.4 + float64(i)*0.05, idle: 90 + float64(i)*0.1})
	}
	e := only(t, watchWorld(t, world{statements: pool}), timeline.MySQLLongTransaction)
	attribute(t, e, "transactions", "60")
	brackets(t, "end", *e.End, 200.5+95.9, 1)
}
