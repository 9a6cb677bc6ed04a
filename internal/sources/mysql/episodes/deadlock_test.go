package episodes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// deadlockWorld is a server with deadlocks at some times; the recorder notes the
// report of the latest at the tick after.
func deadlockWorld(w world, fact func(d *facts.Deadlock), at ...float64) world {
	count := func(t float64) (n int64) {
		boot := w.boots[len(w.boots)-1]
		for _, x := range at {
			if x <= t && (boot < 0 || boot > t || x > boot) {
				n++
			}
		}
		return n
	}
	if w.boots == nil {
		w.boots = []float64{-7200.3}
	}
	w.status = func(t float64) store.Status {
		return store.Status{"Threads_connected": 42, "Threads_running": 2, "max_connections": 151, "Innodb_deadlocks": 5 + count(t), "Com_kill": 3}
	}
	w.tweak = func(t float64, tick *store.Tick) {
		if tick.Heartbeat.Outcome != store.Answered {
			return
		}
		tick.Heartbeat.Looked |= store.PartStatus | store.PartDeadlocks | store.PartSessions
		now, before := count(t+w.spent*0.6), count(t-1+w.spent*0.6)
		if now == before || fact == nil {
			return
		}
		d := facts.Deadlock{Before: 5 + before, After: 5 + now, Since: tick.Heartbeat.At.Add(-time.Second), Victim: 2, Transactions: []facts.DeadlockTransaction{
			{Number: 1, ID: 1611, Session: 41, User: "shop_app", Host: "10.0.0.7", Statement: "UPDATE stock SET n = n + ? WHERE id = ?",
				Waits: []facts.DeadlockLock{{Class: "row", Object: "shop.stock", Index: "PRIMARY", Mode: "X,REC_NOT_GAP"}},
				Holds: []facts.DeadlockLock{{Class: "row", Object: "shop.orders", Index: "PRIMARY", Mode: "X,REC_NOT_GAP"}}},
			{Number: 2, ID: 1612, Session: 42, User: "shop_app", Host: "10.0.0.8", Statement: "DELETE FROM orders WHERE id = ?",
				Waits: []facts.DeadlockLock{{Class: "row", Object: "shop.orders", Index: "PRIMARY", Mode: "X,REC_NOT_GAP"}},
				Holds: []facts.DeadlockLock{{Class: "row", Object: "shop.stock", Index: "PRIMARY", Mode: "X,REC_NOT_GAP"}}},
		}}
		latest := 0.0
		for _, x := range at {
			if x <= t+w.spent*0.6 {
				latest = x
			}
		}
		d.Written = epoch.Add(time.Duration((latest + w.offsetAt(latest)) * 1e9)).Truncate(time.Second)
		fact(&d)
		f, err := facts.New(facts.KindDeadlock, d)
		if err != nil {
			panic(err)
		}
		tick.Facts = append(tick.Facts, f)
	}
	return w
}

func asNoted(*facts.Deadlock) {}

func TestDeadlock(t *testing.T) {
	for _, offset := range []float64{0, 3600.2, -7.31} {
		truth := 200.3
		f := watchWorld(t, deadlockWorld(world{offset: offset}, asNoted, truth))
		e := only(t, f, timeline.MySQLDeadlock)
		brackets(t, "deadlock", e.Start, truth, 1)
		if !strings.HasPrefix(e.Summary, "deadlock between sessions 41 and 42 (account-") || !strings.HasSuffix(e.Summary, ") on shop.orders and shop.stock; session 42 was rolled back; session 41 in UPDATE stock SET n = n + ? WHERE id = ? and session 42 in DELETE FROM orders WHERE id = ?") {
			t.Error(e.Summary)
		}
		attribute(t, e, "victim", "42")
		attribute(t, e, "sessions", "41, 42")
		attribute(t, e, "tables", "shop.orders, shop.stock")
		attribute(t, e, "indexes", "shop.orders.PRIMARY, shop.stock.PRIMARY")
		attribute(t, e, "statement_2", "DELETE FROM orders WHERE id = ?")
		attribute(t, e, "waits_for_1", "X,REC_NOT_GAP on shop.stock (PRIMARY)")
		attribute(t, e, "deadlocks", "1")
		attribute(t, e, "unreported", "")
		if len(f.Gaps) != 0 {
			t.Errorf("gaps %v", f.Gaps)
		}
		for _, r := range f.Evidence {
			if strings.Contains(r.Body, "shop_app") || strings.Contains(r.Body, "10.0.0.8") {
				t.Errorf("a name in %s", r.Body)
			}
		}
	}
}

func TestDeadlocksWithoutAReport(t *testing.T) {
	for name, x := range map[string]struct {
		fact func(*facts.Deadlock)
		at   []float64
		want string
	}{
		"nothing was noted": {nil, []float64{200.3}, "a deadlock was counted, no report of it is left"},
		"no privilege": {func(d *facts.Deadlock) {
			*d = facts.Deadlock{Before: d.Before, After: d.After, Since: d.Since, Missing: "a privilege is missing"}
		}, []float64{200.3}, "a deadlock was counted, no report of it is left (a privilege is missing)"},
		"an old report": {func(d *facts.Deadlock) { d.Written = d.Written.Add(-time.Hour) }, []float64{200.3},
			"a deadlock was counted, no report of it is left (the report that the server keeps is of an earlier deadlock)"},
		"several": {nil, []float64{200.3, 200.35, 200.4}, "3 deadlocks were counted, no report of them is left"},
	} {
		t.Run(name, func(t *testing.T) {
			e := only(t, watchWorld(t, deadlockWorld(world{}, x.fact, x.at...)), timeline.MySQLDeadlock)
			brackets(t, "deadlock", e.Start, 200.3, 1)
			if e.Summary != x.want {
				t.Errorf("got  %s\nwant %s", e.Summary, x.want)
			}
		})
	}
}

