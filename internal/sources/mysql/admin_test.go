package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/lab/servers"
)

// door is a fake login that may be shut; what it opens answers.
type door struct {
	*fakeServer
	shut   error
	status store.Status
	opened int
	closed int
}

func (d *door) enter(context.Context, time.Duration) (asker, error) {
	if d.shut != nil {
		return nil, d.shut
	}
	d.opened++
	return d, nil
}

func (d *door) close() { d.closed++ }

func (d *door) readPart(_ context.Context, p *part, into *store.Tick) error {
	if p.bit == store.PartStatus {
		into.Status = d.status
	}
	return nil
}

func TestAdminDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := Config{Name: "db1", Address: "db1:3306", User: "collector", AdminAddress: "db1:33062", Interval: model.Duration(time.Second)}
		config.SetDefaults()
		r := NewRecorder(config, &memory{}, slog.New(slog.DiscardHandler), NewMetrics(prometheus.NewRegistry()))
		full := &driver.MySQLError{Number: errConCount, Message: "Too many connections"}
		ordinary, admin := &door{fakeServer: &fakeServer{}, shut: full}, &door{fakeServer: &fakeServer{}}
		ordinary.status = store.Status{"Threads_connected": 3, "max_connections": 10}
		admin.status = store.Status{"Threads_connected": 11, "max_connections": 10}
		r.open, r.admin.open = ordinary.enter, admin.enter
		tick := func(outcome store.Outcome, number uint16, ordinaryLogins, adminLogins, adminLeft int) {
			t.Helper()
			got := r.tick(t.Context()).Heartbeat
			if got.Outcome != outcome || got.ErrorNumber != number || ordinary.opened != ordinaryLogins || admin.opened != adminLogins || admin.closed != adminLeft {
				t.Errorf("%v with error %d, %d ordinary and %d admin logins, %d of these left", got.Outcome, got.ErrorNumber, ordinary.opened, admin.opened, admin.closed)
			}
			time.Sleep(time.Second)
		}
		tick(store.Answered, errConCount, 0, 1, 0) // the refusal stays in the tick
		tick(store.Answered, 0, 0, 1, 0)           // the connection is kept
		admin.clock = driver.ErrInvalidConn        // until it breaks; the ordinary door is tried first again
		tick(store.Answered, errConCount, 0, 2, 1)
		admin.status = store.Status{"Threads_connected": 4, "max_connections": 10}
		tick(store.Answered, 0, 0, 2, 1) // the server has room: at the next tick the place is given back
		tick(store.Answered, errConCount, 0, 3, 2)
		ordinary.shut = nil
		tick(store.Answered, 0, 1, 3, 3)
		ordinary.clock, ordinary.shut, admin.shut = driver.ErrInvalidConn, full, errors.New("nobody listens")
		tick(store.Refused, errConCount, 1, 3, 3) // what the ordinary door said
		ordinary.shut, admin.shut = &driver.MySQLError{Number: errAccessDenied}, nil
		tick(store.Denied, errAccessDenied, 1, 3, 3) // a wrong password is wrong at every door
	})
}

// TestRealServerWithoutRoom fills a server and kills the recorder's connection: it
// comes back over the admin port in the same tick, and leaves it when there is room.
func TestRealServerWithoutRoom(t *testing.T) {
	t.Parallel()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for flavour, lines := range map[string][]string{
		servers.FlavourMySQL:   {"max_connections=8", "admin_address=127.0.0.1", fmt.Sprintf("admin_port=%d", port)},
		servers.FlavourMariaDB: {"max_connections=10", fmt.Sprintf("extra_port=%d", port), "extra_max_connections=2"}, // 10 is the least
	} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, map[string]servers.Kind{servers.FlavourMySQL: servers.KindMySQL, servers.FlavourMariaDB: servers.KindMariaDB}[flavour])
			db, err := servers.Database(t.Context(), flavour, servers.DBOptions{Lines: lines})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.CreateCollectorAccount(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.CreateAccount(t.Context(), "app", "app-pw"); err != nil {
				t.Fatal(err)
			}
			c := configFor(t, db)
			c.AdminAddress = fmt.Sprintf("127.0.0.1:%d", port)
			if flavour == servers.FlavourMySQL {
				expect(t, Check(t.Context(), c), sources.Degraded, "GRANT SERVICE_CONNECTION_ADMIN ON *.* TO 'collector'@'%';", "admin_address does not work")
				must(t, db.Admin, "GRANT SERVICE_CONNECTION_ADMIN ON *.* TO collector")
				expect(t, Check(t.Context(), c), sources.OK, "all privileges")
			}
			withoutRoom(t, db, c)
		})
	}
}

