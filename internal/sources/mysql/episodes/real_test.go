package episodes_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/mysql"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestRealServers stages faults on a real server of each flavour, records it
// with the real recorder into the real store, and asks for what happened.
func TestRealServers(t *testing.T) {
	t.Parallel()
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			db, err := servers.Database(t.Context(), flavour, servers.DBOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if err := db.CreateCollectorAccount(t.Context()); err != nil {
				t.Fatal(err)
			}
			must(t, db, "CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, n INT)", "INSERT INTO shop.t VALUES (1, 1)",
				"CREATE PROCEDURE shop.slow() BEGIN DO SLEEP(2); DO SLEEP(2.5); END")
			stage(t, db)
		})
	}
}

type truth struct{ from, to time.Time }

func stage(t *testing.T, db *servers.DB) {
	dir := filepath.Join(t.TempDir(), "store")
	from := time.Now()
	stop := record(t, db, dir)
	time.Sleep(1200 * time.Millisecond)

	want := map[string]truth{}
	timed := func(name string, do func()) {
		start := time.Now()
		do()
		want[name] = truth{start, time.Now()}
	}
	timed("statement", func() { must(t, db, "DO SLEEP(4.3)") })
	timed("call", func() { must(t, db, "CALL shop.slow()") })
	timed("transaction", func() {
		tx, err := db.Admin.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "UPDATE shop.t SET n = 2 WHERE id = 1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5300 * time.Millisecond)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	})
	timed("role", func() { must(t, db, "SET GLOBAL read_only = 1") })
	time.Sleep(2 * time.Second)
	timed("down", func() {
		if err := db.Kill(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		timed("restart", func() {
			if err := db.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	})
	time.Sleep(3 * time.Second)
	stop()
	judge(t, dir, timeline.Window{From: from, To: time.Now()}, want)
}

func judge(t *testing.T, dir string, w timeline.Window, want map[string]truth) {
	reader, err := store.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	records, err := episodes.Gather(t.Context(), reader, episodes.Server{
		Name: "db1", Interval: time.Second, Thresholds: episodes.Thresholds{LongStatement: 3 * time.Second, LongTransaction: 4 * time.Second},
	}, sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := episodes.Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Events {
		t.Logf("%s [%s %s] %s", e.Kind, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), e.Summary)
	}
	for _, g := range f.Gaps {
		t.Logf("gap %s %s %s", timeline.FormatTime(g.From), timeline.FormatTime(g.To), g.Reason)
	}
	expected := []struct {
		kind  timeline.Kind
		truth string
	}{
		{timeline.MySQLLongStatement, "statement"}, {timeline.MySQLLongStatement, "call"}, {timeline.MySQLLongTransaction, "transaction"},
		{timeline.MySQLRoleChange, "role"}, {timeline.MySQLDown, "down"}, {timeline.MySQLRestart, "restart"}, {timeline.MySQLRoleChange, "down"},
	}
	if len(f.Events) != len(expected) {
		t.Fatalf("%d events, want %d", len(f.Events), len(expected))
	}
	for _, x := range expected {
		found := false
		for _, e := range f.Events {
			if e.Kind != x.kind {
				continue
			}
			// What a client measures begins a little before and ends a little after.
			begins := want[x.truth].from
			ok := !begins.After(e.Start.Latest) && !begins.Add(300*time.Millisecond).Before(e.Start.Earliest)
			if x.truth == "restart" || x.kind == timeline.MySQLRoleChange && x.truth == "down" { // somewhere while it started
				ok = !e.Start.Latest.Before(begins) && !e.Start.Earliest.After(want[x.truth].to)
			}
			found = found || ok
		}
		if !found {
			t.Errorf("no %s for the %s at %v", x.kind, x.truth, want[x.truth])
		}
	}
}

// record runs the recorder into a store of its own until the returned function is called.
func record(t *testing.T, db *servers.DB, dir string) (stop func()) {
	t.Helper()
	s := openStore(t, dir)
	pause := recordInto(t, s, "db1", db)
	stop = sync.OnceFunc(func() {
		pause()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func openStore(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recordInto runs a recorder of a server under a name until the returned function
// is called.
func recordInto(t *testing.T, s *store.Store, name string, db *servers.DB) (stop func()) {
	t.Helper()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(db.Password(servers.CollectorAccount)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := mysql.Config{Name: name, Address: db.Addr(), User: servers.CollectorAccount, PasswordFile: password, Interval: model.Duration(time.Second)}
	c.SetDefaults()
	r := mysql.NewRecorder(c, s, slog.New(slog.NewTextHandler(t.Output(), nil)), mysql.NewMetrics(prometheus.NewRegistry()))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func must(t *testing.T, db *servers.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Admin.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
