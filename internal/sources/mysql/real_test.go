package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/lab/servers"
)

// onBoth runs a test on a real server of each flavour.
func onBoth(t *testing.T, opts servers.DBOptions, test func(t *testing.T, db *servers.DB)) {
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind)
			db, err := servers.Database(t.Context(), flavour, opts)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.CreateCollectorAccount(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.CreateAccount(t.Context(), "shop_app", "app-pw", "ALL ON shop.*"); err != nil {
				t.Fatal(err)
			}
			must(t, db.Admin, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(50))", "INSERT INTO shop.orders VALUES (1, 'canary'), (2, 'canary')")
			test(t, db)
		})
	}
}

// slack is what a busy test machine may add to a time; a back-off that is too long
// is longer.
const slack = 2 * time.Second

func must(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	session, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, statement := range statements {
		if _, err := session.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func configFor(t *testing.T, db *servers.DB) Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(db.Password(servers.CollectorAccount)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{Name: "db1", Address: db.Addr(), User: servers.CollectorAccount, PasswordFile: file,
		Interval: model.Duration(200 * time.Millisecond), QueryTimeout: model.Duration(10 * time.Second)}
	c.SetDefaults()
	if problems := c.Validate(); problems != nil {
		t.Fatal(problems)
	}
	return c
}

// start records until the test ends or the returned function is called.
func start(t *testing.T, c Config) (*memory, func()) {
	t.Helper()
	w, _, stop := startRecorder(t, c)
	return w, stop
}

func startRecorder(t *testing.T, c Config) (*memory, *Recorder, func()) {
	t.Helper()
	w := &memory{}
	r := NewRecorder(c, w, slog.New(slog.NewTextHandler(t.Output(), nil)), NewMetrics(prometheus.NewRegistry()))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return w, r, stop
}

// await waits until a tick after the given one is as wanted, and returns it.
func (m *memory) await(t *testing.T, what string, from time.Time, wanted func(store.Tick) bool) store.Tick {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		for _, tick := range m.all() {
			if tick.Heartbeat.At.After(from) && wanted(tick) {
				return tick
			}
		}
	}
	ticks := m.all()
	for _, tick := range ticks[max(0, len(ticks)-3):] {
		t.Logf("%+v %+v", tick.Heartbeat, tick.Sessions)
	}
	t.Fatalf("no tick shows %s; outcomes %s", what, m.outcomes())
	return store.Tick{}
}

func answered(tick store.Tick) bool { return tick.Heartbeat.Outcome == store.Answered }

// find returns the first active session for which f holds.
func find(tick store.Tick, f func(store.Session) bool) *store.Session {
	if tick.Sessions == nil {
		return nil
	}
	if i := slices.IndexFunc(tick.Sessions.Active, f); i >= 0 {
		return &tick.Sessions.Active[i]
	}
	return nil
}

func TestRecordsRealServers(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		w, stop := start(t, configFor(t, db))
		first := w.await(t, "an answer", time.Time{}, answered)
		checkFirst(t, db, first)
		checkSessions(t, db, w)
		checkRole(t, db, w)
		checkKill(t, db, w)
		checkRestart(t, db, w)
		stop()
		for _, tick := range w.all() {
			if strings.Contains(fmt.Sprintf("%+v %+v", tick, tick.Sessions), "canary") {
				t.Fatalf("a literal survived: %+v", tick.Sessions)
			}
		}
		var n int
		const ours = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'collector'"
		if err := db.Admin.QueryRowContext(t.Context(), ours).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d connections are left open, %v", n, err)
		}
	})
}

// TestRecordsSessionsWhateverTheSettings: sessions and open transactions are rows of one
// answer, whatever the server's character sets, clocks and tables are.
func TestRecordsSessionsWhateverTheSettings(t *testing.T) {
	for name, lines := range map[string][]string{
		"other characters and clock": {"character_set_server=latin1", "collation_server=latin1_german2_ci", "loose-skip-character-set-client-handshake", "default_time_zone=+05:30", "sql_mode=ANSI,TRADITIONAL"},
		"no performance_schema":      {"performance_schema=OFF"},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, servers.DBOptions{Lines: lines}, func(t *testing.T, db *servers.DB) {
				w, _ := start(t, configFor(t, db))
				w.await(t, "an answer", time.Time{}, answered)
				checkSessions(t, db, w)
			})
		})
	}
}

