package episodes

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

var latestNoon = time.Date(2026, 11, 21, 12, 0, 0, 5e8, time.UTC)

// tickAt is a tick so many seconds after noon.
func tickAt(second int, outcome store.Outcome) store.Tick {
	return store.Tick{Heartbeat: store.Heartbeat{At: latestNoon.Add(time.Duration(second) * time.Second), Outcome: outcome, Interval: time.Second}}
}

// blockedTick is an answered tick at which sessions 2 and 3 wait for 1, and 4 for 3.
func blockedTick(second int, root store.Session) store.Tick {
	t := tickAt(second, store.Answered)
	waiter := func(id uint64) store.Session {
		return store.Session{ID: id, User: "shop_rw", Command: "Query", Elapsed: 3 * time.Second, SQL: "UPDATE orders SET note = ?", Transaction: 3 * time.Second, LockWait: true}
	}
	t.Sessions = &store.Sessions{Active: []store.Session{root, waiter(2), waiter(3), waiter(4)}}
	t.Waits = []store.LockWait{
		{Waiter: 2, Blocker: 1, Class: store.WaitRow, Object: "shop.orders", Waited: 2 * time.Second},
		{Waiter: 3, Blocker: 1, Class: store.WaitRow, Object: "shop.orders"},
		{Waiter: 4, Blocker: 3, Class: store.WaitRow, Object: "shop.customers", Waited: time.Second},
	}
	return t
}

func idleRoot(elapsed time.Duration) store.Session {
	return store.Session{ID: 1, User: "alice", Command: "Sleep", Elapsed: elapsed, Transaction: time.Minute, RowsLocked: 1}
}

// after is what is so after some ticks, a second after the last of them.
func after(t *testing.T, ticks ...store.Tick) live.Server {
	t.Helper()
	l := &Latest{}
	for i := range ticks {
		l = l.Next(&ticks[i], nil)
	}
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "^shop_", Role: "the shop application"}})
	if err != nil {
		t.Fatal(err)
	}
	return l.Server(ticks[len(ticks)-1].Heartbeat.At.Add(time.Second), roles)
}

func TestLatestHealth(t *testing.T) {
	full := tickAt(3, store.Answered)
	full.Heartbeat.ErrorNumber = errTooManyConnections
	denied := tickAt(3, store.Denied)
	denied.Heartbeat.ErrorNumber = 1045
	for _, tt := range []struct {
		name   string
		ticks  []store.Tick
		health live.Health
		since  int // seconds after noon
		code   uint16
	}{
		{"it answers", []store.Tick{tickAt(1, store.Answered), tickAt(2, store.Answered)}, live.Answers, 1, 0},
		{"it went away", []store.Tick{tickAt(1, store.Answered), tickAt(2, store.Unreachable), tickAt(3, store.Unreachable)}, live.Unreachable, 2, 0},
		{"it came back", []store.Tick{tickAt(1, store.Unreachable), tickAt(2, store.Answered)}, live.Answers, 2, 0},
		{"it has no free connection", []store.Tick{tickAt(1, store.Refused), tickAt(2, store.Refused)}, live.Full, 1, 0},
		{"it answers over the other door only", []store.Tick{tickAt(1, store.Answered), full}, live.Full, 3, 1040},
		{"a wrong password is not tried at each tick", []store.Tick{tickAt(1, store.Answered), denied, tickAt(4, store.Skipped)}, live.Denied, 3, 1045},
		{"it hangs", []store.Tick{tickAt(1, store.TimedOut)}, live.TimedOut, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := after(t, tt.ticks...)
			if s.Health != tt.health || !s.Since.Equal(latestNoon.Add(time.Duration(tt.since)*time.Second)) || s.ErrorCode != tt.code {
				t.Errorf("%+v", s)
			}
			if last := tt.ticks[len(tt.ticks)-1].Heartbeat.At; !s.Tick.Equal(last) {
				t.Errorf("the last tick is of %v, want %v", s.Tick, last)
			}
		})
	}
	if s := after(t, tickAt(1, store.Skipped)); s.Health != live.Unknown {
		t.Errorf("a server that nobody has looked at: %+v", s)
	}
}

