package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/binlog"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// logScene is a server whose binary log is asked.
type logScene struct {
	t  *testing.T
	db *servers.DB
	c  Config
}

func onLogs(t *testing.T, opts servers.DBOptions, test func(s logScene)) {
	onBoth(t, opts, func(t *testing.T, db *servers.DB) {
		c := configFor(t, db)
		c.Binlog = true
		test(logScene{t, db, c})
	})
}

// ask reads the log of a window and interprets it.
func (s logScene) ask(from, to time.Time) timeline.Findings {
	s.t.Helper()
	w := timeline.Window{From: from.UTC(), To: to.UTC()}
	records, err := gatherBinaryLog(s.t.Context(), s.c, sources.Request{Window: w, Now: time.Now, Notify: func(string) {}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range records {
		if strings.Contains(strings.ToLower(r.Body+r.Query), "canary") {
			s.t.Errorf("private: %s", r.Body)
		}
	}
	f, err := Interpret(w, records)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			s.t.Error(err)
		}
		s.t.Logf("%s [%s … %s] to [%s … %s] %s %v", e.Kind, timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest),
			timeline.FormatTime(e.End.Earliest), timeline.FormatTime(e.End.Latest), e.Summary, e.Attributes)
	}
	for _, g := range f.Gaps {
		s.t.Logf("gap %s to %s: %s", timeline.FormatTime(g.From), timeline.FormatTime(g.To), g.Reason)
	}
	for _, c := range f.Checks {
		s.t.Logf("check %s", c.LookedFor)
	}
	return f
}

// keys are the keys of the schema changes, in their order.
func keys(f timeline.Findings) (list []string) {
	for _, e := range f.Events {
		if e.Kind == timeline.MySQLSchemaChange {
			list = append(list, e.Key)
		}
	}
	return list
}

// nextSecond separates what a log with whole seconds must tell apart.
func nextSecond() { time.Sleep(2100 * time.Millisecond) }

func (s logScene) noGaps(f timeline.Findings) {
	s.t.Helper()
	for _, g := range f.Gaps {
		s.t.Errorf("gap: %s", g.Reason)
	}
}

// TestRealBinlogSchemaChanges: each change once, at its time, without a literal.
func TestRealBinlogSchemaChanges(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		must(s.t, s.db.Admin, "CREATE DATABASE old")
		nextSecond()
		from := time.Now()
		statements := []struct {
			sql  string
			keys []string
		}{
			{"ALTER TABLE shop.orders ADD COLUMN city VARCHAR(20) DEFAULT 'canary' COMMENT 'canary', ADD INDEX by_city (city)", []string{"add_column shop.orders city", "add_index shop.orders by_city"}},
			{"ALTER TABLE shop.orders DROP COLUMN city /* canary */ -- canary", []string{"drop_column shop.orders city"}},
			{"CREATE TABLE shop.kinds (kind ENUM('canary', 'b')) COMMENT 'canary'", []string{"create_table shop.kinds "}},
			{"CREATE DEFINER=`canary`@`10.0.0.1` VIEW shop.v AS SELECT 'canary' AS a FROM shop.kinds", []string{"create_view shop.v "}},
			{"DROP TABLE IF EXISTS shop.kinds", []string{"drop_table shop.kinds "}},
			{"DROP DATABASE old", []string{"drop_schema old. "}},
		}
		var want []string
		var began []time.Time
		for _, statement := range statements {
			began = append(began, time.Now())
			must(s.t, s.db.Admin, statement.sql)
			want = append(want, statement.keys...)
		}
		must(s.t, s.db.Admin, "INSERT INTO shop.orders VALUES (3, 'canary ALTER TABLE shop.orders FORCE')")
		if _, err := s.db.Admin.ExecContext(s.t.Context(), "ALTER TABLE shop.orders DROP COLUMN missing"); err == nil {
			s.t.Fatal("dropped what is not there")
		}
		nextSecond()
		f := s.ask(from, time.Now())
		got := keys(f)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			s.t.Errorf("got  %q\nwant %q", got, want)
		}
		for i, statement := range statements {
			at := slices.IndexFunc(f.Events, func(e timeline.Event) bool { return e.Key == statement.keys[0] })
			if at < 0 {
				continue
			}
			e := f.Events[at]
			if e.Start.Earliest.After(began[i].Add(time.Millisecond)) || e.Start.Latest.Before(began[i]) || e.Start.Latest.Sub(e.Start.Earliest) > 2*time.Second {
				s.t.Errorf("%s began at %s, told [%s, %s]", e.Key, timeline.FormatTime(began[i]), timeline.FormatTime(e.Start.Earliest), timeline.FormatTime(e.Start.Latest))
			}
			if e.Attributes["thread"] == "" || e.Grade != timeline.Logged {
				s.t.Errorf("%s: %v, %s", e.Key, e.Attributes, e.Grade)
			}
		}
		if len(f.Checks) != 1 || !strings.HasPrefix(f.Checks[0].LookedFor, "transactions of 64MiB and more in the binary log (1 file, ") {
			s.t.Errorf("checks %+v", f.Checks)
		}
		if got := keys(s.ask(time.Now().Add(-time.Second), time.Now())); got != nil {
			s.t.Errorf("a quiet window tells %q", got)
		}
	})
}

