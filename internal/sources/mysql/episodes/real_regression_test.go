package episodes_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
	"collector/internal/timeline"
)

// TestRealRegression: a healthy application of several statements on servers with
// digests; then an index is dropped, and one statement examines all orders. It is
// the only one that is told, and no literal of any statement is kept.
func TestRealRegression(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("db1", "performance_schema=ON")
		must(s.t, db, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, customer INT NOT NULL, note VARCHAR(40), KEY by_customer (customer))",
			"INSERT INTO shop.orders (customer, note) VALUES (1, 'x'), (2, 'y'), (3, 'canary00'), (4, 'z')",
			"INSERT INTO shop.orders (customer, note) SELECT a.id * 1000 + b.id * 100 + c.id * 10 + d.id, 'canary01' FROM shop.orders a, shop.orders b, shop.orders c, shop.orders d, shop.orders e, shop.orders f, shop.orders g",
			"ANALYZE TABLE shop.orders")
		s.record()
		ctx, stop := context.WithCancel(s.t.Context())
		var load sync.WaitGroup
		for i, statement := range []string{
			"SELECT note FROM shop.orders WHERE customer = %d AND note <> 'canary02' /* canary03 */ LIMIT 1000",
			"SELECT note FROM shop.orders WHERE id = %d AND note <> \"canary04\"",
			"UPDATE shop.orders SET note = 'canary05' WHERE id = %d",
			"SELECT COUNT(*), 'canary06' FROM shop.orders WHERE id < %d -- canary07",
		} {
			load.Go(func() {
				for n := i; ctx.Err() == nil; n++ {
					_, _ = db.Admin.ExecContext(ctx, fmt.Sprintf(statement, n%1000+4000)) // the drop below may refuse one
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
		time.Sleep(50 * time.Second)
		dropped := time.Now()
		must(s.t, db, "ALTER TABLE shop.orders DROP INDEX by_customer")
		done := time.Now()
		time.Sleep(32 * time.Second)
		stop()
		load.Wait()
		time.Sleep(time.Second)
		f := s.found()
		var regressions []timeline.Event
		for _, e := range f.Events {
			s.t.Logf("%s [%s %s] %s %v", e.Kind, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest), e.Summary, e.Attributes)
			if e.Kind == timeline.MySQLStatementRegression {
				regressions = append(regressions, e)
			}
		}
		if len(regressions) != 1 {
			s.t.Fatalf("%d regressions, want 1", len(regressions))
		}
		e := regressions[0]
		if e.Attributes["rule"] != "rows examined" || e.Attributes["no_index"] != "true" || !strings.Contains(strings.ToLower(e.Attributes["statement"]), "customer") {
			s.t.Errorf("%s %v", e.Summary, e.Attributes)
		}
		if done.Before(e.Start.Earliest) || dropped.After(e.Start.Latest) || e.Start.At.Sub(dropped).Abs() > 10*time.Second {
			s.t.Errorf("it began between %v and %v, found [%v %v] at %v", dropped, done, e.Start.Earliest, e.Start.Latest, e.Start.At)
		}
		var words []string
		for i := range 8 {
			words = append(words, fmt.Sprintf("canary%02d", i))
		}
		s.private(f.Evidence, "by_customer", words...)
	})
}

// found ends the recording and returns what is found.
func (s *scene) found() timeline.Findings {
	s.t.Helper()
	for _, stop := range s.stops {
		stop()
	}
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	reader, err := store.OpenReadOnly(s.t.Context(), s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reader.Close()
	w := timeline.Window{From: s.from, To: time.Now()}
	records, err := episodes.Gather(s.t.Context(), reader, episodes.Server{Name: "db1", Interval: time.Second},
		sources.Request{Window: w, Now: time.Now, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}})
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := episodes.Interpret(w, records)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}
