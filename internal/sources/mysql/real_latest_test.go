package mysql

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/lab/servers"
)

// TestLatestOfRealServers stages a row lock that two sessions wait for, and stops a
// replica: both are told within seconds, and nothing of it is a literal or an account.
func TestLatestOfRealServers(t *testing.T) {
	servers.Need(t, servers.KindMariaDB)
	primary, replica := realPair(t)
	_, onPrimary, _ := startRecorder(t, configFor(t, primary))
	_, onReplica, _ := startRecorder(t, configFor(t, replica))
	awaitLatest(t, onPrimary, "nobody waits", func(s live.Server) bool {
		return s.Health == live.Answers && s.Blocking != nil && s.Blocking.Waiting == 0 && s.Connections != nil && s.Connections.Limit > 0
	})
	awaitLatest(t, onReplica, "the replica runs", func(s live.Server) bool {
		return s.Replication != nil && len(s.Replication.Channels) == 1 && !s.Replication.Channels[0].Broken() && s.Replication.Channels[0].Lag != nil
	})

	pool, err := sql.Open("mysql", primary.DSN("shop_app"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	holder, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run(t, holder, "BEGIN", "UPDATE shop.orders SET note = 'canary of the root' WHERE id = 1 AND SLEEP(1) = 0 /* canary */") // long enough to be seen
	var root uint64
	if err := holder.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&root); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		behind(t, primary, "UPDATE shop.orders SET note = 'canary of a victim' WHERE id = 1 -- canary")
	}
	staged := time.Now()
	s := awaitLatest(t, onPrimary, "two sessions wait", func(s live.Server) bool {
		return s.Blocking != nil && len(s.Blocking.Chains) == 1 && s.Blocking.Chains[0].Victims == 2 && s.Blocking.Chains[0].Root.Statement != ""
	})
	t.Logf("the chain was told %v after it was staged: %s", time.Since(staged), asJSON(t, s))
	c := s.Blocking.Chains[0]
	if c.Root.Session != root || c.Root.Account != "the shop application" || c.Root.Doing != live.IdleIn || c.Object != "shop.orders" || c.Class != "row" || c.Guessed || s.Blocking.Waiting != 2 {
		t.Errorf("the root is %d; it is told that %s", root, asJSON(t, s))
	}
	run(t, holder, "ROLLBACK")
	awaitLatest(t, onPrimary, "nobody waits any more", func(s live.Server) bool { return s.Blocking != nil && s.Blocking.Waiting == 0 })

	must(t, replica.Admin, "STOP SLAVE SQL_THREAD")
	stopped := awaitLatest(t, onReplica, "the replica's thread is stopped", func(s live.Server) bool {
		return s.Replication != nil && len(s.Replication.Channels) == 1 && s.Replication.Channels[0].SQL == "No"
	})
	if c := stopped.Replication.Channels[0]; c.IO != "Yes" || c.Lag != nil || !stopped.Trouble() {
		t.Errorf("it is told that %s", asJSON(t, stopped))
	}
	if err := replica.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitLatest(t, onReplica, "the replica is gone", func(s live.Server) bool { return s.Health == live.Unreachable && s.Replication == nil })
}

// realPair is a primary with a table, and its replica.
func realPair(t *testing.T) (primary, replica *servers.DB) {
	t.Helper()
	for _, db := range []**servers.DB{&primary, &replica} {
		one, err := servers.MariaDB(t.Context(), servers.DBOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { one.Close() })
		*db = one
	}
	if err := servers.SetUpReplica(t.Context(), primary, replica); err != nil {
		t.Fatal(err)
	}
	must(t, primary.Admin, "CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(50))", "INSERT INTO shop.orders VALUES (1, 'canary')")
	if err := primary.CreateAccount(t.Context(), "shop_app", "app-pw", "ALL ON shop.*"); err != nil {
		t.Fatal(err)
	}
	for _, db := range []*servers.DB{primary, replica} {
		if err := db.CreateCollectorAccount(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return primary, replica
}

// awaitLatest waits until what is told of a server is as wanted. Whatever is told in
// the meantime holds no literal and no account.
func awaitLatest(t *testing.T, r *Recorder, what string, wanted func(live.Server) bool) live.Server {
	t.Helper()
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "^shop_", Role: "the shop application"}})
	if err != nil {
		t.Fatal(err)
	}
	var s live.Server
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		s = r.Latest(time.Now(), roles)
		if text := asJSON(t, s); strings.Contains(text, "canary") || strings.Contains(text, "shop_app") {
			t.Fatalf("private: %s", text)
		}
		if wanted(s) {
			return s
		}
	}
	t.Fatalf("not so: %s: %s", what, asJSON(t, s))
	return s
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
