package episodes

import (
	"fmt"
	"strings"
	"testing"

	"collector/internal/store"
	"collector/internal/timeline"
)

// killWorld is a server on which KILLs were issued at some times.
func killWorld(statements []stmt, at ...float64) world {
	return world{statements: statements, status: func(t float64) store.Status {
		n := int64(3)
		for _, x := range at {
			if x <= t {
				n++
			}
		}
		return store.Status{"Com_kill": n}
	}, tweak: func(_ float64, tick *store.Tick) {
		tick.Heartbeat.Looked |= store.PartStatus | store.PartSessions
	}}
}

func TestKill(t *testing.T) {
	for name, x := range map[string]struct {
		statements []stmt
		sessions   string
	}{
		"nobody was busy":          {nil, ""},
		"a long statement":         {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 200.3}}, "41"},
		"it waits on, idle":        {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 200.3, trx: 140, idle: 50}}, "41"},
		"an idle transaction":      {[]stmt{{id: 41, sql: "UPDATE t SET a = ?", from: 150, to: 150.1, trx: 149, idle: 50.2}}, "41"},
		"another goes on":          {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 200.3}, {id: 42, sql: "SELECT b FROM t", from: 150, to: 300}}, "41"},
		"what waited ends with it": {append(waiters(3), stmt{id: 41, sql: "ALTER TABLE t", from: 150, to: 200.3}), "41"},
		"a waiter was killed":      {append(waiters(1), stmt{id: 41, sql: "ALTER TABLE t", from: 150, to: 300}), "51"},
		"who of the two":           {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 200.3}, {id: 42, sql: "SELECT b FROM t", from: 150, to: 200.31}}, ""},
		"it ends later":            {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 210}}, ""},
		"it takes a second look":   {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 201.1}}, "41"},
		"young ones do not count":  {[]stmt{{id: 41, sql: "SELECT a FROM t", from: 199.8, to: 200.3}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := only(t, watchWorld(t, killWorld(x.statements, 200.3)), timeline.MySQLKill)
			brackets(t, "kill", e.Start, 200.3, 1)
			attribute(t, e, "kills", "1")
			attribute(t, e, "sessions", x.sessions)
			if (e.Attributes["rule"] != "") != (x.sessions != "") {
				t.Errorf("rule %q with sessions %q", e.Attributes["rule"], x.sessions)
			}
			if !strings.HasPrefix(e.Summary, "1 KILL was issued") || x.sessions != "" && !strings.Contains(e.Summary, "; session "+x.sessions+" (account-") {
				t.Error(e.Summary)
			}
			if e.End == nil || *e.End != e.Start || e.Grade != timeline.Measured {
				t.Errorf("%s from %v to %v", e.Grade, e.Start, e.End)
			}
		})
	}
}

func waiters(n int) (out []stmt) {
	for i := range n {
		out = append(out, stmt{id: uint64(51 + i), sql: fmt.Sprintf("SELECT %d FROM t", i), from: 160, to: 200.35, state: "Waiting for table metadata lock"})
	}
	return out
}

func TestKillStorm(t *testing.T) {
	var at []float64
	for x := 200.3; x < 300; x += 9 {
		at = append(at, x)
	}
	all := ofKind(watchWorld(t, killWorld(nil, append(at, 400.3, 400.4)...)), timeline.MySQLKill)
	if len(all) != 2 {
		t.Fatalf("%d events", len(all))
	}
	attribute(t, all[0], "kills", fmt.Sprint(len(at)))
	brackets(t, "start", all[0].Start, at[0], 1)
	brackets(t, "end", *all[0].End, at[len(at)-1], 1)
	if want := fmt.Sprintf("%d KILLs were issued within 100 s", len(at)); all[0].Summary != want {
		t.Errorf("%s, want %s", all[0].Summary, want)
	}
	attribute(t, all[1], "kills", "2")
}

func TestNoKill(t *testing.T) {
	f := watchWorld(t, killWorld([]stmt{{id: 41, sql: "SELECT a FROM t", from: 150, to: 200.3}}))
	if len(ofKind(f, timeline.MySQLKill)) != 0 {
		t.Error(summaries(f))
	}
	found := false
	for _, c := range f.Checks {
		found = found || strings.HasPrefix(c.LookedFor, "KILL statements (counter Com_kill) (looked ")
	}
	if !found {
		t.Errorf("checks %v", f.Checks)
	}
}