// TestRealBinlogMigrations: what gh-ost and pt-online-schema-change send is one change each.
func TestRealBinlogMigrations(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		must(s.t, s.db.Admin, "CREATE TABLE shop.items (id INT PRIMARY KEY, city INT)")
		nextSecond()
		from := time.Now()
		must(s.t, s.db.Admin,
			"DROP /* gh-ost */ TABLE IF EXISTS shop._orders_gho",
			"CREATE /* gh-ost */ TABLE shop._orders_ghc (id BIGINT AUTO_INCREMENT PRIMARY KEY, value VARCHAR(4096)) COMMENT='canary'",
			"CREATE /* gh-ost */ TABLE shop._orders_gho LIKE shop.orders",
			"ALTER /* gh-ost */ TABLE shop._orders_gho ADD COLUMN state INT DEFAULT 7, DROP COLUMN note",
			"INSERT INTO shop._orders_gho (id) SELECT id FROM shop.orders",
			"CREATE /* gh-ost */ TABLE shop._orders_del (id INT PRIMARY KEY) COMMENT='canary'",
			"DROP /* gh-ost */ TABLE IF EXISTS shop._orders_del")
		nextSecond()
		cutover := time.Now()
		must(s.t, s.db.Admin,
			"RENAME /* gh-ost */ TABLE shop.orders TO shop._orders_del, shop._orders_gho TO shop.orders",
			"DROP /* gh-ost */ TABLE IF EXISTS shop._orders_ghc", "DROP /* gh-ost */ TABLE IF EXISTS shop._orders_del",
			"CREATE TABLE shop._items_new (id INT PRIMARY KEY, city INT)", "ALTER TABLE shop._items_new MODIFY city VARCHAR(20)",
			"CREATE TRIGGER shop.pt_osc_shop_items_del AFTER DELETE ON shop.items FOR EACH ROW DELETE FROM shop._items_new WHERE id = OLD.id",
			"RENAME TABLE shop.items TO shop._items_old, shop._items_new TO shop.items", "DROP TABLE IF EXISTS shop._items_old",
			"DROP TRIGGER IF EXISTS shop.pt_osc_shop_items_del",
			"CREATE TABLE shop._plain_new (id INT)")
		nextSecond()
		f := s.ask(from, time.Now())
		got := keys(f)
		if want := []string{"alter_table shop.orders ", "alter_table shop.items ", "create_table shop._plain_new "}; !slices.Equal(got, want) {
			s.t.Fatalf("got  %q\nwant %q", got, want)
		}
		e := f.Events[0]
		if e.Attributes["tool"] != "gh-ost" || e.Attributes["ghost_tables"] != "_orders_del, _orders_ghc, _orders_gho" ||
			!strings.Contains(e.Attributes["changes"], "column note of shop.orders was dropped") {
			s.t.Errorf("%v", e.Attributes)
		}
		if e.End.Earliest.After(cutover.Add(time.Second)) || e.End.Latest.Before(cutover) {
			s.t.Errorf("cut over at %s, told %s", timeline.FormatTime(cutover), e.Attributes["cutover"])
		}
		if f.Events[1].Attributes["tool"] != "pt-online-schema-change" {
			s.t.Errorf("%v", f.Events[1].Attributes)
		}
	})
}

