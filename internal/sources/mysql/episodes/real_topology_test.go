package episodes_test

import (
	"fmt"
	"testing"
	"time"

	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestRealErrantTransactions: somebody writes to a replica; the primary dies, a
// replica is promoted, and the old primary has transactions that nobody got. They
// are named, on both flavours; a replica that goes away is noticed.
func TestRealErrantTransactions(t *testing.T) {
	onScenes(t, func(s *scene) {
		s.server("source")
		s.server("first")
		s.server("second")
		s.follow("first", "source", "")
		s.follow("second", "source", "")
		must(s.t, s.dbs["source"], "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY)", "INSERT INTO shop.orders VALUES (1)")
		s.awaitReplica("source", "first")
		s.awaitReplica("source", "second")
		s.record()

		s.slow = 11 * time.Second // the GTID sets are asked for every 10 s
		s.now(timeline.MySQLTopologyChange, "second", map[string]string{"change": "errant_transactions", "rule": "errant_on_replica", "transactions": "2"})
		s.now(timeline.MySQLSchemaChange, "second", map[string]string{"operation": "create_schema", "schema": "stray"})
		s.now(timeline.MySQLSchemaChange, "second", map[string]string{"operation": "create_table", "table": "t"})
		for _, operation := range []string{"create_schema", "create_table"} { // a slow one is seen in the samples, too; only the timeline joins them
			s.maybe(timeline.MySQLSchemaChange, "second", map[string]string{"operation": operation})
		}
		must(s.t, s.dbs["second"], "CREATE DATABASE stray", "CREATE TABLE stray.t (id INT)")
		time.Sleep(13 * time.Second)

		// Nobody replicates any more when the source writes its last transactions.
		for _, name := range []string{"first", "second"} {
			for _, thread := range []string{"io", "sql"} {
				s.now(timeline.MySQLReplicationStopped, name, map[string]string{"thread": thread})
			}
			s.replica(name, "STOP", "", "")
		}
		must(s.t, s.dbs["source"], "INSERT INTO shop.orders VALUES (2)", "INSERT INTO shop.orders VALUES (3)", "INSERT INTO shop.orders VALUES (4)")
		time.Sleep(time.Second)
		s.now(timeline.MySQLRoleChange, "source", map[string]string{"to": "read-only"})
		must(s.t, s.dbs["source"], "SET GLOBAL read_only = ON")
		time.Sleep(3 * time.Second)
		s.now(timeline.MySQLTopologyChange, "first", map[string]string{"to": "none"})
		s.now(timeline.MySQLTopologyChange, "source", map[string]string{"change": "errant_transactions", "rule": "errant_at_failover", "transactions": "3", "promoted": "first"})
		s.replica("first", "RESET", "", "ALL")
		time.Sleep(4 * time.Second)
		s.judge()
	})
}

// awaitReplica waits until a replica has everything.
func (s *scene) awaitReplica(source, replica string) {
	s.t.Helper()
	if err := servers.AwaitReplica(s.t.Context(), s.dbs[source], s.dbs[replica], 20*time.Second); err != nil {
		s.t.Fatal(err)
	}
}

// TestRealLostReplica: a replica that nobody records goes away and comes back.
func TestRealLostReplica(t *testing.T) {
	onScenes(t, func(s *scene) {
		db := s.server("source")
		s.server("replica")
		s.follow("replica", "source", "")
		s.awaitReplica("source", "replica")
		replica := s.dbs["replica"]
		delete(s.dbs, "replica") // not recorded
		time.Sleep(time.Second)
		s.record()
		must(s.t, replica, "STOP REPLICA", "START REPLICA") // is nothing
		time.Sleep(4 * time.Second)
		s.slow = 3 * time.Second
		s.now(timeline.MySQLTopologyChange, "source", map[string]string{"change": "replica_lost", "host": anything, "back_after_seconds": ""})
		must(s.t, replica, "STOP REPLICA")
		for i := range 3 { // the dump thread notices when it has something to send
			must(s.t, db, fmt.Sprintf("CREATE DATABASE shop%d", i))
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(16 * time.Second)
		s.judge()
	})
}

// TestRealGroupReplication: a group of one server begins, loses its member and ends.
func TestRealGroupReplication(t *testing.T) {
	servers.Need(t, servers.KindMySQL)
	s := newScene(t, servers.FlavourMySQL)
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	db := s.server("db1", "plugin_load_add=group_replication.so", "binlog_checksum=NONE")
	must(t, db, "SET GLOBAL group_replication_group_name = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'",
		fmt.Sprintf("SET GLOBAL group_replication_local_address = '127.0.0.1:%d'", port), "SET GLOBAL group_replication_bootstrap_group = ON")
	s.record()
	s.slow = 5 * time.Second
	s.now(timeline.MySQLTopologyChange, "db1", map[string]string{"change": "group_member", "to_state": "ONLINE", "to_role": "PRIMARY"})
	must(t, db, "START GROUP_REPLICATION")
	time.Sleep(5 * time.Second)
	s.now(timeline.MySQLTopologyChange, "db1", map[string]string{"change": "group_member", "from_state": "ONLINE"})
	s.maybe(timeline.MySQLRoleChange, "db1", nil) // a server that leaves its group makes itself read-only
	must(t, db, "STOP GROUP_REPLICATION")
	time.Sleep(4 * time.Second)
	s.judge()
}