func withoutRoom(t *testing.T, db *servers.DB, c Config) {
	root, err := db.Admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	w, stop := start(t, c)
	defer stop()
	answered := func(k store.Tick) bool { return k.Heartbeat.Outcome == store.Answered && k.Status != nil }
	w.await(t, "the first tick", time.Now().Add(-time.Minute), answered)
	held := fillUp(t, db)
	began := time.Now()
	full := w.await(t, "a full server, over the connection that was there", began, func(k store.Tick) bool {
		return answered(k) && k.Status["Threads_connected"] >= k.Status["max_connections"]
	})
	if full.Heartbeat.ErrorNumber != 0 {
		t.Errorf("a refusal without a login: %+v", full.Heartbeat)
	}
	began = time.Now()
	refused := func(k store.Tick) bool {
		return answered(k) && k.Heartbeat.At.After(began) && k.Heartbeat.ErrorNumber == errConCount && k.Sessions != nil
	}
	// Connections that were closed a moment ago still counted when it was filled up, and
	// the recorder may be first to take its place again.
	for time.Since(began) < 20*time.Second && !slices.ContainsFunc(w.all(), refused) {
		kill(t, root)
		for killed := time.Now(); time.Since(killed) < time.Second; {
			held = append(held, fillUp(t, db)...)
		}
	}
	w.await(t, "a tick over the other port", began, refused)
	for _, k := range w.all() {
		if k.Heartbeat.Outcome != store.Answered && k.Heartbeat.Outcome != store.Skipped { // overrun on a busy machine
			t.Errorf("%v at %v", k.Heartbeat.Outcome, k.Heartbeat.At)
		}
	}
	for _, one := range held {
		one.Close()
	}
	var ours int
	for limit := time.Now().Add(2 * time.Second); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		row := root.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'collector'")
		if err := row.Scan(&ours); err != nil {
			t.Fatal(err)
		}
	}
	if ours != 1 {
		t.Errorf("%d connections of the recorder", ours)
	}
	w.await(t, "an ordinary tick", time.Now(), func(k store.Tick) bool { return answered(k) && k.Heartbeat.ErrorNumber == 0 })
}

// kill kills the recorder's session.
func kill(t *testing.T, root *sql.Conn) {
	t.Helper()
	var id int64
	row := root.QueryRowContext(t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'collector'")
	if err := row.Scan(&id); errors.Is(err, sql.ErrNoRows) {
		return // it is about to log in again
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := root.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)); err != nil {
		t.Fatal(err)
	}
}

// fillUp opens connections until none is left: those of an application, and the
// one that the server keeps for an administrator.
func fillUp(t *testing.T, db *servers.DB) (held []*sql.DB) {
	t.Helper()
	for _, user := range []string{"app", "root"} {
		for {
			one, err := sql.Open("mysql", db.DSN(user))
			if err != nil {
				t.Fatal(err)
			}
			one.SetMaxOpenConns(1)
			t.Cleanup(func() { one.Close() })
			if err := one.PingContext(t.Context()); errorNumber(err) == errConCount {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			held = append(held, one)
		}
	}
	return held
}
