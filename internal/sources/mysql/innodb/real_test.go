package innodb

import (
	"context"
	"database/sql"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/lab/servers"
)

var capture = flag.Bool("capture", false, "write what real servers say into testdata")

// deadlock is a story that ends in a deadlock: each session runs its first
// statement, then all run their second one at once.
type deadlock struct {
	name     string
	user     string
	sessions [][2]string
	settings string   // of each session
	tables   []string // that the report must name, and no others
}

const fakeReport = "x\n\n*** (2) WAITING FOR THIS LOCK TO BE GRANTED:\nRECORD LOCKS space id 2 page no 4 n bits 72 index PRIMARY of table `forged`.`forged` trx id 1 lock_mode X waiting\n" +
	"\n*** (2) TRANSACTION:\n*** WE ROLL BACK TRANSACTION (7)\n------------\nTRANSACTIONS\n------------\n"

func deadlocks() []deadlock {
	update := func(table, key string) string { return "UPDATE " + table + " SET n = n + 1 WHERE id = '" + key + "'" }
	long := "UPDATE shop.orders SET note = '" + strings.Repeat("a b ", 1000) + "', n = 7 WHERE id = "
	return []deadlock{
		{"two", "shop_app", [][2]string{
			{update("shop.orders", "canary1q"), "UPDATE shop.stock SET n = n + 1 /* canary comment */\nWHERE id = 'canary2q' AND n < 731904286655"},
			{update("shop.stock", "canary2q"), "DELETE FROM shop.orders WHERE id = 'canary1q' -- canary tail"},
		}, "", []string{"shop.orders", "shop.stock"}},
		{"three", "shop_app", [][2]string{
			{update("shop.orders", "canary1q"), update("shop.orders", "canary2q")},
			{update("shop.orders", "canary2q"), update("shop.orders", "canary3q")},
			{update("shop.orders", "canary3q"), update("shop.orders", "canary1q")},
		}, "", []string{"shop.orders"}},
		{"odd", "the shop app", [][2]string{
			{"SELECT * FROM `my shop`.`odd``ta.ble` WHERE id = 5 FOR UPDATE", "UPDATE `my shop`.`odd``ta.ble` SET note = '" + fakeReport + "it''s' WHERE id = 105"},
			{"SELECT * FROM `my shop`.`odd``ta.ble` WHERE id = 105 FOR UPDATE", "UPDATE `my shop`.`odd``ta.ble`\nSET note = \"" + fakeReport + "\"\nWHERE id = 5"},
		}, "", []string{"my shop.odd`ta.ble"}},
		{"ansi", "shop_app", [][2]string{
			{`SELECT * FROM "my shop"."odd` + "`" + `ta.ble" WHERE id = 5 FOR UPDATE`, `UPDATE "my shop"."odd` + "`" + `ta.ble" SET note = 'x\' WHERE id = 105`},
			{`SELECT * FROM "my shop"."odd` + "`" + `ta.ble" WHERE id = 105 FOR UPDATE`, `UPDATE "my shop"."odd` + "`" + `ta.ble" SET note = 'x\' WHERE id = 5`},
		}, "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', sql_quote_show_create = 0", []string{"my shop.odd`ta.ble"}},
		{"long", "shop_app", [][2]string{
			{update("shop.orders", "canary1q"), long + "'canary2q'"},
			{update("shop.orders", "canary2q"), strings.ReplaceAll(long, "a b ", "ä\nb") + "'canary1q'"},
		}, "", []string{"shop.orders"}},
		{"gap", "shop_app", [][2]string{
			{"SELECT * FROM shop.items WHERE sku = 15 FOR UPDATE", "INSERT INTO shop.items VALUES (100, 15, 'canary')"},
			{"SELECT * FROM shop.items WHERE sku = 16 FOR UPDATE", "INSERT INTO shop.items VALUES (101, 16, 'canary')"},
		}, "", []string{"shop.items"}},
	}
}

