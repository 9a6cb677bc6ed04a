package mysql

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"collector/internal/sources/mysql/errorlog"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// saga is a server whose life is told by its error log.
type saga struct {
	*testing.T
	db     *servers.DB
	config Config
	from   time.Time
	truths []truth
}

type truth struct {
	category string
	severity timeline.Severity
	at       time.Time
}

// did notes what happens now.
func (s *saga) did(category string, severity timeline.Severity) {
	s.truths = append(s.truths, truth{category, severity, time.Now()})
}

// login logs an account in, or fails to.
func (s *saga) login(user, password string) (*sql.DB, error) {
	c := s.db.Config(user)
	c.Passwd = password
	connector, err := mysql.NewConnector(c)
	if err != nil {
		s.Fatal(err)
	}
	db := sql.OpenDB(connector)
	s.Cleanup(func() { db.Close() })
	return db, db.PingContext(s.Context())
}

// judge compares what the log tells with the truths, one to one.
func (s *saga) judge(secrets ...string) {
	w := timeline.Window{From: s.from, To: time.Now().Add(time.Second)}
	records, err := gatherErrorLog(s.Context(), s.config, request(s.T, w))
	if err != nil {
		s.Fatal(err)
	}
	f, err := Interpret(w, records)
	if err != nil {
		s.Fatal(err)
	}
	left := map[int]bool{}
	for i, e := range f.Events {
		left[i] = true
		s.Logf("%s [%s] %s %v", timeline.FormatTime(e.Start.At), e.Start.Latest.Sub(e.Start.Earliest), e.Summary, e.Attributes)
	}
	for _, g := range f.Gaps {
		s.Errorf("gap: %s", g.Reason)
	}
	for _, want := range s.truths {
		ok, limit := false, 2*time.Second
		if want.category == "crash_recovery" { // it begins when the server has read its files
			limit = 15 * time.Second
		}
		for i, e := range f.Events {
			severity := timeline.SeverityOf(e.Kind, e.Attributes)
			if left[i] && e.Attributes["category"] == want.category && severity == want.severity && e.Start.Earliest.Before(want.at.Add(limit)) && want.at.Before(e.Start.Latest.Add(100*time.Millisecond)) {
				delete(left, i)
				ok = true
				break
			}
		}
		if !ok {
			s.Errorf("not told: %s at %s", want.category, timeline.FormatTime(want.at))
		}
	}
	for i := range left {
		if e := f.Events[i]; timeline.SeverityOf(e.Kind, e.Attributes) != timeline.Info {
			s.Errorf("false: %s", e.Summary)
		}
	}
	for _, r := range records {
		for _, word := range secrets {
			if strings.Contains(strings.ToLower(r.Body+r.Query), word) {
				s.Errorf("private: %s in %s", word, r.Body)
			}
		}
	}
}

// TestErrorLogOfRealServers lives a server's life on both flavours, and in a time
// zone that is not the collector's: MariaDB's file over a path, MySQL's table.
func TestErrorLogOfRealServers(t *testing.T) {
	t.Parallel()
	lines := []string{"event_scheduler=ON", "innodb_print_all_deadlocks=ON"}
	onBoth(t, servers.DBOptions{Env: []string{"TZ=America/New_York"}, Lines: lines}, func(t *testing.T, db *servers.DB) {
		s := &saga{T: t, db: db, config: configFor(t, db)}
		maria := db.Flavour == servers.FlavourMariaDB
		if maria {
			s.config.ErrorLogFile = db.ErrorLog()
			must(t, db.Admin, "SET GLOBAL log_warnings = 4")
		} else {
			must(t, db.Admin, "SET GLOBAL log_error_verbosity = 3")
		}
		must(t, db.Admin, "CREATE TABLE shop.old (id INT PRIMARY KEY, note VARCHAR(50)) ENGINE=MyISAM", "INSERT INTO shop.old VALUES (1, 'canary'), (2, 'canary'), (3, 'canary')", "FLUSH TABLES")
		if err := db.CreateAccount(t.Context(), "canary.person", "canary-pw", "ALL ON *.*"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2100 * time.Millisecond) // MariaDB's whole seconds
		s.from = time.Now()

		s.did("access_denied", timeline.Info)
		if _, err := s.login("canary.person", "wrong"); errorNumber(err) != errAccessDenied {
			t.Fatal(err)
		}
		s.did("event_failed", timeline.Warning)
		must(t, db.Admin, "CREATE DEFINER='canary.person'@'%' EVENT shop.nightly ON SCHEDULE AT NOW() DO INSERT INTO shop.orders VALUES (1, 'canary-event')")
		person, err := s.login("canary.person", "canary-pw")
		if err != nil {
			t.Fatal(err)
		}
		var id int
		if err := person.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		if maria { // MySQL does not log a killed connection
			s.did("killed_connection", timeline.Info)
		}
		must(t, db.Admin, fmt.Sprintf("KILL %d", id))
		if err := os.Truncate(filepath.Join(db.Dir, "data/shop/old.MYD"), 7); err != nil {
			t.Fatal(err)
		}
		if !maria { // MySQL writes nothing about the first statement that finds it
			must(t, db.Admin, "CHECK TABLE shop.old")
		}
		s.did("corruption", timeline.Critical)
		if _, err := db.Admin.ExecContext(t.Context(), "SELECT * FROM shop.old"); err == nil {
			t.Error("the damage is not seen")
		}
		time.Sleep(1100 * time.Millisecond)

		s.did("shutdown", timeline.Info)
		if err := db.Stop(); err != nil {
			t.Fatal(err)
		}
		s.did("start", timeline.Info)
		if err := db.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(t, db.Admin, "INSERT INTO shop.orders VALUES (7, 'canary-row')")
		s.did("crash", timeline.Critical)
		if err := syscall.Kill(db.Pid(), syscall.SIGSEGV); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2500 * time.Millisecond)
		s.did("start", timeline.Info)
		s.did("crash_recovery", timeline.Warning)
		if err := db.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		must(t, db.Admin, "INSERT INTO shop.orders VALUES (8, 'canary-row')")
		must(t, db.Admin, "INSERT INTO shop.orders VALUES (9, 'canary-row')")
		if err := db.Kill(); err != nil {
			t.Fatal(err)
		}
		s.did("start", timeline.Info)
		s.did("crash_recovery", timeline.Warning)
		if err := db.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.judge("canary", "127.0.0.1'")
	})
}

