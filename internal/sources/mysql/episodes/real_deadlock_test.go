package episodes_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/timeline"
)

// provoke makes a deadlock: each session takes its first row, then all ask for
// their second one. It returns when all is rolled back.
func (s *scene) provoke(name string, statements ...[2]string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	conns := make([]*sql.Conn, len(statements))
	for i := range statements {
		conn, err := s.dbs[name].Admin.Conn(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		defer conn.Close()
		conns[i] = conn
		for _, statement := range []string{"BEGIN", statements[i][0]} {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				s.t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	var running sync.WaitGroup
	failed := make([]error, len(conns))
	for i, conn := range conns {
		running.Go(func() {
			_, failed[i] = conn.ExecContext(ctx, statements[i][1])
			_, _ = conn.ExecContext(ctx, "ROLLBACK")
		})
	}
	running.Wait()
	victims := 0
	for _, err := range failed {
		if err != nil {
			victims++
		}
	}
	if victims != 1 {
		s.t.Errorf("%d victims: %v", victims, failed)
	}
}

// A busy machine needs several tries until three deadlocks are between two ticks.
const (
	betweenTicks = 800 * time.Millisecond
	mostTries    = 10
)

// provokeBetweenTicks makes three deadlocks between two ticks, of which the server
// reports the last. What takes longer is not judged, and tried again with another
// table, stock0 ...: alike deadlocks would be told as one storm.
func (s *scene) provokeBetweenTicks() {
	s.t.Helper()
	for try := range mostTries {
		stock := fmt.Sprintf("stock%d", try)
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1600 * time.Millisecond))) // after a tick
		began := time.Now()
		for range 3 {
			s.provoke("db1", [2]string{secretUpdate("orders", 1), secretUpdate(stock, 1)}, [2]string{secretUpdate(stock, 1), secretUpdate("orders", 1)})
		}
		ended := time.Now()
		time.Sleep(3 * time.Second)
		if ended.Sub(began) <= betweenTicks {
			s.want = append(s.want, fact{kind: timeline.MySQLDeadlock, target: "db1", at: began,
				attributes: map[string]string{"deadlocks": "3", "unreported": "2", "reported_in": anything, "victim": anything}})
			return
		}
		s.t.Logf("three deadlocks took %s: they are not between two ticks", ended.Sub(began))
		s.ignored = append(s.ignored, timeline.Window{From: began.Add(-time.Second), To: ended.Add(2 * time.Second)})
	}
	s.t.Fatalf("%d times three deadlocks took more than %s", mostTries, betweenTicks)
}

// secretUpdate asks for a row whose key is a canary, with more of them around.
func secretUpdate(table string, key int) string {
	return fmt.Sprintf("UPDATE shop.%s SET n = n + 1, note = 'canarynoteq' /* canarycommentq */ WHERE id = 'canarykey%dq' AND n < 731904286655 -- canarytailq", table, key)
}

// longSecret is a statement of more than 3,000 bytes.
func longSecret(key int) string {
	report := "x\n\n*** (1) WAITING FOR THIS LOCK TO BE GRANTED:\nRECORD LOCKS space id 2 page no 4 n bits 72 index PRIMARY of table `shop`.`canarynoteq` trx id 1 lock_mode X waiting\n" +
		"*** WE ROLL BACK TRANSACTION (1)\ncanarynoteq "
	return fmt.Sprintf("UPDATE shop.orders SET note = '%s', n = n + 1 WHERE id = 'canarykey%dq'", strings.Repeat(report, 20), key)
}