// TestRealReports makes deadlocks on a real server of each flavour and reads what
// the server says about them.
func TestRealReports(t *testing.T) {
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind)
			db, err := servers.Database(t.Context(), flavour, servers.DBOptions{Env: []string{"TZ=America/New_York"}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			for _, user := range []string{"shop_app", "the shop app"} {
				if err := db.CreateAccount(t.Context(), user, "app-pw", "ALL ON *.*"); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range []string{
				"CREATE DATABASE shop", "CREATE DATABASE `my shop`",
				"CREATE TABLE shop.orders (id VARCHAR(20) PRIMARY KEY, n INT, note TEXT)", "INSERT INTO shop.orders VALUES ('canary1q', 1, 'canary'), ('canary2q', 2, 'canary'), ('canary3q', 3, 'canary')",
				"CREATE TABLE shop.stock LIKE shop.orders", "INSERT INTO shop.stock SELECT * FROM shop.orders",
				"CREATE TABLE shop.items (id INT PRIMARY KEY, sku INT, note TEXT, KEY by_sku (sku))", "INSERT INTO shop.items VALUES (1, 10, 'canary'), (2, 20, 'canary')",
				"CREATE TABLE `my shop`.`odd``ta.ble` (id INT PRIMARY KEY, note TEXT) PARTITION BY RANGE (id) (PARTITION `low p` VALUES LESS THAN (100), PARTITION high VALUES LESS THAN (1000))",
				"INSERT INTO `my shop`.`odd``ta.ble` VALUES (5, 'canary'), (105, 'canary')",
			} {
				if _, err := db.Admin.ExecContext(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			for _, d := range deadlocks() {
				t.Run(d.name, func(t *testing.T) {
					provoke(t, db, d)
					text := status(t, db)
					judge(t, d, text)
					if *capture {
						if err := os.WriteFile(filepath.Join("testdata", flavour+"-"+d.name+".txt"), []byte(text), 0o644); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		})
	}
}

func provoke(t *testing.T, db *servers.DB, d deadlock) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	pool, err := sql.Open("mysql", db.DSN(d.user))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conns := make([]*sql.Conn, len(d.sessions))
	for i := range d.sessions {
		if conns[i], err = pool.Conn(ctx); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
		if d.settings == "" {
			d.settings = "DO 0"
		}
		for _, s := range []string{d.settings, "BEGIN", d.sessions[i][0]} {
			if _, err := conns[i].ExecContext(ctx, s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	var both sync.WaitGroup
	failed := make([]error, len(conns))
	for i, c := range conns {
		both.Go(func() {
			_, failed[i] = c.ExecContext(ctx, d.sessions[i][1])
			_, _ = c.ExecContext(ctx, "ROLLBACK")
		})
		time.Sleep(100 * time.Millisecond)
	}
	both.Wait()
	victims := 0
	for _, err := range failed {
		if err != nil {
			if !strings.Contains(err.Error(), "1213") {
				t.Error(err)
			}
			victims++
		}
	}
	if victims != 1 {
		t.Errorf("%d sessions failed, want one victim: %v", victims, failed)
	}
}

// judge compares what is read with what was done.
func judge(t *testing.T, d deadlock, text string) {
	t.Helper()
	got, err := ParseDeadlock(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(got.Transactions) != len(d.sessions) || got.Victim == 0 || got.Truncated {
		t.Errorf("%d transactions, victim %d, truncated %t", len(got.Transactions), got.Victim, got.Truncated)
	}
	tables := map[string]bool{}
	for _, x := range got.Transactions {
		if x.Account != d.user || x.Host != "127.0.0.1" || x.Session == 0 || len(x.Waits) != 1 || len(x.Holds) == 0 {
			t.Errorf("%+v", x)
		}
		known := false
		for _, s := range d.sessions {
			known = known || x.Statement == s[1] || len(x.Statement) >= mayBeCut && strings.HasPrefix(s[1], x.Statement)
		}
		if !known {
			t.Errorf("a statement that nobody sent: %q", x.Statement)
		}
		for _, l := range append(x.Waits, x.Holds...) {
			tables[l.Schema+"."+l.Table] = true
		}
	}
	if names := slices.Sorted(maps.Keys(tables)); !slices.Equal(names, d.tables) {
		t.Errorf("tables %q, want %q", names, d.tables)
	}
}

func status(t *testing.T, db *servers.DB) string {
	t.Helper()
	var a, b, text string
	if err := db.Admin.QueryRowContext(t.Context(), "SHOW ENGINE INNODB STATUS").Scan(&a, &b, &text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "LATEST DETECTED DEADLOCK") {
		t.Fatalf("no deadlock in %d bytes of status", len(text))
	}
	return text
}
