package episodes

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// queued is one wait in truth.
type queued struct {
	id, behind uint64
	from, to   float64
	class      string
	guessed    bool
}

// locked is a world in which sessions wait for locks. Their rows are statements of
// the world, too.
func locked(w world, waits []queued, tweak func(t float64, tick *store.Tick)) world {
	for _, q := range waits {
		state := ""
		if q.class == store.WaitMetadata {
			state = "Waiting for table metadata lock"
		}
		w.statements = append(w.statements, stmt{id: q.id, sql: "UPDATE orders SET n = ? WHERE id = ?", from: q.from, to: q.to, trx: q.from, state: state})
	}
	w.tweak = func(t float64, tick *store.Tick) {
		if tick.Heartbeat.Outcome != store.Answered {
			return
		}
		now := t + 0.002
		tick.Waits = []store.LockWait{}
		for _, q := range waits {
			if now < q.from || now >= q.to {
				continue
			}
			x := store.LockWait{Waiter: q.id, Blocker: q.behind, Class: q.class, Object: "shop.orders", Guessed: q.guessed}
			if q.class == store.WaitRow {
				x.Index, x.Mode, x.Held = "PRIMARY", "X,REC_NOT_GAP", "X,REC_NOT_GAP"
				started := at(q.from + w.offsetAt(q.from)).Truncate(time.Second)
				x.Waited = at(now + w.offsetAt(now)).Sub(started).Round(time.Millisecond)
			}
			tick.Waits = append(tick.Waits, x)
		}
		if tweak != nil {
			tweak(t, tick)
		}
	}
	return w
}

// rows are n victims of one blocker.
func rowsBehind(n int, blocker uint64, from, to float64) (waits []queued) {
	for i := range n {
		waits = append(waits, queued{id: 100 + uint64(i), behind: blocker, from: from + 0.1*float64(i), to: to, class: store.WaitRow})
	}
	return waits
}

// killsAt counts kills in the status and says whether the blocker is still there.
func left(at float64, session uint64, connected, killed bool) func(float64, *store.Tick) {
	return func(t float64, tick *store.Tick) {
		tick.Status["Com_kill"] = 3
		if killed && t >= at {
			tick.Status["Com_kill"] = 4
		}
		if t >= at && t < at+1 {
			f, err := facts.New(facts.KindBlockerLeft, facts.BlockerLeft{Session: session, Connected: connected})
			if err != nil {
				panic(err)
			}
			tick.Facts = append(tick.Facts, f)
		}
	}
}

func TestRowLockChains(t *testing.T) {
	idle := stmt{id: 7, user: "root_app", sql: "UPDATE orders SET n = ?", from: 101.2, to: 101.3, trx: 101.2, idle: 30.6} // until 131.9
	for name, x := range map[string]struct {
		blocker stmt
		to      float64
		tweak   func(float64, *store.Tick)
		ended   string
		summary string
	}{
		"commit":       {idle, 131.9, left(132, 7, true, false), endCommit, "held by session 7"},
		"kill":         {idle, 131.9, left(132, 7, false, true), endKilled, "it ended when the session was killed"},
		"disconnected": {idle, 131.9, left(132, 7, false, false), endDisconnected, "idle in transaction for"},
		"not asked":    {idle, 131.9, nil, endUnknown, "held by session 7"},
		"time-out":     {idle, 125.9, nil, endTimeout, "it ended when the last of them gave up, while the lock was still held"},
		"statement": {stmt{id: 7, sql: "INSERT INTO report SELECT * FROM orders", from: 110.2, to: 131.9, trx: 110.2}, 131.9, left(132, 7, true, false),
			endStatement, "running a statement for 21 s: INSERT INTO report SELECT * FROM orders; it ended when that statement finished"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mariaDB := range []bool{false, true} {
				f := watchWorld(t, locked(world{mariaDB: mariaDB, offset: 3.7, statements: []stmt{x.blocker}}, rowsBehind(5, 7, 112.3, x.to), x.tweak))
				e := only(t, f, timeline.MySQLLockWait)
				brackets(t, "start", e.Start, 112.3, 1)
				brackets(t, "end", *e.End, x.to, 1)
				for k, v := range map[string]string{"blocker": "7", "victims": "5", "victims_peak": "5", "object": "shop.orders", "index": "PRIMARY", "ended_by": x.ended} {
					attribute(t, e, k, v)
				}
				if e.Grade != timeline.Measured || !strings.Contains(e.Summary, x.summary) || !strings.HasPrefix(e.Summary, "5 sessions waited up to ") || strings.Contains(e.Summary, "root_app") {
					t.Errorf("%s %s", e.Grade, e.Summary)
				}
				t.Log(e.Summary)
			}
		})
	}
}

