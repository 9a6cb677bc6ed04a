package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/lab/servers"
)

func TestWithinTheHourThatAClockHasTwice(t *testing.T) {
	to := time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC)
	from := to.Add(-time.Second)
	for name, x := range map[string]struct{ t, want time.Time }{
		"as it stands":       {to, to},
		"an hour too early":  {to.Add(-time.Hour), to},
		"an hour too late":   {to.Add(time.Hour), to},
		"an old report":      {to.Add(-30 * time.Minute), to.Add(-30 * time.Minute)},
		"its second is over": {from.Add(-time.Second), from.Add(-time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := within(x.t, from, to); !got.Equal(x.want) {
				t.Errorf("got %v, want %v", got, x.want)
			}
		})
	}
	if got := within(to.Add(-48*time.Hour), time.Time{}, to); !got.Equal(to.Add(-48 * time.Hour)) {
		t.Errorf("the first reading moved an old report to %v", got)
	}
}

// probe reads the deadlocks part as a recorder does, tick by tick.
type probe struct {
	t    *testing.T
	c    *conn
	part *deadlocks
}

func newProbe(t *testing.T, db *servers.DB) *probe {
	t.Helper()
	p := &probe{t: t, part: newDeadlocks()}
	p.login(db)
	return p
}

func (p *probe) login(db *servers.DB) {
	p.t.Helper()
	c, err := login(p.t.Context(), configFor(p.t, db), 10*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(c.close)
	p.c = c
}

// tick returns what was noted, nil when nothing was.
func (p *probe) tick() (*facts.Deadlock, store.Tick, error) {
	p.t.Helper()
	tick := store.Tick{Heartbeat: store.Heartbeat{At: time.Now().UTC()}}
	ctx := p.t.Context()
	if err := p.c.readHeartbeat(ctx, &tick.Heartbeat); err != nil {
		p.t.Fatal(err)
	}
	if err := readStatus(ctx, p.c, &tick); err != nil {
		p.t.Fatal(err)
	}
	if err := p.part.read(ctx, p.c, &tick); err != nil {
		return nil, tick, err
	}
	if len(tick.Facts) == 0 {
		return nil, tick, nil
	}
	d, err := facts.Read[facts.Deadlock](tick.Facts[0])
	if err != nil || len(tick.Facts) > 1 {
		p.t.Fatal(err, tick.Facts)
	}
	return &d, tick, nil
}

// quiet ticks and fails when something is noted.
func (p *probe) quiet(what string) {
	p.t.Helper()
	if d, _, err := p.tick(); d != nil || err != nil {
		p.t.Errorf("%s: noted %+v, %v", what, d, err)
	}
}

// noted ticks until something is noted: the report may come after the counter.
func (p *probe) noted(what string) facts.Deadlock {
	p.t.Helper()
	for range 2 * reportPatience {
		d, _, err := p.tick()
		if err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
		if d != nil {
			return *d
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("%s: nothing noted", what)
	return facts.Deadlock{}
}

// deadlock makes one in shop.orders.
func (p *probe) deadlock(db *servers.DB) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	var conns [2]*sql.Conn
	for i := range conns {
		conn, err := db.Admin.Conn(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		defer conn.Close()
		conns[i] = conn
		for _, s := range []string{"BEGIN", "UPDATE shop.orders SET note = 'canary' WHERE id = " + string(rune('1'+i))} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	var running sync.WaitGroup
	var failed [2]error
	for i, conn := range conns {
		running.Go(func() {
			_, failed[i] = conn.ExecContext(ctx, "UPDATE shop.orders SET note = 'canary' WHERE id = "+string(rune('2'-i)))
			_, _ = conn.ExecContext(ctx, "ROLLBACK")
		})
	}
	running.Wait()
	if (failed[0] == nil) == (failed[1] == nil) {
		p.t.Fatalf("no deadlock: %v", failed)
	}
}

// TestRealDeadlockReports: in another time zone, over logins and restarts.
func TestRealDeadlockReports(t *testing.T) {
	t.Parallel()
	opts := servers.DBOptions{Env: []string{"TZ=America/New_York"}, Lines: []string{"default_time_zone=+03:00"}}
	onBoth(t, opts, func(t *testing.T, db *servers.DB) {
		p := newProbe(t, db)
		p.quiet("a new server")
		p.deadlock(db)
		d := p.noted("a deadlock")
		if d.First || d.Before != 0 || d.After != 1 || d.Missing != "" || d.InErrorLog || d.Victim == 0 || len(d.Transactions) != 2 {
			t.Errorf("%+v", d)
		}
		if off := time.Since(d.Written); off < 0 || off > 5*time.Second {
			t.Errorf("written %v, %v ago", d.Written, off)
		}
		if x := d.Transactions[0]; x.User != "root" || x.Statement != "UPDATE shop.orders SET note = ? WHERE id = ?" || x.Waits[0].Object != "shop.orders" {
			t.Errorf("%+v", x)
		}
		p.quiet("after it")

		p.deadlock(db)
		p.deadlock(db)
		if d := p.noted("two"); d.After-d.Before != 2 || d.Victim == 0 {
			t.Errorf("%+v", d)
		}
		p.login(db)
		p.quiet("a new login")

		later := newProbe(t, db)
		if d := later.noted("a recorder that starts"); !d.First || d.After != 3 || len(d.Transactions) != 2 {
			t.Errorf("%+v", d)
		}
		later.quiet("after its start")

		if err := db.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.login(db)
		p.quiet("a restart")
		p.deadlock(db)
		if d := p.noted("the first since the restart"); d.Before != 0 || d.After != 1 || d.Victim == 0 {
			t.Errorf("%+v", d)
		}
		_, tick, err := p.tick()
		if n, ok := tick.Status[statusDeadlocks]; err != nil || !ok || n != 1 {
			t.Errorf("status %d %t, %v", n, ok, err)
		}
	})
}

// TestRealDeadlocksThatLeaveNoReport: the counter moves, and nothing can be read.
func TestRealDeadlocksThatLeaveNoReport(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		p := newProbe(t, db)
		p.quiet("a new server")
		if db.Flavour == servers.FlavourMySQL {
			must(t, db.Admin, "SET GLOBAL innodb_monitor_disable = lock_deadlocks")
			p.deadlock(db)
			if _, _, err := p.tick(); err == nil || !strings.Contains(err.Error(), "innodb_monitor_enable") {
				t.Errorf("a disabled metric gives %v", err)
			}
			return
		}
		must(t, db.Admin, "SET GLOBAL innodb_deadlock_report = off")
		p.deadlock(db)
		if d := p.noted("no report is written"); d.Missing != "the server wrote no report" || d.After != 1 {
			t.Errorf("%+v", d)
		}
		must(t, db.Admin, "SET GLOBAL innodb_deadlock_report = basic")
		p.deadlock(db)
		if d := p.noted("a short one is written"); d.Missing != "" || len(d.Transactions) != 2 || d.Transactions[0].Holds != nil || d.Before != 1 || d.After != 2 {
			t.Errorf("%+v", d)
		}
		must(t, db.Admin, "SET GLOBAL innodb_deadlock_report = off")
		p.deadlock(db)
		if d := p.noted("the old one is left"); d.Missing != "the server wrote no new report" || len(d.Transactions) != 0 || d.After != 3 {
			t.Errorf("%+v", d)
		}
		must(t, db.Admin, "SET GLOBAL innodb_deadlock_report = full", "REVOKE PROCESS ON *.* FROM 'collector'@'%'")
		p.login(db)
		p.deadlock(db)
		if d := p.noted("no privilege"); !strings.HasPrefix(d.Missing, "a privilege is missing") || d.After != 4 {
			t.Errorf("%+v", d)
		}
	})
}

// TestDeadlockCounterOfTheStatus: Percona's servers count deadlocks in the status as
// MariaDB does, and are then asked nothing more.
func TestDeadlockCounterOfTheStatus(t *testing.T) {
	for _, version := range []string{"8.0.36-28", "8.4.3", "9.7.4", "10.6.12-MariaDB", "11.8.1-MariaDB"} {
		v, err := ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		c := &conn{version: v}
		n, err := newDeadlocks().counted(t.Context(), c, &store.Tick{Status: store.Status{statusDeadlocks: 7}})
		if n != 7 || err != nil || c.queries != 0 {
			t.Errorf("%s: %d, %v, %d queries", version, n, err, c.queries)
		}
		if v.Flavour != MariaDB {
			continue
		}
		if _, err := newDeadlocks().counted(t.Context(), c, &store.Tick{}); !errors.Is(err, errStillBusy) {
			t.Errorf("%s: a status that rests gives %v", version, err)
		}
	}
}

// TestADisabledMetricIsExplained: the gap tells how to turn it on.
func TestADisabledMetricIsExplained(t *testing.T) {
	var tick store.Tick
	noteUnread(&tick, store.PartDeadlocks, errNoMetric)
	if len(tick.Facts) != 1 || !strings.Contains(tick.Facts[0].Body, "innodb_monitor_enable = lock_deadlocks") {
		t.Errorf("%v", tick.Facts)
	}
}