func checkFirst(t *testing.T, db *servers.DB, tick store.Tick) {
	beat := tick.Heartbeat
	if beat.Version == "" || beat.ServerID != db.ServerID || beat.ReadOnly || beat.RoundTrip <= 0 || beat.RoundTrip > time.Second {
		t.Errorf("heartbeat %+v", beat)
	}
	if (beat.ServerUUID != "") != (db.Flavour == servers.FlavourMySQL) {
		t.Errorf("server UUID %q", beat.ServerUUID)
	}
	if offset := beat.ClockOffset.Abs(); offset > 100*time.Millisecond+beat.RoundTrip {
		t.Errorf("the same clock is off by %v", offset)
	}
	if tick.Replicas == nil || len(tick.Replicas.Channels) != 0 {
		t.Errorf("replicas %+v", tick.Replicas)
	}
	for _, name := range []string{"Threads_connected", "Threads_running", "Questions", "Com_select", "Innodb_row_lock_current_waits", "Connection_errors_max_connections", maxConnections} {
		if _, ok := tick.Status[name]; !ok {
			t.Errorf("no %s in the status", name)
		}
	}
	if find(tick, func(s store.Session) bool { return s.User == servers.CollectorAccount }) != nil || tick.Sessions.Idle[servers.CollectorAccount] != 0 {
		t.Error("the recorder recorded itself")
	}
}

func checkSessions(t *testing.T, db *servers.DB, w *memory) {
	app, err := sql.Open("mysql", db.DSN("shop_app")+"shop")
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_, _ = app.ExecContext(ctx, "SELECT SLEEP(30) /* canary */, 'canary' FROM orders WHERE id = 1")
	}()
	idle, err := app.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	for _, statement := range []string{"BEGIN", "UPDATE orders SET note = 'canary again' WHERE id = 2"} {
		if _, err := idle.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = app.ExecContext(ctx, "DELETE FROM orders WHERE id = 2 AND note = 'canary'") }()
	w.await(t, "the long statement", time.Time{}, func(tick store.Tick) bool {
		return find(tick, func(s store.Session) bool {
			return s.User == "shop_app" && s.DB == "shop" && s.Elapsed >= 2*time.Second && strings.HasPrefix(s.SQL, "SELECT SLEEP(?), ? FROM orders")
		}) != nil
	})
	w.await(t, "the idle transaction", time.Time{}, func(tick store.Tick) bool {
		return find(tick, func(s store.Session) bool {
			return s.Command == "Sleep" && s.SQL == "" && s.Transaction > time.Second && s.Transaction < time.Minute && s.RowsModified == 1 && !s.LockWait
		}) != nil
	})
	w.await(t, "the lock wait", time.Time{}, func(tick store.Tick) bool {
		return tick.Status["Innodb_row_lock_current_waits"] > 0 && find(tick, func(s store.Session) bool {
			return s.LockWait && s.SQL == "DELETE FROM orders WHERE id = ? AND note = ?"
		}) != nil
	})
}

func checkRole(t *testing.T, db *servers.DB, w *memory) {
	must(t, db.Admin, "SET GLOBAL read_only = ON")
	tick := w.await(t, "read_only", time.Time{}, func(tick store.Tick) bool { return tick.Heartbeat.ReadOnly })
	must(t, db.Admin, "SET GLOBAL read_only = OFF")
	w.await(t, "read_only ending", tick.Heartbeat.At, func(tick store.Tick) bool { return answered(tick) && !tick.Heartbeat.ReadOnly })
}