// TestRealBinlogLargeTransaction: one that wrote 70 MiB is told, one of 1 MiB is not.
func TestRealBinlogLargeTransaction(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		must(s.t, s.db.Admin, "CREATE TABLE shop.blobs (id INT PRIMARY KEY, data LONGTEXT)", "INSERT INTO shop.blobs VALUES (0, REPEAT('canary', 170000))")
		nextSecond()
		from := time.Now()
		conn, err := s.db.Admin.Conn(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		defer conn.Close()
		run := func(statement string) {
			if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
				s.t.Fatal(err)
			}
		}
		run("BEGIN")
		for i := 1; i <= 70; i++ {
			run(fmt.Sprintf("INSERT INTO shop.blobs VALUES (%d, REPEAT('canary', 180000))", i))
		}
		run("COMMIT")
		committed := time.Now()
		nextSecond()
		must(s.t, s.db.Admin, "INSERT INTO shop.blobs VALUES (1000, 'canary')")
		began := time.Now()
		f := s.ask(from, time.Now())
		s.t.Logf("read in %s", time.Since(began))
		if len(f.Events) != 1 || f.Events[0].Kind != timeline.MySQLLongTransaction || f.Events[0].Attributes["tables"] != "shop.blobs" {
			s.t.Fatalf("%+v", f.Events)
		}
		e := f.Events[0]
		if e.Start.Earliest.After(from.Add(time.Second)) || e.Start.Latest.Before(from) || e.End.Earliest.After(committed.Add(10*time.Millisecond)) || e.End.Latest.Before(committed.Add(-time.Second)) {
			s.t.Errorf("from %s to %s", timeline.FormatTime(from), timeline.FormatTime(committed))
		}
		s.noGaps(f)
	})
}

// TestRealBinlogFiles: only the files of the window are read, the budget holds, and
// what was purged is a gap.
func TestRealBinlogFiles(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		filler := "INSERT INTO shop.orders SELECT 1000 + COALESCE(MAX(id), 0), REPEAT('canary', 8) FROM shop.orders"
		var flushed []time.Time
		for range 7 {
			flushed = append(flushed, time.Now())
			must(s.t, s.db.Admin, filler, filler, fmt.Sprintf("CREATE TABLE shop.t%d (id INT)", len(flushed)), "FLUSH BINARY LOGS")
			time.Sleep(1100 * time.Millisecond)
		}
		nextSecond()
		f := s.ask(flushed[3].Add(-500*time.Millisecond), flushed[4].Add(-300*time.Millisecond))
		if got := keys(f); !slices.Contains(got, "create_table shop.t4 ") || slices.Contains(got, "create_table shop.t2 ") || slices.Contains(got, "create_table shop.t6 ") {
			s.t.Errorf("got %q", got)
		}
		s.noGaps(f)
		for _, e := range f.Evidence {
			if strings.Contains(e.Body, `"binlog.coverage"`) {
				if strings.Contains(e.Body, "000001") || strings.Contains(e.Body, "000002\"") || strings.Contains(e.Body, "000008") || !strings.Contains(e.Body, "000004") {
					s.t.Errorf("read %s", e.Body)
				}
			}
		}

		s.c.BinlogBudget = 500
		f = s.ask(flushed[0], time.Now())
		if !slices.ContainsFunc(f.Gaps, func(g timeline.Gap) bool {
			return strings.Contains(g.Reason, "the budget of 500B was used up (binlog_budget)")
		}) {
			s.t.Errorf("no gap names the budget: %+v", f.Gaps)
		}
		s.c.BinlogBudget = defaultBinlogBudget

		files, err := binaryLog(s.t.Context(), s.c)
		if err != nil {
			s.t.Fatal(err)
		}
		must(s.t, s.db.Admin, "PURGE BINARY LOGS TO '"+files.Files[5]+"'")
		f = s.ask(flushed[0], time.Now())
		if !slices.ContainsFunc(f.Gaps, func(g timeline.Gap) bool {
			return strings.Contains(g.Reason, "does not reach back that far") && g.To.Sub(flushed[5]).Abs() < 2*time.Second
		}) {
			s.t.Errorf("no gap says what was purged: %+v", f.Gaps)
		}
	})
}

