package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources/mysql/dictionary"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/lab/servers"
)

// schemaChanges are the changes that ticks noted, each as "operation object part".
func schemaChanges(t *testing.T, ticks ...store.Tick) (list []string, bodies []facts.SchemaChanged) {
	t.Helper()
	for _, tick := range ticks {
		for _, f := range tick.Facts {
			if f.Kind != facts.KindSchemaChanged {
				continue
			}
			body, err := facts.Read[facts.SchemaChanged](f)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, body)
			for _, c := range body.Changes {
				list = append(list, terse(c))
			}
		}
	}
	return list, bodies
}

func terse(c dictionary.Change) string {
	text := strings.TrimSpace(string(c.Operation) + " " + c.Object() + " " + c.Column + c.Index)
	if c.NewName != "" {
		text += " > " + c.NewName
	}
	if c.Detail != "" {
		text += " ~" + c.Detail
	}
	if c.From != "" || c.To != "" {
		text += " [" + c.From + "|" + c.To + "]"
	}
	if c.Tool != "" {
		text += " " + c.Tool + " " + c.Stage
		for _, p := range c.Parts {
			text += " {" + terse(p) + "}"
		}
	}
	if c.Count > 0 {
		text += fmt.Sprintf(" ×%d", c.Count)
	}
	return text
}

// TestRealSchemaChanges: what the fingerprint says about each kind of statement, on
// a real server, within two ticks.
func TestRealSchemaChanges(t *testing.T) {
	t.Parallel()
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		mariaDB := db.Flavour == servers.FlavourMariaDB
		pick := func(onMariaDB, onMySQL string) string {
			if mariaDB {
				return onMariaDB
			}
			return onMySQL
		}
		must(t, db.Admin, "CREATE DATABASE old", "CREATE DATABASE one", "CREATE TABLE one.only (id INT PRIMARY KEY)")
		config := configFor(t, db)
		config.Interval = model.Duration(500 * time.Millisecond)
		w, _ := start(t, config)
		first := w.await(t, "the first look", time.Time{}, func(k store.Tick) bool { return k.Heartbeat.Looked.Has(store.PartSchema) })
		whole, _ := wholeSchema(t, first)
		if !whole.First || whole.Count != 2 || whole.State().Tables[dictionary.Key("shop", "orders")] == nil {
			t.Fatalf("the first look noted %+v", whole)
		}
		weird := "we-ird@ \"ü'Ж"
		for _, tc := range []struct{ statement, want string }{
			{"CREATE TABLE shop.t (id INT UNSIGNED NOT NULL PRIMARY KEY, a VARCHAR(50) DEFAULT 'canary' COMMENT 'canary', v INT AS (id + 1) VIRTUAL, KEY ka (a)) CHARACTER SET utf8mb4", "create_table shop.t"},
			{"ALTER TABLE shop.t ADD COLUMN b INT NOT NULL", "add_column shop.t b [|int not null]"},
			{"ALTER TABLE shop.t ADD COLUMN c DECIMAL(10,2), ALGORITHM=INSTANT", "add_column shop.t c [|decimal (5 bytes)]"},
			{"ALTER TABLE shop.t DROP COLUMN c, ALGORITHM=INSTANT", "drop_column shop.t c [decimal (5 bytes)|]"},
			{"ALTER TABLE shop.t RENAME COLUMN b TO bb", "rename_column shop.t b > bb"},
			{"ALTER TABLE shop.t MODIFY a VARCHAR(60)", "modify_column shop.t a [varchar(50)|varchar(60)]"},
			{"ALTER TABLE shop.t MODIFY bb BIGINT", "modify_column shop.t bb [int not null|bigint]"},
			{"ALTER TABLE shop.t ADD COLUMN vv INT AS (id + 2) VIRTUAL", "add_column shop.t vv [|int virtual]"},
			{"ALTER TABLE shop.t DROP COLUMN vv", "drop_column shop.t vv [int virtual|]"},
			{"ALTER TABLE shop.t MODIFY bb BIGINT FIRST", "modify_column shop.t bb ~position"},
			{"CREATE INDEX i ON shop.t (bb, a)", "add_index shop.t i [|(bb, a)]"},
			{"ALTER TABLE shop.t RENAME INDEX i TO j", "rename_index shop.t i > j"},
			{"DROP INDEX j ON shop.t", "drop_index shop.t j [(bb, a)|]"},
			{"ALTER TABLE shop.t ADD UNIQUE KEY u (bb), DROP INDEX ka", "add_index shop.t u [|unique (bb)]; drop_index shop.t ka [(a)|]"},
			{"ALTER TABLE shop.t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", pick(
				"modify_column shop.t a [varchar(60), collation utf8mb4_general_ci|varchar(60), collation utf8mb4_bin]",
				"modify_column shop.t a [varchar(60), collation utf8mb4_0900_ai_ci|varchar(60), collation utf8mb4_bin]")},
			{"TRUNCATE TABLE shop.t", "truncate_table shop.t"},
			{"OPTIMIZE TABLE shop.t", "alter_table shop.t ~rebuilt"},
			{"RENAME TABLE shop.t TO old.t2", "rename_table shop.t > old.t2"},
			{"DROP TABLE old.t2", "drop_table old.t2"},
			{"CREATE TABLE shop.`" + weird + "` (`dä-s\"x` INT, f TEXT, FULLTEXT (f))", "create_table shop." + weird},
			{"CREATE TABLE shop.parts (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)", "create_table shop.parts"},
			{"ALTER TABLE shop.parts ADD COLUMN z INT", "add_column shop.parts z [|int]"},
			{"ALTER TABLE shop.parts DROP PARTITION p0", "alter_table shop.parts ~partition"},
			{"TRUNCATE TABLE shop.parts", "truncate_table shop.parts"},
			{"DROP TABLE shop.parts", "drop_table shop.parts"},
			{"CREATE TABLE shop._orders_gho LIKE shop.orders", "alter_table shop.orders gh-ost started"},
			{"ALTER TABLE shop._orders_gho ADD COLUMN x INT", ""},
			{"RENAME TABLE shop.orders TO shop._orders_del, shop._orders_gho TO shop.orders", "alter_table shop.orders gh-ost cut over {add_column shop.orders x [|int]}"},
			{"DROP TABLE shop._orders_del", ""},
			{"DROP DATABASE one", "drop_schema one ×1"},
			{"DROP DATABASE shop", "drop_schema shop ×2"},
		} {
			time.Sleep(1100 * time.Millisecond) // the look that follows a counted statement is over
			from := time.Now()
			must(t, db.Admin, tc.statement)
			done := time.Now()
			if tc.want == "" {
				time.Sleep(2 * time.Second)
				if got, _ := schemaChanges(t, w.after(from)...); got != nil {
					t.Errorf("%s: %q, want nothing", tc.statement, got)
				}
				continue
			}
			tick := w.await(t, tc.statement, from.Add(-200*time.Millisecond), func(k store.Tick) bool {
				got, _ := schemaChanges(t, k)
				return got != nil && k.Heartbeat.At.Add(k.Heartbeat.Spent).After(from)
			})
			got, bodies := schemaChanges(t, tick)
			if strings.Join(got, "; ") != tc.want {
				t.Errorf("%s:\n got %s\nwant %s", tc.statement, strings.Join(got, "; "), tc.want)
			}
			late := tick.Heartbeat.At.Sub(done)
			if !bodies[0].Changes[0].Counted || bodies[0].Calm.After(done) || late > schemaEvery || from.Sub(bodies[0].Calm) > slack {
				t.Errorf("%s: done at %v, calm until %v, seen at %v, counted %v", tc.statement, done, bodies[0].Calm, tick.Heartbeat.At, bodies[0].Changes[0].Counted)
			}
		}
		for _, tick := range w.all() {
			for _, f := range tick.Facts {
				if strings.Contains(f.Body, "canary") {
					t.Errorf("a literal is noted: %s", f.Body)
				}
			}
		}
	})
}