func TestLatestBlocking(t *testing.T) {
	s := after(t, blockedTick(1, idleRoot(40*time.Second)))
	if s.Blocking == nil || s.Blocking.Waiting != 3 || len(s.Blocking.Chains) != 1 {
		t.Fatalf("%+v", s.Blocking)
	}
	want := live.Chain{Class: "row", Object: "shop.orders", Victims: 3, Longest: 3, Root: live.Root{Session: 1, Account: sources.Roles{}.Account("alice"), Doing: live.IdleIn, Seconds: 40, Transaction: 60}}
	if s.Blocking.Chains[0] != want {
		t.Errorf("got %+v, want %+v", s.Blocking.Chains[0], want)
	}
	over := tickAt(2, store.Answered)
	over.Waits = []store.LockWait{}
	if s := after(t, blockedTick(1, idleRoot(time.Second)), over); s.Blocking == nil || s.Blocking.Waiting != 0 || s.Blocking.Chains == nil {
		t.Errorf("when nobody waits any more it is %+v, want none, which is not null", s.Blocking)
	}
	if s := after(t, tickAt(1, store.Answered)); s.Blocking != nil || s.Replication != nil || s.Connections != nil {
		t.Errorf("what nobody looked at is told: %+v", s)
	}
}

// TestLatestRootStatement: of a root that is idle, the last statement that was seen,
// by whom ever, and also later on.
func TestLatestRootStatement(t *testing.T) {
	fact, err := facts.New(facts.KindBlocker, facts.Blocker{Session: 1, Statement: "UPDATE told"})
	if err != nil {
		t.Fatal(err)
	}
	told := blockedTick(1, idleRoot(time.Second))
	told.Facts = []store.Fact{{Kind: facts.KindBlocker, Body: "{"}, fact}
	later := blockedTick(2, idleRoot(2*time.Second))
	running := blockedTick(1, store.Session{ID: 1, User: "shop_batch", Command: "Query", SQL: "DELETE FROM orders", Elapsed: 7 * time.Second})
	for _, tt := range []struct {
		name  string
		ticks []store.Tick
		last  map[uint64]string
		doing string
		want  string
	}{
		{"it runs", []store.Tick{running}, map[uint64]string{1: "an older one"}, live.Running, "DELETE FROM orders"},
		{"the recorder saw it", []store.Tick{later}, map[uint64]string{1: "UPDATE seen"}, live.IdleIn, "UPDATE seen"},
		{"the server told it", []store.Tick{told}, nil, live.IdleIn, "UPDATE told"},
		{"the server told it before", []store.Tick{told, later}, nil, live.IdleIn, "UPDATE told"},
		{"nobody knows", []store.Tick{later}, nil, live.IdleIn, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &Latest{}
			for i := range tt.ticks {
				l = l.Next(&tt.ticks[i], tt.last)
			}
			root := l.Server(latestNoon.Add(3*time.Second), sources.Roles{}).Blocking.Chains[0].Root
			if root.Statement != tt.want || root.Doing != tt.doing {
				t.Errorf("%+v", root)
			}
		})
	}
}