func TestMillisecondLockWaitsAreNoEvent(t *testing.T) {
	var waits []queued
	for i := range 500 { // someone waits at nearly every look, each time somebody else or anew
		from := 60 + float64(i) + 0.98
		waits = append(waits, queued{id: 100 + uint64(i%3), behind: 7 + uint64(i%4), from: from, to: from + 0.04, class: store.WaitRow})
	}
	f := watchWorld(t, locked(world{}, waits, nil))
	if len(f.Events) != 0 {
		t.Errorf("events: %v", summaries(f))
	}
	found := 0
	for _, c := range f.Checks {
		if strings.HasPrefix(c.LookedFor, "waits for row locks of 1 s or more (looked 540 times") || strings.HasPrefix(c.LookedFor, "waits for metadata locks of 1 s or more (looked 540 times") {
			found++
		}
	}
	if found != 2 {
		t.Errorf("checks %v", f.Checks)
	}
}

func TestAPileUpBehindAnAlterIsOneEvent(t *testing.T) {
	for _, guessed := range []bool{false, true} {
		waits := []queued{{id: 50, behind: 7, from: 105.4, to: 120.6, class: store.WaitMetadata, guessed: guessed}}
		for i := range 40 {
			waits = append(waits, queued{id: 100 + uint64(i), behind: 50, from: 107.3, to: 120.6, class: store.WaitMetadata, guessed: guessed})
		}
		w := locked(world{mariaDB: guessed, statements: []stmt{{id: 7, sql: "SELECT ?", from: 90.2, to: 90.9, trx: 90.2, idle: 29.7}}}, waits, left(121, 7, true, false))
		for i := range w.statements {
			if w.statements[i].id == 50 {
				w.statements[i].sql, w.statements[i].trx = "ALTER TABLE orders ADD c INT", 0
			}
		}
		f := watchWorld(t, w)
		e := only(t, f, timeline.MySQLMetadataLockWait)
		brackets(t, "start", e.Start, 105.4, 1)
		brackets(t, "end", *e.End, 120.6, 1)
		for k, v := range map[string]string{"blocker": "7", "victims": "41", "queue_head": "50", "queue_head_statement": "ALTER TABLE orders ADD c INT", "ended_by": endCommit} {
			attribute(t, e, k, v)
		}
		if (e.Grade == timeline.Derived) != guessed || (e.Attributes["rule"] != "") != guessed {
			t.Errorf("grade %s, rule %q", e.Grade, e.Attributes["rule"])
		}
		t.Log(e.Summary)
	}
}

func TestARowThatManyTakeInTurnIsOneEvent(t *testing.T) {
	waits := rowsBehind(20, 0, 100.2, 130.2)
	f := watchWorld(t, locked(world{}, waits, func(at float64, tick *store.Tick) {
		for i := range tick.Waits {
			tick.Waits[i].Blocker = 1000 + uint64(at)
		}
	}))
	e := only(t, f, timeline.MySQLLockWait)
	if !strings.Contains(e.Summary, "that 31 sessions took in turn") && !strings.Contains(e.Summary, "that 30 sessions took in turn") {
		t.Error(e.Summary)
	}
	brackets(t, "start", e.Start, 100.2, 1)
}

