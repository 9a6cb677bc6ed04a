package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"collector/internal/store"
	"collector/lab/servers"
)

// ownSession opens a session and returns its connection ID.
func ownSession(t *testing.T, db *servers.DB) (*sql.Conn, uint64) {
	t.Helper()
	c, err := db.Admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	var id uint64
	if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return c, id
}

func run(t *testing.T, c *sql.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// behind runs a statement that will wait, and returns its session's ID. The test
// waits for it at its end.
func behind(t *testing.T, db *servers.DB, statements ...string) uint64 {
	t.Helper()
	c, id := ownSession(t, db)
	run(t, c, statements[:len(statements)-1]...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := c.ExecContext(context.WithoutCancel(t.Context()), statements[len(statements)-1])
		var server *mysql.MySQLError
		if err != nil && !errors.As(err, &server) && !errors.Is(err, mysql.ErrInvalidConn) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { <-done })
	return id
}

func waits(tick store.Tick, n int) bool { return answered(tick) && len(tick.Waits) >= n }

// TestRecordsRowLockWaits: one holder, five that wait for its row, and one that
// waits for a row of the first of them.
func TestRecordsRowLockWaits(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		w, _ := start(t, configFor(t, db))
		quiet := w.await(t, "a look without a waiter", time.Time{}, func(tick store.Tick) bool { return tick.Waits != nil })
		if len(quiet.Waits) != 0 || !quiet.Heartbeat.Looked.Has(store.PartWaits) {
			t.Errorf("a quiet server: %+v", quiet)
		}
		holder, root := ownSession(t, db)
		run(t, holder, "BEGIN", "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		middle := behind(t, db, "BEGIN", "UPDATE shop.orders SET note = 'canary' WHERE id = 2", "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		for range 4 {
			behind(t, db, "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		}
		last := behind(t, db, "UPDATE shop.orders SET note = 'canary' WHERE id = 2")
		tick := w.await(t, "six waiters", time.Time{}, func(tick store.Tick) bool { return waits(tick, 6) })
		if len(tick.Waits) != 6 {
			t.Errorf("%d pairs, want 6: %+v", len(tick.Waits), tick.Waits)
		}
		for _, x := range tick.Waits {
			want := root
			if x.Waiter == last {
				want = middle
			}
			if x.Blocker != want || x.Class != store.WaitRow || x.Object != "shop.orders" || x.Index != "PRIMARY" || !strings.HasPrefix(x.Mode, "X") || !strings.HasPrefix(x.Held, "X") || x.Guessed {
				t.Errorf("root %d, middle %d: %+v", root, middle, x)
			}
			if x.Waited <= 0 || x.Waited > 10*time.Second {
				t.Errorf("waited %v", x.Waited)
			}
		}
		t.Logf("queries of a tick with waiters: %d, without: %d", tick.Heartbeat.Queries, quiet.Heartbeat.Queries)
		run(t, holder, "ROLLBACK", fmt.Sprintf("KILL %d", middle))
	})
}

// TestRecordsWhoQueuesBehindAWaiter: who asks for a shared lock behind one who
// waits for an exclusive one waits for a request, not for a lock.
// MariaDB does not make it wait.
func TestRecordsWhoQueuesBehindAWaiter(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		if db.Flavour == servers.FlavourMariaDB {
			return
		}
		w, _ := start(t, configFor(t, db))
		holder, root := ownSession(t, db)
		run(t, holder, "BEGIN", "SELECT * FROM shop.orders WHERE id = 1 LOCK IN SHARE MODE")
		writer := behind(t, db, "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		w.await(t, "the writer", time.Time{}, func(tick store.Tick) bool { return waits(tick, 1) })
		reader := behind(t, db, "SELECT * FROM shop.orders WHERE id = 1 LOCK IN SHARE MODE")
		tick := w.await(t, "the reader", time.Time{}, func(tick store.Tick) bool { return waits(tick, 2) })
		for _, x := range tick.Waits {
			if x.Blocker == 0 || x.Waiter == writer && x.Blocker != root || x.Waiter == reader && x.Blocker != writer {
				t.Errorf("holder %d, writer %d, reader %d: %+v", root, writer, reader, x)
			}
		}
		run(t, holder, "ROLLBACK")
	})
}

// TestRecordsMetadataLockWaits: an ALTER waits for an old transaction, and
// everybody waits behind the ALTER. MariaDB has no table of it by default.
func TestRecordsMetadataLockWaits(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{"default": nil, "instrumented": {"performance_schema=ON", "performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"},
		"not instrumented": {"performance_schema=ON", "performance-schema-instrument=wait/lock/metadata/sql/mdl=OFF"}} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, servers.DBOptions{Lines: lines}, func(t *testing.T, db *servers.DB) {
				guessed := name == "not instrumented" || name == "default" && db.Flavour == servers.FlavourMariaDB
				w, _ := start(t, configFor(t, db))
				holder, root := ownSession(t, db)
				run(t, holder, "BEGIN", "SELECT * FROM shop.orders")
				time.Sleep(1200 * time.Millisecond) // MySQL says ages in whole seconds
				alter := behind(t, db, "ALTER TABLE shop.orders ADD COLUMN canary INT")
				time.Sleep(1200 * time.Millisecond)
				for range 5 {
					behind(t, db, "SELECT COUNT(*) FROM shop.orders WHERE note <> 'canary'")
				}
				tick := w.await(t, "six waiters", time.Time{}, func(tick store.Tick) bool { return waits(tick, 6) })
				for _, x := range tick.Waits {
					want := alter
					if x.Waiter == alter {
						want = root
					}
					if x.Blocker != want || x.Class != store.WaitMetadata || x.Object != "shop.orders" || x.Guessed != guessed || !guessed && (x.Mode == "" || x.Held == "") {
						t.Errorf("root %d, alter %d: %+v", root, alter, x)
					}
				}
				if len(tick.Waits) != 6 {
					t.Errorf("%d pairs, want 6: %+v", len(tick.Waits), tick.Waits)
				}
				run(t, holder, "ROLLBACK")
				tick = w.await(t, "the blocker's end", time.Time{}, func(tick store.Tick) bool {
					for _, f := range tick.Facts {
						if f.Kind == "blocker_left" && f.Body == fmt.Sprintf(`{"session":%d,"connected":true}`, root) {
							return true
						}
					}
					return false
				})
			})
		})
	}
}