func TestLatestReplicationAndConnections(t *testing.T) {
	tick := tickAt(1, store.Answered)
	tick.Replicas = &store.Replicas{Channels: []store.Replica{
		{IORunning: "Yes", SQLRunning: "No", SQLErrno: 1062, SQLError: "Duplicate entry ?"},
		{Channel: "eu", IORunning: "Yes", SQLRunning: "Yes", Lag: 90 * time.Second, LagKnown: true},
	}}
	tick.Status = store.Status{statusConnected: 93, statusMaxConnections: 151}
	s := after(t, tick)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"channel":"default","io":"Yes","sql":"No","sql_error_code":1062,"lag_seconds":null}`,
		`{"channel":"eu","io":"Yes","sql":"Yes","lag_seconds":90}`, `"used":93,"limit":151}`, `"blocking":null`, `"read_only":false`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	tick.Replicas.Channels[1].Lag = 0 // the tick is its owner's
	if *s.Replication.Channels[1].Lag != 90 {
		t.Error("what is told changes with the tick that it was read from")
	}
}

// TestLatestForgets: what was read too long ago is not told, and what may have ended
// with the server is not told at once.
func TestLatestForgets(t *testing.T) {
	blocked := blockedTick(0, idleRoot(time.Second))
	blocked.Replicas = &store.Replicas{}
	blocked.Status = store.Status{statusConnected: 5}
	for _, tt := range []struct {
		name    string
		then    store.Outcome
		seconds int // ticks since
		known   bool
		health  live.Health
	}{
		{"it hangs", store.TimedOut, 5, true, live.TimedOut},
		{"it hangs for long", store.TimedOut, 40, false, live.TimedOut},
		{"its parts rest", store.Answered, 15, true, live.Answers},
		{"its parts are not read any more", store.Answered, 40, false, live.Answers},
		{"it is gone", store.Unreachable, 1, false, live.Unreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ticks := []store.Tick{blocked}
			for n := range tt.seconds {
				ticks = append(ticks, tickAt(1+n, tt.then))
			}
			s := after(t, ticks...)
			if known := s.Blocking != nil && s.Replication != nil && s.Connections != nil; known != tt.known || s.Health != tt.health {
				t.Errorf("%+v", s)
			}
		})
	}
	l := (&Latest{}).Next(&blocked, nil)
	if s := l.Server(latestNoon.Add(time.Minute), sources.Roles{}); s.Health != live.Unknown || s.Blocking != nil || s.Tick.IsZero() {
		t.Errorf("a minute after the last tick: %+v", s)
	}
}

// TestLatestIsBounded: whatever a server shows, what is kept of it is little, and
// nothing of it is lost silently.
func TestLatestIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	l := &Latest{}
	for n := range 200 {
		tick := tickAt(n, store.Answered)
		tick.Sessions, tick.Replicas = &store.Sessions{}, &store.Replicas{}
		for id := range uint64(300) {
			tick.Sessions.Active = append(tick.Sessions.Active, store.Session{ID: id, User: "u", SQL: strings.Repeat("é", 3000), Transaction: time.Second})
			tick.Waits = append(tick.Waits, store.LockWait{Waiter: r.Uint64N(300), Blocker: r.Uint64N(300), Class: store.WaitRow, Object: strings.Repeat("t", 3000)})
			tick.Replicas.Channels = append(tick.Replicas.Channels, store.Replica{Channel: fmt.Sprint(id)})
		}
		l = l.Next(&tick, nil)
		s := l.Server(tick.Heartbeat.At, sources.Roles{})
		if err := bounded(s); err != nil {
			t.Fatal(err)
		}
	}
}

func bounded(s live.Server) error {
	text, err := json.Marshal(s)
	victims := 0
	for _, c := range s.Blocking.Chains {
		victims += c.Victims
	}
	switch {
	case err != nil:
		return err
	case len(text) > 12<<10:
		return fmt.Errorf("%d bytes", len(text))
	case len(s.Blocking.Chains) > latestChains || len(s.Replication.Channels)+s.Replication.More != 300:
		return errors.New("chains or channels are lost")
	case victims > s.Blocking.Waiting || s.Blocking.More == 0 && victims != s.Blocking.Waiting:
		return fmt.Errorf("%d of %d who wait are in chains", victims, s.Blocking.Waiting)
	}
	return nil
}

// TestLatestIsNotChanged: whoever reads one while the next tick is taken reads what
// was so before.
func TestLatestIsNotChanged(t *testing.T) {
	first := blockedTick(1, idleRoot(time.Second))
	before := (&Latest{}).Next(&first, nil)
	want, err := json.Marshal(before.Server(first.Heartbeat.At, sources.Roles{}))
	if err != nil {
		t.Fatal(err)
	}
	second := tickAt(2, store.Unreachable)
	before.Next(&second, nil)
	if got, _ := json.Marshal(before.Server(first.Heartbeat.At, sources.Roles{})); string(got) != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// BenchmarkLatest is what the summary of a tick costs: nothing worth the name on a
// quiet server, and of 2,000 waits less than their own reading.
func BenchmarkLatest(b *testing.B) {
	quiet := tickAt(1, store.Answered)
	quiet.Waits, quiet.Sessions, quiet.Replicas = []store.LockWait{}, &store.Sessions{Active: make([]store.Session, 50)}, &store.Replicas{}
	quiet.Status = store.Status{statusConnected: 5, statusMaxConnections: 151}
	storm := tickAt(1, store.Answered)
	storm.Sessions = &store.Sessions{}
	for id := range uint64(2001) {
		storm.Sessions.Active = append(storm.Sessions.Active, store.Session{ID: id, Transaction: time.Second})
		storm.Waits = append(storm.Waits, store.LockWait{Waiter: id + 1, Blocker: id / 40, Class: store.WaitRow, Object: "shop.orders"})
	}
	for name, tick := range map[string]store.Tick{"quiet": quiet, "storm": storm} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l := &Latest{}
			for b.Loop() {
				l = l.Next(&tick, nil)
			}
		})
	}
}