// TestRealDeadlocks: a deadlock of two, one of three, several within a second; no
// literal, no comment and no row of them is kept.
func TestRealDeadlocks(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("db1")
		must(s.t, db, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id VARCHAR(20) PRIMARY KEY, n INT, note TEXT)",
			"INSERT INTO shop.orders VALUES ('canarykey1q', 1, 'canaryrowq'), ('canarykey2q', 2, 'canaryrowq'), ('canarykey3q', 3, 'canaryrowq')",
			"CREATE TABLE shop.stock LIKE shop.orders", "INSERT INTO shop.stock SELECT * FROM shop.orders")
		for try := range mostTries {
			must(s.t, db, fmt.Sprintf("CREATE TABLE shop.stock%d LIKE shop.orders", try), fmt.Sprintf("INSERT INTO shop.stock%d SELECT * FROM shop.orders", try))
		}
		two := [][2]string{{secretUpdate("orders", 1), secretUpdate("stock", 1)}, {secretUpdate("stock", 1), secretUpdate("orders", 1)}}
		s.provoke("db1", two...) // before the recording: no event
		s.record()

		s.now(timeline.MySQLDeadlock, "db1", map[string]string{"tables": "shop.orders, shop.stock", "indexes": "shop.orders.PRIMARY, shop.stock.PRIMARY",
			"lock_modes": "X,REC_NOT_GAP", "deadlocks": "1", "victim": anything, "sessions": anything, "statement_1": anything, "statement_2": anything,
			"waits_for_1": anything, "holds_1": anything, "waits_for_2": anything, "holds_2": anything})
		s.provoke("db1", two...)
		time.Sleep(3 * time.Second)

		s.now(timeline.MySQLDeadlock, "db1", map[string]string{"tables": "shop.orders", "deadlocks": "1", "statement_3": anything, "holds_3": anything, "waits_for_3": anything, "victim": anything})
		s.provoke("db1", [2]string{secretUpdate("orders", 1), secretUpdate("orders", 2)}, [2]string{secretUpdate("orders", 2), secretUpdate("orders", 3)},
			[2]string{secretUpdate("orders", 3), secretUpdate("orders", 1)})
		time.Sleep(3 * time.Second)

		// The server cuts these off in the middle of a literal that looks like a report.
		s.now(timeline.MySQLDeadlock, "db1", map[string]string{"tables": "shop.orders", "deadlocks": "1", "victim": anything})
		s.provoke("db1", [2]string{secretUpdate("orders", 1), longSecret(2)}, [2]string{secretUpdate("orders", 2), longSecret(1)})
		time.Sleep(3 * time.Second)

		s.maybe(timeline.MySQLVariableChange, "db1", map[string]string{"variable": "innodb_print_all_deadlocks"})
		must(s.t, db, "SET GLOBAL innodb_print_all_deadlocks = ON")
		s.provokeBetweenTicks()
		s.private(s.judge(), "shop.orders", "canarynoteq", "canarycommentq", "canarytailq", "canarykey1q", "canarykey2q", "canarykey3q", "canaryrowq",
			"731904286655", "63616e6172796b6579", "63616e617279726f77")
	})
}

// TestRealKills: KILL and KILL QUERY are told, with whom they met.
func TestRealKills(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("db1")
		s.record()
		sleeper := func() (id uint64, gone chan struct{}) {
			conn, err := db.Admin.Conn(s.t.Context())
			if err != nil {
				s.t.Fatal(err)
			}
			if err := conn.QueryRowContext(s.t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
				s.t.Fatal(err)
			}
			gone = make(chan struct{})
			go func() {
				defer close(gone)
				defer conn.Close()
				_, _ = conn.ExecContext(s.t.Context(), "SELECT SLEEP(60), 'canarykillq'")
			}()
			return id, gone
		}
		for i, verb := range []string{"KILL", "KILL QUERY"} {
			if i > 0 {
				time.Sleep(31 * time.Second) // closer together they are one episode
			}
			id, gone := sleeper()
			time.Sleep(4 * time.Second)
			s.now(timeline.MySQLKill, "db1", map[string]string{"kills": "1", "sessions": fmt.Sprint(id), "rule": anything, "statement": anything})
			must(s.t, db, fmt.Sprintf("%s %d", verb, id))
			<-gone
			time.Sleep(5 * time.Second) // a busy machine leaves ticks out
		}
		s.private(s.judge(), "sleep", "canarykillq")
	})
}