// after are the ticks that began at a time or later.
func (m *memory) after(from time.Time) (list []store.Tick) {
	for _, tick := range m.all() {
		if !tick.Heartbeat.At.Before(from) {
			list = append(list, tick)
		}
	}
	return list
}

// wholeSchema is the schema that a tick noted, and how many bytes that took.
func wholeSchema(t *testing.T, tick store.Tick) (whole facts.Schema, size int) {
	t.Helper()
	for _, f := range tick.Facts {
		if f.Kind == facts.KindSchema {
			whole, err := facts.Read[facts.Schema](f)
			if err != nil {
				t.Fatal(err)
			}
			return whole, len(f.Body)
		}
	}
	t.Fatalf("no schema among %d facts", len(tick.Facts))
	return whole, 0
}

// TestRealManyTables: a look at many tables, and a schema of them dropped at once. On
// MySQL the second run has more tables than the server's dictionary cache holds.
func TestRealManyTables(t *testing.T) {
	t.Parallel()
	const many = 2000
	for _, cache := range []string{"table_definition_cache=4000", "table_definition_cache=1000"} {
		t.Run(cache, func(t *testing.T) {
			onBoth(t, servers.DBOptions{Lines: []string{cache}, NoBinlog: true}, func(t *testing.T, db *servers.DB) {
				namesOnly := db.Flavour == servers.FlavourMySQL && cache != "table_definition_cache=4000"
				must(t, db.Admin, "CREATE DATABASE big", "CREATE TABLE big.t0 (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, customer INT NOT NULL, name VARCHAR(100), note TEXT, "+
					"created DATETIME(3) NOT NULL, price DECIMAL(10,2), kind ENUM('a','b'), KEY c (customer), KEY ck (created, kind), UNIQUE KEY n (name))")
				conn, err := db.Admin.Conn(t.Context()) // a login each would take minutes
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				for i := 1; i < many; i++ {
					if _, err := conn.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE big.orders_archive_%04d LIKE big.t0", i)); err != nil {
						t.Fatal(err)
					}
				}
				config := configFor(t, db)
				config.Interval = model.Duration(time.Second)
				w, _ := start(t, config)
				first := w.await(t, "the first look", time.Time{}, func(k store.Tick) bool { return k.Heartbeat.Looked.Has(store.PartSchema) })
				whole, size := wholeSchema(t, first)
				if whole.Count != many+1 || whole.NamesOnly != namesOnly {
					t.Fatalf("%d tables, names only %v", whole.Count, whole.NamesOnly)
				}
				t.Logf("%d tables: first tick %v, snapshot %d bytes", whole.Count, first.Heartbeat.Spent, size)
				from := time.Now()
				must(t, db.Admin, "DROP DATABASE big")
				tick := w.await(t, "the drop", from.Add(-time.Second), func(k store.Tick) bool { got, _ := schemaChanges(t, k); return got != nil })
				// A look may fall into the drop, which is not atomic on MariaDB.
				if got, _ := schemaChanges(t, tick); len(got) != 1 || !strings.HasPrefix(got[0], "drop_") {
					t.Errorf("%q", got)
				}
			})
		})
	}
}