// TestLockPartCost: nothing is asked while nobody waits, and little while 100 do, for
// a row or for a table.
func TestLockPartCost(t *testing.T) {
	onBoth(t, servers.DBOptions{Lines: []string{"max_connections=300"}}, func(t *testing.T, db *servers.DB) {
		c, err := login(t.Context(), configFor(t, db), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		r := newLockReader()
		look := func(what string, n int, most uint32) {
			t.Helper()
			tick := store.Tick{Heartbeat: store.Heartbeat{At: time.Now()}}
			if err := readSessions(t.Context(), c, &tick); err != nil {
				t.Fatal(err)
			}
			before, start := c.sent(), time.Now()
			if err := r.read(t.Context(), c, &tick); err != nil {
				t.Fatal(err)
			}
			queries, spent := c.sent()-before, time.Since(start)
			t.Logf("%s: %d queries, %v, %d waits, %d facts", what, queries, spent.Round(10*time.Microsecond), len(tick.Waits), len(tick.Facts))
			if len(tick.Waits) < n || queries > most {
				t.Errorf("%s: %d waits, want %d; %d queries, want at most %d", what, len(tick.Waits), n, queries, most)
			}
		}
		look("nobody waits", 0, 0)
		holder, _ := ownSession(t, db)
		run(t, holder, "BEGIN", "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		for range 100 {
			behind(t, db, "UPDATE shop.orders SET note = 'canary' WHERE id = 1")
		}
		time.Sleep(2 * time.Second)
		for i := range 4 {
			look(fmt.Sprintf("100 wait for a row, look %d", i), 100, 5)
			time.Sleep(300 * time.Millisecond)
		}
		run(t, holder, "ROLLBACK")
		time.Sleep(2 * time.Second)
		look("nobody waits any more", 0, 1)
		look("nobody waits any more", 0, 0)

		run(t, holder, "BEGIN", "SELECT * FROM shop.orders")
		time.Sleep(1200 * time.Millisecond)
		behind(t, db, "ALTER TABLE shop.orders ADD COLUMN canary INT")
		time.Sleep(500 * time.Millisecond)
		for range 100 {
			behind(t, db, "SELECT COUNT(*) FROM shop.orders")
		}
		time.Sleep(2 * time.Second)
		for i := range 3 {
			look(fmt.Sprintf("100 wait for a table, look %d", i), 101, 3)
			time.Sleep(300 * time.Millisecond)
		}
		run(t, holder, "ROLLBACK")
	})
}
