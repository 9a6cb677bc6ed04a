package episodes_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestRealExhaustion: a server has no connection left, for a recorder that keeps
// its own and for one that lost it. The server is never down.
func TestRealExhaustion(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("in", "max_connections=10")
		if err := db.CreateAccount(s.t.Context(), "app", "app-pw"); err != nil {
			s.t.Fatal(err)
		}
		s.record()
		before := sessions(s, db.Admin)
		s.dbs["out"] = db
		s.stops = append(s.stops, recordInto(s.t, s.store, "out", db))
		time.Sleep(3 * time.Second)
		after := sessions(s, db.Admin)
		if len(before) != 1 || len(after) != 2 {
			s.t.Fatalf("sessions of the recorders: %v, then %v", before, after)
		}

		root, err := db.Admin.Conn(s.t.Context()) // held from now on: there will be no room for a new one
		if err != nil {
			s.t.Fatal(err)
		}
		defer root.Close()
		s.now(timeline.MySQLConnectionsExhausted, "in", map[string]string{"max_connections": "10", "error_code": "1040"})
		s.now(timeline.MySQLConnectionsExhausted, "out", map[string]string{"error_code": "1040"})
		held := fill(s, db)
		s.now(timeline.MySQLKill, "in", nil)
		s.slow = 6 * time.Second // the recorder that is killed sees the counter when it is let in again
		s.now(timeline.MySQLKill, "out", nil)
		s.slow = 0
		killNew := func() {
			for id := range sessions(s, root) {
				if !before[id] {
					if _, err := root.ExecContext(s.t.Context(), fmt.Sprintf("KILL %d", id)); err != nil {
						s.t.Fatal(err)
					}
				}
			}
		}
		killNew()
		killed := time.Now()
		for taken := false; !taken; time.Sleep(5 * time.Millisecond) {
			more := fill(s, db) // its place, as soon as it is free
			held, taken = append(held, more...), len(more) > 0
			if time.Since(killed) > time.Second { // the recorder was quicker: once more
				s.maybe(timeline.MySQLKill, "in", nil)
				s.maybe(timeline.MySQLKill, "out", nil)
				killNew()
				killed = time.Now()
			}
		}
		time.Sleep(4 * time.Second)
		for _, app := range held {
			app.Close()
		}
		time.Sleep(2 * time.Second)
		s.judge()
	})
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// sessions are the connections of the recorders.
func sessions(s *scene, root querier) map[int64]bool {
	s.t.Helper()
	rows, err := root.QueryContext(s.t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '"+servers.CollectorAccount+"'")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	found := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		found[id] = true
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return found
}

// fill opens connections of the application until none is left.
func fill(s *scene, db *servers.DB) []*sql.DB {
	s.t.Helper()
	var held []*sql.DB
	for range 20 {
		app, err := sql.Open("mysql", db.DSN("app"))
		if err != nil {
			s.t.Fatal(err)
		}
		app.SetMaxOpenConns(1)
		s.t.Cleanup(func() { app.Close() })
		var refused *mysql.MySQLError
		if err := app.PingContext(s.t.Context()); errors.As(err, &refused) && refused.Number == 1040 {
			app.Close()
			return held
		} else if err != nil {
			s.t.Fatal(err)
		}
		held = append(held, app)
	}
	s.t.Fatal("the server is never full")
	return nil
}