func checkKill(t *testing.T, db *servers.DB, w *memory) {
	var id uint64
	if err := db.Admin.QueryRowContext(t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'collector'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	must(t, db.Admin, fmt.Sprintf("KILL %d", id))
	w.await(t, "a new connection", killed.Add(400*time.Millisecond), answered)
	for _, tick := range w.all() {
		if o := tick.Heartbeat.Outcome; o != store.Answered && o != store.Skipped {
			t.Errorf("a killed session looks like an outage: %+v", tick.Heartbeat)
		}
	}
}

func checkRestart(t *testing.T, db *servers.DB, w *memory) {
	if err := db.Stop(); err != nil {
		t.Fatal(err)
	}
	down := w.await(t, "the server down", time.Time{}, func(tick store.Tick) bool { return tick.Heartbeat.Outcome == store.Unreachable })
	if err := db.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	up := w.await(t, "the server back", down.Heartbeat.At, answered)
	if late := up.Heartbeat.At.Sub(back); late > 400*time.Millisecond+slack {
		t.Errorf("sampled again %v after the start", late)
	}
	if up.Heartbeat.UptimeSec > 30 {
		t.Errorf("uptime %d s after a restart", up.Heartbeat.UptimeSec)
	}
}

// TestHangingServer stops a server's process without ending its connections.
func TestHangingServer(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		c := configFor(t, db)
		c.QueryTimeout = model.Duration(500 * time.Millisecond)
		w, _ := start(t, c)
		w.await(t, "an answer", time.Time{}, answered)
		if err := syscall.Kill(db.Pid(), syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		hung := time.Now()
		tick := w.await(t, "a time-out", hung, func(tick store.Tick) bool { return tick.Heartbeat.Outcome == store.TimedOut })
		tick = w.await(t, "a login's time-out", tick.Heartbeat.At, func(tick store.Tick) bool { return tick.Heartbeat.Outcome == store.TimedOut })
		if spent := tick.Heartbeat.Spent; spent < 400*time.Millisecond || spent > 500*time.Millisecond+slack {
			t.Errorf("gave up after %v", spent)
		}
		if err := syscall.Kill(db.Pid(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		woken := time.Now()
		if up := w.await(t, "an answer again", woken, answered); up.Heartbeat.At.Sub(woken) > 700*time.Millisecond+slack {
			t.Errorf("sampled again %v after the hang", up.Heartbeat.At.Sub(woken))
		}
	})
}

// TestRecordsReplication breaks a replica's SQL thread with a row that is there already.
func TestRecordsReplication(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, primary *servers.DB) {
		replica, err := servers.Database(t.Context(), primary.Flavour, servers.DBOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { replica.Close() })
		if err := servers.SetUpReplica(t.Context(), primary, replica); err != nil {
			t.Fatal(err)
		}
		if err := servers.AwaitReplica(t.Context(), primary, replica, 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := replica.CreateCollectorAccount(t.Context()); err != nil {
			t.Fatal(err)
		}
		w, _ := start(t, configFor(t, replica))
		good := w.await(t, "a running replica", time.Time{}, func(tick store.Tick) bool {
			return tick.Replicas != nil && len(tick.Replicas.Channels) == 1 && tick.Replicas.Channels[0].LagKnown
		})
		if c := good.Replicas.Channels[0]; c.IORunning != "Yes" || c.SQLRunning != "Yes" || c.SourcePort != uint16(primary.Port) || c.SourceID != primary.ServerID || c.GTID == "" {
			t.Errorf("%+v", c)
		}
		writer, err := replica.Admin.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		for _, statement := range []string{"SET SESSION sql_log_bin = 0", "INSERT INTO shop.orders VALUES (7, 'canary')"} {
			if _, err := writer.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		must(t, primary.Admin, "INSERT INTO shop.orders VALUES (7, 'canary')")
		broken := w.await(t, "a stopped SQL thread", good.Heartbeat.At, func(tick store.Tick) bool {
			return tick.Replicas != nil && len(tick.Replicas.Channels) == 1 && tick.Replicas.Channels[0].SQLRunning == "No"
		})
		c := broken.Replicas.Channels[0]
		if c.SQLErrno != 1062 || c.LagKnown || !strings.Contains(c.SQLError, "shop.orders; Duplicate entry ? for key") {
			t.Errorf("%+v", c)
		}
		t.Logf("error text: %s", c.SQLError)
	})
}

// TestRecordsNewReplica lets a server that is no replica become one, and be none again:
// while it is none it is seldom asked, the threads of the new channel give it away at
// once, and what is told of the topology follows.
func TestRecordsNewReplica(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, primary *servers.DB) {
		replica, err := servers.Database(t.Context(), primary.Flavour, servers.DBOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { replica.Close() })
		if err := replica.CreateCollectorAccount(t.Context()); err != nil {
			t.Fatal(err)
		}
		if replica.Flavour == servers.FlavourMySQL { // what it has of its own stands in the way
			must(t, replica.Admin, "RESET BINARY LOGS AND GTIDS")
		}
		w, _ := start(t, configFor(t, replica))
		none := w.await(t, "a server that is no replica", time.Time{}, func(tick store.Tick) bool { return tick.Replicas != nil })
		if len(none.Replicas.Channels) > 0 {
			t.Fatalf("%+v", none.Replicas)
		}
		w.await(t, "a tick without the question", none.Heartbeat.At, func(tick store.Tick) bool { return answered(tick) && tick.Replicas == nil })
		if err := servers.SetUpReplica(t.Context(), primary, replica); err != nil {
			t.Fatal(err)
		}
		runs := time.Now()
		seen := w.await(t, "a channel", none.Heartbeat.At, func(tick store.Tick) bool { return tick.Replicas != nil && len(tick.Replicas.Channels) == 1 })
		if late := seen.Heartbeat.At.Sub(runs); late > 2*200*time.Millisecond {
			t.Errorf("the channel is seen %v after both of its threads ran", late)
		}
		has := func(sources int) func(store.Tick) bool {
			return func(tick store.Tick) bool {
				return slices.ContainsFunc(tick.Facts, func(f store.Fact) bool {
					topology, err := facts.Read[facts.Topology](f)
					return f.Kind == facts.KindTopology && err == nil && len(topology.Sources) == sources
				})
			}
		}
		w.await(t, "its source", runs.Add(-time.Second), has(1))
		if replica.Flavour == servers.FlavourMariaDB {
			must(t, replica.Admin, "STOP SLAVE")
			must(t, replica.Admin, "RESET SLAVE ALL")
		} else {
			must(t, replica.Admin, "STOP REPLICA")
			must(t, replica.Admin, "RESET REPLICA ALL")
		}
		reset := time.Now()
		gone := w.await(t, "no source any more", reset, has(0))
		if late := gone.Heartbeat.At.Sub(reset); late > 2*topologyEvery {
			t.Errorf("the source is gone %v after the channel", late)
		}
	})
}

