package episodes_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// schemaEvents ends the recording and returns the merged schema changes by server.
func (s *scene) schemaEvents() (events map[string][]timeline.Event, records []timeline.Evidence) {
	t := s.t
	t.Helper()
	for _, stop := range s.stops {
		stop()
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := store.OpenReadOnly(t.Context(), s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w := timeline.Window{From: s.from, To: time.Now()}
	for name := range s.dbs {
		got, err := episodes.Gather(t.Context(), reader, episodes.Server{Name: name, Interval: time.Second},
			sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, got...)
	}
	f, err := episodes.Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	events = map[string][]timeline.Event{}
	for _, e := range timeline.Build(w, timeline.Scope{}, f).Events {
		if e.Kind == timeline.MySQLSchemaChange {
			events[e.Target] = append(events[e.Target], e)
			t.Logf("%s [%s %s] %s %v", e.Target, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), e.Summary, e.Attributes)
		}
	}
	return events, records
}

// TestRealSchemaWitnesses: a primary and its replica, an ALTER that waits, one that
// is killed, a DROP while no recorder runs, and literals in definitions.
func TestRealSchemaWitnesses(t *testing.T) {
	onScenes(t, func(s *scene) {
		primary, replica := s.server("db1"), s.server("db2")
		if err := servers.SetUpReplica(s.t.Context(), primary, replica); err != nil {
			s.t.Fatal(err)
		}
		must(s.t, primary, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(20))", "CREATE TABLE shop.lost (id INT PRIMARY KEY)", "INSERT INTO shop.orders VALUES (1, 'x')")
		if err := servers.AwaitReplica(s.t.Context(), primary, replica, time.Minute); err != nil {
			s.t.Fatal(err)
		}
		s.record()
		created := time.Now()
		must(s.t, primary, "CREATE TABLE shop.visible (a TEXT, b VARCHAR(30) DEFAULT 'canaryA' COMMENT 'canaryB', c ENUM('canaryC'), KEY kb (b)) COMMENT 'canaryD'")
		time.Sleep(4 * time.Second)

		altered, applied := behindTransaction(s, 3*time.Second, "ALTER TABLE shop.orders ADD COLUMN waited INT DEFAULT 731904", false)
		time.Sleep(4 * time.Second)
		killed, _ := behindTransaction(s, 4*time.Second, "ALTER TABLE shop.orders ADD COLUMN never INT COMMENT 'canaryE'", true)
		time.Sleep(4 * time.Second)

		for _, stop := range s.stops {
			stop()
		}
		down := time.Now()
		must(s.t, primary, "DROP TABLE shop.lost")
		if err := servers.AwaitReplica(s.t.Context(), primary, replica, time.Minute); err != nil {
			s.t.Fatal(err)
		}
		s.stops = nil
		for name, db := range s.dbs {
			s.stops = append(s.stops, recordInto(s.t, s.store, name, db))
		}
		time.Sleep(4 * time.Second)
		events, records := s.schemaEvents()
		s.private(records, "visible", "canarya", "canaryb", "canaryc", "canaryd", "canarye", "731904")

		for name, wants := range map[string][]struct {
			key, outcome string
			at           time.Time
			wide         time.Duration
		}{
			"db1": {{"create_table shop.visible ", "", created, 3 * time.Second}, {"add_column shop.orders waited", "", altered, 3 * time.Second},
				{"add_column shop.orders never", "not_applied", killed, 3 * time.Second}, {"drop_table shop.lost ", "", down, time.Minute}},
			"db2": {{"create_table shop.visible ", "", created, 3 * time.Second}, {"add_column shop.orders waited", "", applied, 3 * time.Second},
				{"drop_table shop.lost ", "", down, time.Minute}},
		} {
			if len(events[name]) != len(wants) {
				s.t.Errorf("%s has %d changes, want %d", name, len(events[name]), len(wants))
				continue
			}
			for i, want := range wants {
				e := events[name][i]
				if e.Key != want.key || e.Attributes["outcome"] != want.outcome {
					s.t.Errorf("%s: %s %s, want %s", name, e.Key, e.Attributes["outcome"], want.key)
				}
				if width := e.Start.Latest.Sub(e.Start.Earliest); width > want.wide || want.at.Add(-time.Millisecond).After(e.Start.Latest) || want.at.Add(time.Second).Before(e.Start.Earliest) {
					s.t.Errorf("%s: %s between %s and %s, in truth at %s", name, e.Key, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), timeline.FormatTime(want.at))
				}
			}
		}
		if waited := events["db1"][1]; waited.Attributes["session"] == "" || waited.Attributes["to"] != "int" || !strings.HasPrefix(waited.Summary, "column waited of shop.orders was added on db1 by ") {
			s.t.Errorf("%s %v", waited.Summary, waited.Attributes)
		}
	})
}

// behindTransaction runs a statement that waits for a transaction on shop.orders. It
// is killed at the end of the wait, or goes on when the transaction ends.
func behindTransaction(s *scene, wait time.Duration, statement string, kill bool) (began, ended time.Time) {
	s.t.Helper()
	db := s.dbs["db1"]
	holder, err := db.Admin.BeginTx(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := holder.ExecContext(s.t.Context(), "UPDATE shop.orders SET note = 'y'"); err != nil {
		s.t.Fatal(err)
	}
	waiter, err := db.Admin.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer waiter.Close()
	var id int64
	if err := waiter.QueryRowContext(s.t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	began = time.Now()
	done := make(chan error, 1)
	go func() {
		_, err := waiter.ExecContext(context.WithoutCancel(s.t.Context()), statement)
		done <- err
	}()
	time.Sleep(wait)
	if kill {
		if _, err := db.Admin.ExecContext(s.t.Context(), fmt.Sprintf("KILL QUERY %d", id)); err != nil {
			s.t.Error(err)
		}
	} else if err := holder.Rollback(); err != nil {
		s.t.Error(err)
	}
	err = <-done
	ended = time.Now()
	if kill {
		if err == nil {
			s.t.Error("the killed statement succeeded")
		}
		if err := holder.Rollback(); err != nil {
			s.t.Error(err)
		}
	} else if err != nil {
		s.t.Error(err)
	}
	return began, ended
}