// TestErrorLogOfRealReplicas makes a replica stop at a row that it has already.
func TestErrorLogOfRealReplicas(t *testing.T) {
	t.Parallel()
	onBoth(t, servers.DBOptions{}, func(t *testing.T, primary *servers.DB) {
		lines := []string(nil)
		if primary.Flavour == servers.FlavourMariaDB {
			lines = []string{"gtid_strict_mode=OFF"}
		}
		replica, err := servers.Database(t.Context(), primary.Flavour, servers.DBOptions{Lines: lines})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { replica.Close() })
		if err := replica.CreateCollectorAccount(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := servers.SetUpReplica(t.Context(), primary, replica); err != nil {
			t.Fatal(err)
		}
		if err := servers.AwaitReplica(t.Context(), primary, replica, 20*time.Second); err != nil {
			t.Fatal(err)
		}
		s := &saga{T: t, db: replica, config: configFor(t, replica)}
		if replica.Flavour == servers.FlavourMariaDB {
			s.config.ErrorLogFile = replica.ErrorLog()
		}
		time.Sleep(2100 * time.Millisecond)
		s.from = time.Now()
		must(t, replica.Admin, "INSERT INTO shop.orders VALUES (77, 'canary-replica')")
		s.did("replication_error", timeline.Critical)
		must(t, primary.Admin, "INSERT INTO shop.orders VALUES (77, 'canary-primary')")
		time.Sleep(3 * time.Second)
		s.judge("canary")
	})
}

// TestErrorLogUnread: what cannot be read is a gap that says what to do.
func TestErrorLogUnread(t *testing.T) {
	gap := func(t *testing.T, c Config) string {
		t.Helper()
		w := timeline.Window{From: time.Now().Add(-time.Minute), To: time.Now()}
		records, err := gatherErrorLog(t.Context(), c, request(t, w))
		if err != nil {
			t.Fatal(err)
		}
		f, err := errorlog.Interpret(w, records)
		if err != nil || len(f.Gaps) != 1 || len(f.Checks)+len(f.Events) != 0 || len(f.Gaps[0].Evidence) != 1 {
			t.Fatalf("%+v, %v", f, err)
		}
		return f.Gaps[0].Reason
	}
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		c := configFor(t, db)
		if db.Flavour == servers.FlavourMariaDB {
			if got, want := gap(t, c), "it is a file on the server ("+db.ErrorLog()+"), set error_log_file"; !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		} else {
			must(t, db.Admin, "REVOKE SELECT ON performance_schema.* FROM 'collector'@'%'")
			if got, want := gap(t, c), "the error log could not be read: a privilege is missing"; !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		c.ErrorLogFile = filepath.Join(t.TempDir(), "none.log")
		if got := gap(t, c); !strings.Contains(got, "no such file") {
			t.Error(got)
		}
		if list := Check(t.Context(), c); !strings.Contains(fmt.Sprint(list), "none.log is not read: no such file") {
			t.Error(list)
		}
		db.Kill()
		c.ErrorLogFile = ""
		if got := gap(t, c); !strings.Contains(got, "no error_log_file is configured") {
			t.Error(got)
		}
	})
}
