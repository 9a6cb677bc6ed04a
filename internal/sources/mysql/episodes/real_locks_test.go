package episodes_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"collector/internal/timeline"
	"collector/lab/servers"
)

// lockScene is a table that applications lock, and their sessions.
type lockScene struct {
	*scene
	db      *servers.DB
	app     *sql.DB
	running sync.WaitGroup
}

func newLockScene(s *scene, lines ...string) *lockScene {
	db := s.server("db1", lines...)
	if err := db.CreateAccount(s.t.Context(), "app", "app-pw", "ALL ON shop.*"); err != nil {
		s.t.Fatal(err)
	}
	must(s.t, db, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(50))", "INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b'), (3, 'c')",
		"CREATE TABLE shop.report (id INT, note VARCHAR(50), slept INT)")
	app, err := sql.Open("mysql", db.DSN("app"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { app.Close() })
	return &lockScene{scene: s, db: db, app: app}
}

// session opens a session of the application and runs statements in it.
func (s *lockScene) session(statements ...string) (*sql.Conn, uint64) {
	s.t.Helper()
	c, err := s.app.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	var id uint64
	if err := c.QueryRowContext(s.t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	s.run(c, statements...)
	return c, id
}

func (s *lockScene) run(c *sql.Conn, statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		if _, err := c.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// behind runs statements of which the last waits and then ends with its session. It
// may fail: that is how some waits end.
func (s *lockScene) behind(statements ...string) uint64 {
	c, id := s.session(statements[:len(statements)-1]...)
	s.running.Go(func() {
		_, err := c.ExecContext(context.WithoutCancel(s.t.Context()), statements[len(statements)-1])
		s.t.Logf("session %d: %v", id, err)
		_, _ = c.ExecContext(context.WithoutCancel(s.t.Context()), "ROLLBACK") // the session may have been killed
	})
	return id
}

// over ends the recording a while after everybody has stopped waiting.
func (s *lockScene) over(words ...string) {
	s.running.Wait()
	time.Sleep(3500 * time.Millisecond)
	records := s.judge()
	s.private(records, "shop.orders", append(words, "canary")...)
}

const blocked = "UPDATE shop.orders SET note = 'canary' WHERE id = %d"

// TestRealRowLockChain: five sessions wait for an idle transaction, one more for the
// first of them. It ends in three ways.
func TestRealRowLockChain(t *testing.T) {
	for _, ended := range []string{"commit_or_rollback", "killed", "timeout", "disconnected"} {
		t.Run(ended, func(t *testing.T) {
			onScenes(t, func(outer *scene) {
				s := newLockScene(outer, "innodb_lock_wait_timeout=6")
				s.record()
				holder, root := s.session("BEGIN", fmt.Sprintf(blocked, 1))
				time.Sleep(2 * time.Second)
				want := map[string]string{"blocker": fmt.Sprint(root), "victims": "6", "object": "shop.orders", "index": "PRIMARY", "ended_by": ended, "blocker_state": anything}
				if s.flavour == servers.FlavourMySQL {
					want["blocker_statement"] = "UPDATE shop.orders SET note = ? WHERE id = ?"
				}
				s.now(timeline.MySQLLockWait, "db1", want)
				s.behind("BEGIN", fmt.Sprintf(blocked, 2), fmt.Sprintf(blocked, 1))
				for range 4 {
					s.behind(fmt.Sprintf(blocked, 1))
				}
				s.behind(fmt.Sprintf(blocked, 2))
				time.Sleep(3 * time.Second)
				s.finish(ended, holder, root)
				s.over()
			})
		})
	}
}

// finish ends what holds a lock.
func (s *lockScene) finish(how string, holder *sql.Conn, root uint64) {
	switch how {
	case "commit_or_rollback":
		s.run(holder, "COMMIT")
	case "killed":
		s.maybe(timeline.MySQLKill, "db1", nil)
		must(s.t, s.db, fmt.Sprintf("KILL %d", root))
	case "disconnected":
		s.t.Log(holder.Raw(func(any) error { return sql.ErrConnDone }))
		if err := holder.Close(); err != nil {
			s.t.Log(err)
		}
		s.app.SetMaxIdleConns(0)
	case "timeout":
		s.running.Wait() // until all have given up
		time.Sleep(3 * time.Second)
	}
}

// TestRealReportBlocks: an INSERT ... SELECT locks what it reads.
func TestRealReportBlocks(t *testing.T) {
	onScenes(t, func(outer *scene) {
		s := newLockScene(outer)
		s.record()
		root := s.behind("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "INSERT INTO shop.report SELECT id, 'canary', SLEEP(3) FROM shop.orders")
		time.Sleep(1500 * time.Millisecond)
		s.now(timeline.MySQLLockWait, "db1", map[string]string{"blocker": fmt.Sprint(root), "victims": "3", "object": "shop.orders", "ended_by": "blocker_statement_finished",
			"blocker_statement": anything})
		for range 3 {
			s.behind(fmt.Sprintf(blocked, 1))
		}
		s.over()
	})
}

// TestRealMetadataPileUp: an ALTER waits for an old transaction, and everybody waits
// behind the ALTER. By default MariaDB does not say for whom.
func TestRealMetadataPileUp(t *testing.T) {
	for name, lines := range map[string][]string{"default": nil, "instrumented": {"performance_schema=ON", "performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"}} {
		for _, ended := range []string{"commit_or_rollback", "killed"} {
			t.Run(name+" "+ended, func(t *testing.T) {
				onScenes(t, func(outer *scene) {
					s := newLockScene(outer, lines...)
					s.record()
					holder, root := s.session("BEGIN", "SELECT * FROM shop.orders WHERE note <> 'canary'")
					time.Sleep(2 * time.Second)
					want := map[string]string{"blocker": fmt.Sprint(root), "victims": "9", "victims_peak": "9", "object": "shop.orders", "ended_by": ended,
						"queued_behind_head": "8", "queue_head_statement": "ALTER TABLE shop.orders ADD COLUMN extra INT"}
					s.now(timeline.MySQLMetadataLockWait, "db1", want)
					s.maybe(timeline.MySQLSchemaChange, "db1", map[string]string{"witness": "samples"})
					want["queue_head"] = fmt.Sprint(s.behind("ALTER TABLE shop.orders ADD COLUMN extra INT"))
					time.Sleep(2 * time.Second)
					for range 8 {
						s.behind("SELECT COUNT(*) FROM shop.orders WHERE note <> 'canary'")
					}
					time.Sleep(3 * time.Second)
					s.maybe(timeline.MySQLSchemaChange, "db1", map[string]string{"witness": "fingerprint"})
					s.finish(ended, holder, root)
					s.over()
				})
			})
		}
	}
}

// TestRealShortLockWaits: many sessions take one row in turn for milliseconds.
func TestRealShortLockWaits(t *testing.T) {
	onScenes(t, func(outer *scene) {
		s := newLockScene(outer)
		s.record()
		until := time.Now().Add(8 * time.Second)
		for range 8 {
			c, _ := s.session()
			s.running.Go(func() {
				for time.Now().Before(until) {
					if _, err := c.ExecContext(s.t.Context(), fmt.Sprintf(blocked, 1)); err != nil {
						s.t.Error(err)
						return
					}
				}
			})
		}
		s.over()
	})
}
