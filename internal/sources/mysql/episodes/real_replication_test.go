package episodes_test

import (
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestRealFailover: a replica falls behind, its SQL thread meets a row that is
// there already, the source dies, a replica is promoted and the other one follows it.
func TestRealFailover(t *testing.T) {
	onScenes(t, func(s *scene) {
		const canary = "canary-in-the-key-52e1"
		s.server("source")
		s.server("first", "read_only=ON")
		s.server("second")
		s.follow("first", "source", "")
		s.follow("second", "source", "")
		must(s.t, s.dbs["source"], "CREATE DATABASE shop", "CREATE TABLE shop.orders (id VARCHAR(60) PRIMARY KEY)", "INSERT INTO shop.orders VALUES ('a')")
		time.Sleep(time.Second)
		s.record()

		// The replica waits for a lock that a session of its own holds.
		holder, err := s.dbs["first"].Admin.Conn(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := holder.ExecContext(s.t.Context(), "LOCK TABLES shop.orders WRITE"); err != nil {
			s.t.Fatal(err)
		}
		s.now(timeline.MySQLReplicationLag, "first", map[string]string{"channel": "default"})
		s.now(timeline.MySQLMetadataLockWait, "first", nil)
		for i := range 12 {
			must(s.t, s.dbs["source"], "INSERT INTO shop.orders VALUES ('late "+string(rune('a'+i))+"')")
			time.Sleep(500 * time.Millisecond)
		}
		if err := holder.Close(); err != nil { // its connection ends, and the lock with it
			s.t.Fatal(err)
		}
		time.Sleep(3 * time.Second)

		s.local("first", "INSERT INTO shop.orders VALUES ('"+canary+"')")
		s.now(timeline.MySQLReplicationStopped, "first", map[string]string{"thread": "sql", "channel": "default", "error_code": "1062"})
		s.maybe(timeline.MySQLReplicationLag, "first", nil) // what waited for the thread is late when it runs again
		must(s.t, s.dbs["source"], "INSERT INTO shop.orders VALUES ('"+canary+"') /* "+canary+" */")
		time.Sleep(3 * time.Second)
		s.local("first", "DELETE FROM shop.orders WHERE id = '"+canary+"'")
		s.replica("first", "START", "", "SQL_THREAD")
		time.Sleep(2500 * time.Millisecond)

		const connecting = anything // 2003, or 2013 when the dying server still took the connection
		s.now(timeline.MySQLDown, "source", nil)
		for _, name := range []string{"first", "second"} {
			s.now(timeline.MySQLReplicationStopped, name, map[string]string{"thread": "io", "channel": "default", "error_code": connecting})
		}
		if err := s.dbs["source"].Kill(); err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(5 * time.Second)

		s.maybe(timeline.MySQLReplicationStopped, "first", map[string]string{"thread": "sql", "channel": "default"})
		s.replica("first", "STOP", "", "")
		s.now(timeline.MySQLTopologyChange, "first", map[string]string{"to": "none"})
		s.replica("first", "RESET", "", "ALL")
		s.now(timeline.MySQLRoleChange, "first", map[string]string{"from": "read-only", "to": "writable"})
		must(s.t, s.dbs["first"], "SET GLOBAL read_only = OFF")
		s.maybe(timeline.MySQLReplicationStopped, "second", map[string]string{"thread": "sql", "channel": "default"})
		s.replica("second", "STOP", "", "")
		s.now(timeline.MySQLTopologyChange, "second", map[string]string{"from": s.dbs["source"].Addr(), "to": s.dbs["first"].Addr()})
		s.follow("second", "first", "")
		time.Sleep(3 * time.Second)

		s.private(s.judge(), "orders", canary)
	})
}

// TestRealChannels: a replica of two sources, of which one is no longer followed.
func TestRealChannels(t *testing.T) {
	onScenes(t, func(s *scene) {
		domain := func(id string) []string {
			if s.flavour == "mariadb" {
				return []string{"gtid_domain_id=" + id}
			}
			return nil
		}
		s.server("east", domain("1")...)
		s.server("west", domain("2")...)
		s.server("both", domain("3")...)
		s.follow("both", "east", "east")
		s.follow("both", "west", "west")
		must(s.t, s.dbs["east"], "CREATE DATABASE east")
		must(s.t, s.dbs["west"], "CREATE DATABASE west")
		time.Sleep(2 * time.Second)
		s.record()
		for _, thread := range []string{"io", "sql"} {
			s.now(timeline.MySQLReplicationStopped, "both", map[string]string{"thread": thread, "channel": "west"})
		}
		s.replica("both", "STOP", "west", "")
		time.Sleep(3 * time.Second)
		s.judge()
	})
}