// TestConnectionsExhausted fills a server up: who is in stays in, who is not
// reads 1040.
func TestConnectionsExhausted(t *testing.T) {
	onBoth(t, servers.DBOptions{Lines: []string{"max_connections=10"}}, func(t *testing.T, db *servers.DB) {
		early, _ := start(t, configFor(t, db))
		early.await(t, "an answer", time.Time{}, answered)
		held := fill(t, db)
		full := time.Now()
		tick := early.await(t, "a full server", full, func(tick store.Tick) bool { return answered(tick) && tick.Status != nil })
		if tick.Status["Threads_connected"] < 10 || tick.Status[maxConnections] != 10 {
			t.Errorf("status %v", tick.Status)
		}
		late, _ := start(t, configFor(t, db))
		refused := late.await(t, "error 1040", full, func(tick store.Tick) bool { return tick.Heartbeat.Outcome == store.Refused })
		if refused.Heartbeat.ErrorNumber != 1040 {
			t.Errorf("%+v", refused.Heartbeat)
		}
		for _, c := range held {
			c.Close()
		}
		late.await(t, "a free connection", refused.Heartbeat.At, answered)
		for _, tick := range early.all() {
			if o := tick.Heartbeat.Outcome; o != store.Answered && o != store.Skipped {
				t.Errorf("the recorder that was in: %+v", tick.Heartbeat)
			}
		}
	})
}

// fill opens connections as the application until none is left.
func fill(t *testing.T, db *servers.DB) []*sql.DB {
	t.Helper()
	var held []*sql.DB
	for range 20 {
		app, err := sql.Open("mysql", db.DSN("shop_app"))
		if err != nil {
			t.Fatal(err)
		}
		app.SetMaxOpenConns(1)
		t.Cleanup(func() { app.Close() })
		if err := app.PingContext(t.Context()); err != nil {
			if errorNumber(err) != errConCount {
				t.Fatal(err)
			}
			return held
		}
		held = append(held, app)
	}
	t.Fatal("the server is never full")
	return nil
}