func TestALastingSuccessorHasItsOwnEvent(t *testing.T) {
	f := watchWorld(t, locked(world{}, rowsBehind(4, 0, 100.2, 130.2), func(at float64, tick *store.Tick) {
		for i := range tick.Waits {
			tick.Waits[i].Blocker = 7
			if at >= 115 {
				tick.Waits[i].Blocker = 8
			}
		}
	}))
	all := ofKind(f, timeline.MySQLLockWait)
	if len(all) != 2 {
		t.Fatalf("%v", summaries(f))
	}
	brackets(t, "the first one's end", *all[0].End, 114.9, 1)
	brackets(t, "the second one's start", all[1].Start, 114.9, 1)
}

func TestAnUnnamedBlocker(t *testing.T) {
	f := watchWorld(t, locked(world{}, rowsBehind(3, 0, 100.2, 110.2), nil))
	e := only(t, f, timeline.MySQLLockWait)
	if !strings.Contains(e.Summary, "held by a session that the server does not name") || e.Attributes["ended_by"] != endUnknown {
		t.Error(e.Summary, e.Attributes)
	}
	f = watchWorld(t, locked(world{}, rowsBehind(3, 0, 100.2, 110.2), func(at float64, tick *store.Tick) {
		for i := range tick.Waits {
			if at >= 104 {
				tick.Waits[i].Blocker = 7
			}
		}
	}))
	attribute(t, only(t, f, timeline.MySQLLockWait), "blocker", "7")
}

func TestChainsOverHopsAndCycles(t *testing.T) {
	wait := func(a, b uint64) store.LockWait {
		return store.LockWait{Waiter: a, Blocker: b, Class: store.WaitRow}
	}
	for name, x := range map[string]struct {
		waits []store.LockWait
		roots map[uint64]uint64
	}{
		"hops":           {[]store.LockWait{wait(3, 2), wait(2, 1), wait(4, 3)}, map[uint64]uint64{2: 1, 3: 1, 4: 1}},
		"cycle":          {[]store.LockWait{wait(3, 2), wait(2, 3), wait(4, 3)}, map[uint64]uint64{2: 2, 3: 2, 4: 2}},
		"oneself":        {[]store.LockWait{wait(3, 3)}, map[uint64]uint64{}},
		"several":        {[]store.LockWait{wait(3, 9), wait(3, 8)}, map[uint64]uint64{3: 8}},
		"not named":      {[]store.LockWait{wait(3, 0), wait(4, 0), wait(4, 9)}, map[uint64]uint64{3: 0, 4: 9}},
		"nobody":         {nil, map[uint64]uint64{}},
		"through a zero": {[]store.LockWait{wait(3, 2), wait(2, 0)}, map[uint64]uint64{2: 0, 3: 0}},
	} {
		t.Run(name, func(t *testing.T) {
			links := chains(x.waits, func(a, b uint64) int { return 0 })
			if len(links) != len(x.roots) {
				t.Fatalf("%d links", len(links))
			}
			for _, l := range links {
				if want := x.roots[l.wait.Waiter]; l.root != want || l.top.Blocker != want {
					t.Errorf("%d waits behind %d (%+v), want %d", l.wait.Waiter, l.root, *l.top, want)
				}
			}
		})
	}
}

func TestARestartEndsChains(t *testing.T) {
	f := watchWorld(t, locked(world{boots: []float64{-7200.3, 112.6}, down: []duration{{110.1, 114}}}, rowsBehind(3, 7, 100.2, 110.1), nil))
	e := only(t, f, timeline.MySQLLockWait)
	attribute(t, e, "ended_by", endRestart)
	if strings.Contains(e.Summary, "gave up") {
		t.Error(e.Summary)
	}
}