func TestSeveralDeadlocksBetweenTwoSamples(t *testing.T) {
	e := only(t, watchWorld(t, deadlockWorld(world{}, func(d *facts.Deadlock) { d.InErrorLog = true }, 200.2, 200.25, 200.3)), timeline.MySQLDeadlock)
	attribute(t, e, "deadlocks", "3")
	attribute(t, e, "unreported", "2")
	attribute(t, e, "reported_in", "the server's error log (innodb_print_all_deadlocks)")
	if want := "; session 42 was rolled back; session 41 in UPDATE stock SET n = n + ? WHERE id = ? and session 42 in DELETE FROM orders WHERE id = ?; 2 more at that time, of which no report is left, but in the server's error log"; !strings.HasSuffix(e.Summary, want) {
		t.Error(e.Summary)
	}
}

func TestOneEventForEachReport(t *testing.T) {
	all := ofKind(watchWorld(t, deadlockWorld(world{}, asNoted, 200.2, 201.2, 320)), timeline.MySQLDeadlock)
	if len(all) != 3 {
		t.Fatalf("%d events", len(all))
	}
	for i, truth := range []float64{200.2, 201.2, 320} {
		brackets(t, "deadlock", all[i].Start, truth, 1)
	}
}

func TestDeadlockStorm(t *testing.T) {
	var at []float64
	for x := 100.2; x < 300; x += 3 {
		at = append(at, x)
	}
	f := watchWorld(t, deadlockWorld(world{}, asNoted, append(at, 320.2, 500.2)...))
	all := ofKind(f, timeline.MySQLDeadlock)
	if len(all) != 2 {
		t.Fatalf("%d events: %v", len(all), summaries(f))
	}
	brackets(t, "start", all[0].Start, 100.2, 1)
	brackets(t, "end", *all[0].End, 320.2, 1)
	attribute(t, all[0], "deadlocks", fmt.Sprint(len(at)+1))
	attribute(t, all[0], "unreported", "")
	if want := fmt.Sprintf("%d deadlocks within 220 s, the first: deadlock between sessions 41 and 42 (", len(at)+1); !strings.HasPrefix(all[0].Summary, want) {
		t.Error(all[0].Summary)
	}
	brackets(t, "the last", all[1].Start, 500.2, 1)
}

// TestDeadlocksBeforeTheRecording: what was counted before the first sample is not
// new, and a restart, which counts from 0, is no deadlock.
func TestDeadlocksBeforeTheRecording(t *testing.T) {
	w := deadlockWorld(world{}, func(d *facts.Deadlock) { d.First = true })
	first := true
	w.tweak = func(_ float64, tick *store.Tick) {
		tick.Heartbeat.Looked |= store.PartDeadlocks
		if first {
			f, err := facts.New(facts.KindDeadlock, facts.Deadlock{First: true, After: 5, Written: tick.Heartbeat.At.Truncate(time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			tick.Facts, first = append(tick.Facts, f), false
		}
	}
	f := findings(t, w.record(100, 600), 60, 600)
	if len(ofKind(f, timeline.MySQLDeadlock)) != 0 {
		t.Error(summaries(f))
	}
	found := false
	for _, c := range f.Checks {
		found = found || strings.HasPrefix(c.LookedFor, "deadlocks (looked ")
	}
	if !found {
		t.Errorf("checks %v", f.Checks)
	}
}

func TestARestartCountsFromZero(t *testing.T) {
	w := world{boots: []float64{-7200.3, 300}, down: []duration{{295, 300}}}
	w.status = func(t float64) store.Status {
		n := int64(5)
		if t > 300 {
			n = 0
		}
		if t > 400 {
			n = 9 // more than before the restart
		}
		return store.Status{"Innodb_deadlocks": n, "Com_kill": n}
	}
	f := watchWorld(t, w)
	e := only(t, f, timeline.MySQLDeadlock)
	brackets(t, "deadlock", e.Start, 400, 1)
	attribute(t, e, "deadlocks", "9")
	k := only(t, f, timeline.MySQLKill)
	brackets(t, "kill", k.Start, 400, 1)
	attribute(t, k, "kills", "9")
}

// TestARecorderThatWasOff: the report tells of the deadlock in the pause.
func TestARecorderThatWasOff(t *testing.T) {
	w := deadlockWorld(world{off: []duration{{195, 206}}}, asNoted, 200.3)
	counter := w.tweak
	w.tweak = func(now float64, tick *store.Tick) {
		counter(now, tick)
		if tick.Heartbeat.At.Sub(at(206)).Abs() < 500*time.Millisecond {
			f, err := facts.New(facts.KindDeadlock, facts.Deadlock{First: true, After: 6, Written: at(200.3).Truncate(time.Second), Victim: 1,
				Transactions: []facts.DeadlockTransaction{{Number: 1, ID: 7, Session: 41}, {Number: 2, ID: 8}}})
			if err != nil {
				t.Fatal(err)
			}
			tick.Facts = append(tick.Facts, f)
		}
	}
	e := only(t, watchWorld(t, w), timeline.MySQLDeadlock)
	brackets(t, "deadlock", e.Start, 200.3, 1)
	if e.Summary != "deadlock between transaction 8 and session 41; session 41 was rolled back" {
		t.Error(e.Summary)
	}
}
