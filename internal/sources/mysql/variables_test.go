package mysql

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/lab/servers"
)

func TestShownValue(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"innodb_flush_log_at_trx_commit", "2", "2"},
		{"long_query_time", "10.000000", "10.000000"},
		{"key_buffer_size", "134217728", "134217728"},
		{"sql_mode", "STRICT_TRANS_TABLES,NO_ZERO_DATE", "STRICT_TRANS_TABLES,NO_ZERO_DATE"},
		{"sql_mode", "", ""},
		{"optimizer_switch", "index_merge=on,mrr=off", "index_merge=on,mrr=off"},
		{"time_zone", "Europe/Berlin", "Europe/Berlin"},
		{"tls_version", "TLSv1.2,TLSv1.3", "TLSv1.2,TLSv1.3"},
		{"innodb_data_file_path", "ibdata1:12M:autoextend", "ibdata1:12M:autoextend"},
		{"default_password_lifetime", "90", "90"},
		{"validate_password.policy", "MEDIUM", "MEDIUM"},
		{"disconnect_on_expired_password", "ON", "ON"},
		{"report_password", "12345", facts.Hidden},
		{"wsrep_sst_auth", "sst:hunter2", facts.Hidden},
		{"hashicorp_key_management_token", "s.abcdef", facts.Hidden},
		{"authentication_ldap_simple_bind_root_pwd", "hunter2", facts.Hidden},
		{"file_key_management_filekey", "abc", facts.Hidden},
		{"init_connect", "SET NAMES utf8mb4", facts.Hidden},
		{"init_connect", "COMMIT", facts.Hidden},
		{"datadir", "/var/lib/mysql/", facts.Hidden},
		{"ssl_key", "server-key.pem", "server-key.pem"},
		{"ssl_key", "/etc/mysql/server-key.pem", facts.Hidden},
		{"hostname", "db1", facts.Hidden},
		{"report_host", "db1", facts.Hidden},
		{"mandatory_roles", "reader@%", facts.Hidden},
		{"plugin_thing", "SELECT password('x')", facts.Hidden},
		{"plugin_thing", strings.Repeat("a", maxVariableValue+1), facts.Hidden},
	} {
		if got := shownValue(tt.name, tt.value); got != tt.want {
			t.Errorf("%s = %q is shown as %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
	for _, name := range []string{"gtid_executed", "pseudo_thread_id", "innodb_buffer_pool_dump_now", "rand_seed1", "read_only", "super_read_only", "timestamp"} {
		if !movesByItself(name) {
			t.Errorf("%s is followed", name)
		}
	}
	for _, name := range []string{"gtid_mode", "gtid_domain_id", "innodb_buffer_pool_dump_at_shutdown", "innodb_flush_log_at_trx_commit", "server_id"} {
		if movesByItself(name) {
			t.Errorf("%s is not followed", name)
		}
	}
}

// TestRealVariables changes variables in every way that both flavours have.
func TestRealVariables(t *testing.T) {
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		c := configFor(t, db)
		w, _ := start(t, c)
		began := time.Now().Add(-time.Minute)
		first := variablesOf(w.await(t, "the first look", began, func(k store.Tick) bool { return variablesOf(k) != nil }))
		if len(first.All) < 500 || first.Since != nil || first.All["innodb_flush_log_at_trx_commit"] != "0" || first.All["datadir"] != facts.Hidden {
			t.Errorf("%d variables since %v", len(first.All), first.Since)
		}
		change := func(statement, name, from, to string) facts.VariableChange {
			t.Helper()
			began := time.Now()
			must(t, db.Admin, statement)
			k := w.await(t, statement, began, func(k store.Tick) bool { return variablesOf(k) != nil })
			look := variablesOf(k)
			if len(look.Changes) != 1 || look.Since == nil {
				t.Fatalf("%+v", look)
			}
			got := look.Changes[0]
			if got.Name != name || got.From != from || got.To != to {
				t.Errorf("%+v", got)
			}
			if db.Flavour == servers.FlavourMySQL && (got.SetAt == nil || got.SetAt.Before(began.Add(-time.Second)) || got.SetAt.After(k.Heartbeat.At) || got.SetBy != "root") {
				t.Errorf("set at %v by %s", got.SetAt, got.SetBy)
			}
			return got
		}
		global := change("SET GLOBAL innodb_flush_log_at_trx_commit = 1", "innodb_flush_log_at_trx_commit", "0", "1")
		if global.Shared {
			t.Error("sessions have no innodb_flush_log_at_trx_commit")
		}
		both := change("SET GLOBAL long_query_time = 7", "long_query_time", "10.000000", "7.000000")
		if db.Flavour == servers.FlavourMySQL {
			if !both.Shared {
				t.Error("sessions have a long_query_time")
			}
			change("SET PERSIST max_connections = 90", "max_connections", "100", "90")
		}
		secret := change("SET GLOBAL init_connect = 'SET @canary = 1'", "init_connect", "", facts.Hidden)
		if strings.Contains(fmt.Sprint(secret), "canary") {
			t.Errorf("%+v", secret)
		}

		began = time.Now()
		edit(t, filepath.Join(db.Dir, "my.cnf"), "log_output=FILE", "log_output=NONE")
		if err := db.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, change := range variablesOf(w.await(t, "another configuration", began, func(k store.Tick) bool { return variablesOf(k) != nil })).Changes {
			found[change.Name] = change.From + " → " + change.To
		}
		if found["log_output"] != "FILE → NONE" || found["long_query_time"] != "7.000000 → 10.000000" || found["max_connections"] != "" {
			t.Errorf("after the restart: %v", found)
		}
	})
}

func variablesOf(k store.Tick) *facts.Variables {
	for _, f := range k.Facts {
		if v, err := facts.Read[facts.Variables](f); f.Kind == facts.KindVariables && err == nil {
			return &v
		}
	}
	return nil
}

func edit(t *testing.T, path, before, after string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("%s has no %s (%v)", path, before, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
}