// TestRealBinlogRefused: without a log or a privilege there is a gap that says so.
func TestRealBinlogRefused(t *testing.T) {
	refused := func(s logScene, want string) {
		s.t.Helper()
		f := s.ask(time.Now().Add(-time.Minute), time.Now())
		if len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, want) || len(f.Checks)+len(f.Events) != 0 {
			s.t.Errorf("gaps %+v, checks %+v, want %q", f.Gaps, f.Checks, want)
		}
	}
	onLogs(t, servers.DBOptions{NoBinlog: true}, func(s logScene) { refused(s, "it is off (log_bin)") })
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		monitor := "REPLICATION CLIENT"
		if s.db.Flavour == servers.FlavourMariaDB {
			monitor = "BINLOG MONITOR"
		}
		must(s.t, s.db.Admin, "REVOKE REPLICATION SLAVE ON *.* FROM 'collector'@'%'")
		refused(s, "no privilege to read it: REPLICATION SLAVE")
		must(s.t, s.db.Admin, "REVOKE "+monitor+" ON *.* FROM 'collector'@'%'")
		refused(s, "no privilege to list its files")
		if err := s.db.Stop(); err != nil {
			s.t.Fatal(err)
		}
		refused(s, "the server could not be reached")
	})
}

// TestRealBinlogOfReplica: a change that came by replication is the replica's own event.
func TestRealBinlogOfReplica(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		replica, err := servers.Database(s.t.Context(), s.db.Flavour, servers.DBOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { replica.Close() })
		if err := replica.CreateCollectorAccount(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		if err := servers.SetUpReplica(s.t.Context(), s.db, replica); err != nil {
			s.t.Fatal(err)
		}
		nextSecond()
		from := time.Now()
		must(s.t, s.db.Admin, "ALTER TABLE shop.orders DROP COLUMN note")
		if err := servers.AwaitReplica(s.t.Context(), s.db, replica, 10*time.Second); err != nil {
			s.t.Fatal(err)
		}
		nextSecond()
		c := configFor(s.t, replica)
		c.Name, c.Binlog = "db2", true
		f := logScene{s.t, replica, c}.ask(from, time.Now())
		if got := keys(f); !slices.Equal(got, []string{"drop_column shop.orders note"}) {
			s.t.Fatalf("got %q", got)
		}
		if e := f.Events[0]; e.Target != "db2" || e.Attributes["replicated_from"] == "" || e.Start.Earliest.After(from.Add(time.Second)) {
			s.t.Errorf("%+v", e)
		}
	})
}

