package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/lab/servers"
)

// onBothWithDigests runs a test on servers that keep statement digests.
func onBothWithDigests(t *testing.T, test func(t *testing.T, db *servers.DB)) {
	onBoth(t, servers.DBOptions{Lines: []string{"performance_schema=ON"}}, test)
}

// digestTicks asks a part at made-up times, every 10 s.
type digestTicks struct {
	conn   *conn
	reader *digestReader
}

func (d *digestTicks) read(t *testing.T) store.Tick {
	t.Helper()
	tick := store.Tick{}
	if err := d.conn.readHeartbeat(t.Context(), &tick.Heartbeat); err != nil {
		t.Fatal(err)
	}
	tick.Heartbeat.At = time.Now()
	if err := d.reader.read(t.Context(), d.conn, &tick); err != nil {
		t.Fatal(err)
	}
	return tick
}

func openDigests(t *testing.T, db *servers.DB) *digestTicks {
	t.Helper()
	c, err := login(t.Context(), configFor(t, db), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return &digestTicks{conn: c, reader: newDigestReader()}
}

func digestOf(tick store.Tick, part string) *store.Digest {
	i := slices.IndexFunc(tick.Digests, func(d store.Digest) bool { return strings.Contains(d.SQL, part) })
	if i < 0 {
		return nil
	}
	return &tick.Digests[i]
}

// TestRealDigests: what statements did between two readings, on real servers.
func TestRealDigests(t *testing.T) {
	onBothWithDigests(t, func(t *testing.T, db *servers.DB) {
		const (
			look    = "SELECT note FROM shop.orders WHERE id = "
			counted = "DO 1" // a server answers a statement before it counts it, and both before the session's next one
		)
		must(t, db.Admin, look+"1 /* canary */", look+"2", counted)
		d := openDigests(t, db)
		if first := d.read(t); first.Digests == nil || len(first.Digests) != 0 {
			t.Fatalf("the first reading tells %v", first.Digests)
		}
		before := time.Now().Add(-time.Second)
		must(t, db.Admin, look+"1", look+"2", look+"77", "SELECT COUNT(*), SLEEP(0.3), 'canary' FROM shop.orders WHERE note LIKE '%canary%' GROUP BY note", counted)
		tick := d.read(t)
		known, fresh := digestOf(tick, "= ?"), digestOf(tick, "LIKE")
		if known == nil || known.Count != 3 || known.RowsExamined == 0 && known.RowsSent == 0 || known.NoIndex != 0 {
			t.Errorf("the known statement: %+v", known)
		}
		if fresh == nil || fresh.Count != 1 || fresh.NoIndex != 1 || fresh.RowsExamined < 2 || fresh.Time < 300*time.Millisecond || fresh.Time > 10*time.Second {
			t.Fatalf("the new statement: %+v", fresh)
		}
		if fresh.FirstSeen.Before(before) || fresh.FirstSeen.After(time.Now().Add(time.Second)) {
			t.Errorf("first seen %v, now %v", fresh.FirstSeen, time.Now())
		}
		if again := d.read(t); digestOf(again, "LIKE") != nil || digestOf(again, "= ?") != nil {
			t.Errorf("told again: %+v", again.Digests)
		}
		must(t, db.Admin, "TRUNCATE performance_schema.events_statements_summary_by_digest", look+"1", counted)
		if tick = d.read(t); digestOf(tick, "= ?") == nil || digestOf(tick, "= ?").Count != 1 {
			t.Errorf("after TRUNCATE: %+v", tick.Digests)
		}
		if text := fmt.Sprintf("%+v", tick); strings.Contains(text, "canary") || digestOf(tick, "performance_schema") != nil && digestOf(tick, "events_statements") != nil && strings.HasPrefix(digestOf(tick, "events_statements").SQL, "SELECT") {
			t.Errorf("private, or our own: %s", text)
		}
	})
}

// TestRealDigestsOff: MariaDB keeps none by default, which is said once.
func TestRealDigestsOff(t *testing.T) {
	servers.Need(t, servers.KindMariaDB)
	db, err := servers.MariaDB(t.Context(), servers.DBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.CreateCollectorAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, _ := start(t, configFor(t, db))
	tick := w.await(t, "why there are no digests", time.Time{}, func(tick store.Tick) bool {
		return slices.ContainsFunc(tick.Facts, func(f store.Fact) bool {
			u, err := facts.Read[facts.Unread](f)
			return err == nil && f.Kind == facts.KindUnread && u.Part == "digests" && u.Reason == "performance_schema is off"
		})
	})
	if tick.Heartbeat.Looked.Has(store.PartDigests) || tick.Digests != nil {
		t.Errorf("it says that it looked: %v, %v", tick.Heartbeat.Looked, tick.Digests)
	}
}

// TestRealFullDigestTable: what finds no room is told as one line.
func TestRealFullDigestTable(t *testing.T) {
	onBoth(t, servers.DBOptions{Lines: []string{"performance_schema=ON", "performance_schema_digests_size=20"}}, func(t *testing.T, db *servers.DB) {
		for i := range 40 {
			must(t, db.Admin, fmt.Sprintf("SELECT note AS n%d FROM shop.orders", i))
		}
		d := openDigests(t, db)
		d.read(t)
		must(t, db.Admin, "SELECT note AS newest FROM shop.orders", "SELECT id, note AS newest FROM shop.orders")
		if tick := d.read(t); !slices.ContainsFunc(tick.Digests, func(r store.Digest) bool { return r.ID == store.DigestUnlisted && r.Count >= 2 }) {
			t.Errorf("no unlisted statements: %+v", tick.Digests)
		}
	})
}

// TestRealPlans: the plan of a long statement, with and without the privilege.
func TestRealPlans(t *testing.T) {
	t.Parallel()
	onBothWithDigests(t, func(t *testing.T, db *servers.DB) {
		c, err := login(t.Context(), configFor(t, db), 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		p := &planReader{after: 500 * time.Millisecond, taken: map[string]time.Time{}}
		must(t, db.Admin, "INSERT INTO shop.orders SELECT seq.n, 'canary' FROM (SELECT 10 + a.id * 10 + b.id AS n FROM shop.orders a, shop.orders b) seq", "ANALYZE TABLE shop.orders")
		const scan = "SELECT o.id FROM orders AS o WHERE o.note LIKE '%canary in vain%' OR SLEEP(0.7) ORDER BY o.note -- canary"
		tick := planDuring(t, db, c, p, scan)
		if db.Flavour == servers.FlavourMySQL {
			u, err := facts.Read[facts.Unread](onlyFact(t, tick, facts.KindUnread))
			if err != nil || u.Part != "plans" || u.Number != errDBAccessDenied {
				t.Errorf("without the privilege: %+v, %v", u, err)
			}
			if err := db.CreateAccount(t.Context(), servers.CollectorAccount, db.Password(servers.CollectorAccount), "SELECT ON shop.*"); err != nil {
				t.Fatal(err)
			}
			p.taken = map[string]time.Time{}
			tick = planDuring(t, db, c, p, scan)
		}
		plan, err := facts.Read[facts.Plan](onlyFact(t, tick, facts.KindPlan))
		if err != nil || len(plan.Tables) != 1 || plan.Tables[0].Table != "o" || plan.Tables[0].Access != "ALL" || plan.Tables[0].Rows < 2 || plan.Tables[0].Key != "" {
			t.Errorf("plan %+v, %v", plan, err)
		}
		if text := fmt.Sprintf("%+v", tick); strings.Contains(text, "canary") {
			t.Errorf("private: %s", text)
		}
		for _, odd := range []string{"SELECT SLEEP(1.5), 'canary'", "SELECT SLEEP(1.5) INTO @canary", "DO SLEEP(1.5)"} {
			if tick := planDuring(t, db, c, p, odd); strings.Contains(fmt.Sprintf("%+v", tick), "canary") {
				t.Errorf("private: %+v", tick)
			}
		}
	})
}

func onlyFact(t *testing.T, tick store.Tick, kind string) store.Fact {
	t.Helper()
	if len(tick.Facts) != 1 || tick.Facts[0].Kind != kind {
		t.Fatalf("facts %+v, want one %s", tick.Facts, kind)
	}
	return tick.Facts[0]
}

// planDuring asks for a plan while a statement of the application runs.
func planDuring(t *testing.T, db *servers.DB, c *conn, p *planReader, statement string) store.Tick {
	t.Helper()
	app, err := db.Admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if _, err := app.ExecContext(t.Context(), "USE shop"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); _, _ = app.ExecContext(ctx, statement) }()
	time.Sleep(1300 * time.Millisecond)
	tick := store.Tick{Heartbeat: store.Heartbeat{At: time.Now()}}
	if err := readSessions(t.Context(), c, &tick); err != nil {
		t.Fatal(err)
	}
	if err := p.read(t.Context(), c, &tick); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	tick.Sessions = nil
	return tick
}