// TestRealBinlogForms: compressed events, statements instead of rows, other SQL
// modes and MariaDB's ALTER in two phases tell the same.
func TestRealBinlogForms(t *testing.T) {
	t.Parallel()
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		modes := []string{"SET SESSION binlog_transaction_compression = ON", "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"}
		failing := "ALTER TABLE shop.twice ADD UNIQUE (a)"
		if s.db.Flavour == servers.FlavourMariaDB {
			modes = []string{"SET GLOBAL log_bin_compress = ON", "SET SESSION binlog_alter_two_phase = ON", modes[1]}
		}
		must(s.t, s.db.Admin, "CREATE TABLE shop.blobs (id INT PRIMARY KEY, data LONGTEXT)", "CREATE TABLE shop.twice (a INT)", "INSERT INTO shop.twice VALUES (1), (1)")
		nextSecond()
		from := time.Now()
		conn, err := s.db.Admin.Conn(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		defer conn.Close()
		statements := append(modes,
			`ALTER TABLE "shop"."orders" ADD COLUMN "city" VARCHAR(300) DEFAULT 'canary\', COMMENT '`+strings.Repeat("canary ", 200)+`'`,
			"BEGIN", "INSERT INTO shop.blobs VALUES (1, REPEAT('canary', 180000))", "INSERT INTO shop.orders (id) SELECT id + 100 FROM shop.orders", "COMMIT",
			"SET SESSION binlog_format = STATEMENT",
			"INSERT INTO shop.orders (id, note) VALUES (77, 'canary; DROP TABLE shop.orders')", "UPDATE shop.orders SET note = 'canary ALTER TABLE shop.orders FORCE'")
		for _, statement := range statements {
			if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
				s.t.Fatalf("%s: %v", statement, err)
			}
		}
		if _, err := conn.ExecContext(s.t.Context(), failing); err == nil {
			s.t.Fatal("a unique index on equal values")
		}
		nextSecond()
		f := s.ask(from, time.Now())
		// After 'canary\' the string is over: what follows is the table's comment.
		if got := keys(f); !slices.Equal(got, []string{"add_column shop.orders city", "alter_table shop.orders "}) {
			s.t.Errorf("got %q", got)
		}
		s.noGaps(f)
		if s.db.Flavour == servers.FlavourMySQL && !strings.Contains(f.Evidence[len(f.Evidence)-1].Body+f.Evidence[0].Body, `"compressed_transactions":`) {
			s.t.Error("no compressed transaction was seen")
		}
	})
}

// TestRealBinlogCancelled: a draft that has no time left gets a gap, at once.
func TestRealBinlogCancelled(t *testing.T) {
	onLogs(t, servers.DBOptions{}, func(s logScene) {
		server, err := binaryLog(s.t.Context(), s.c)
		if err != nil {
			s.t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(s.t.Context())
		cancel()
		w := timeline.Window{From: time.Now().Add(-time.Minute).UTC(), To: time.Now().UTC()}
		records, err := binlog.Gather(ctx, server, sources.Request{Window: w, Now: time.Now, Notify: func(string) {}})
		if err != nil {
			s.t.Fatal(err)
		}
		f, err := Interpret(w, records)
		if err != nil || len(f.Gaps) != 1 || !strings.Contains(f.Gaps[0].Reason, "the time for this draft was over") {
			s.t.Errorf("%+v, %v", f.Gaps, err)
		}
	})
}

// TestRealBinlogTLS: where the server takes nothing else, the log is read over TLS.
func TestRealBinlogTLS(t *testing.T) {
	servers.Need(t, servers.KindMySQL) // makes its own certificates
	db, err := servers.MySQL(t.Context(), servers.DBOptions{Lines: []string{"require_secure_transport=ON"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.CreateCollectorAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	from := time.Now()
	must(t, db.Admin, "CREATE DATABASE shop")
	c := configFor(t, db)
	c.Binlog = true
	if got := keys(logScene{t, db, c}.ask(from, time.Now().Add(time.Second))); !slices.Equal(got, []string{"create_schema shop. "}) {
		t.Errorf("got %q", got)
	}
}
