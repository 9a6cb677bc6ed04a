package servers_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"collector/lab/servers"
)

func start(t *testing.T, flavour string, opts servers.DBOptions) *servers.DB {
	t.Helper()
	db, err := servers.Database(t.Context(), flavour, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestDatabases(t *testing.T) {
	for flavour, kind := range map[string]servers.Kind{"mariadb": servers.KindMariaDB, "mysql": servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			ctx := t.Context()
			primary := start(t, flavour, servers.DBOptions{})
			replica := start(t, flavour, servers.DBOptions{Lines: []string{"read_only=ON"}})
			if err := servers.SetUpReplica(ctx, primary, replica); err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{"CREATE DATABASE shop", "CREATE TABLE shop.t (a INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (7)"} {
				if _, err := primary.Admin.ExecContext(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := servers.AwaitReplica(ctx, primary, replica, 10*time.Second); err != nil {
				t.Fatal(err)
			}
			expectSeven(t, replica)

			if err := primary.Restart(ctx); err != nil {
				t.Fatal(err)
			}
			if err := primary.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := primary.Start(ctx); err != nil {
				t.Fatal(err)
			}
			expectSeven(t, primary)
			expectCollectorAccount(t, primary)
		})
	}
}

func expectSeven(t *testing.T, db *servers.DB) {
	t.Helper()
	var a int
	if err := db.Admin.QueryRowContext(t.Context(), "SELECT a FROM shop.t").Scan(&a); err != nil || a != 7 {
		t.Fatalf("got %d, %v", a, err)
	}
}

// expectCollectorAccount checks that the account may watch and may not read.
func expectCollectorAccount(t *testing.T, db *servers.DB) {
	t.Helper()
	if err := db.CreateCollectorAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := sql.Open("mysql", db.DSN(servers.CollectorAccount))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SHOW REPLICAS"); err != nil && db.Flavour == servers.FlavourMySQL {
		t.Errorf("the collector account may not list replicas: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "SELECT * FROM shop.t"); err == nil {
		t.Error("the collector account can read a user's table")
	}
}

func TestFailureQuotesLog(t *testing.T) {
	servers.Need(t, servers.KindMariaDB)
	db, err := servers.MariaDB(t.Context(), servers.DBOptions{Lines: []string{"no_such_variable=1"}})
	if err == nil {
		db.Close()
		t.Fatal("a server with a bad configuration started")
	}
	if !strings.Contains(err.Error(), "no_such_variable") {
		t.Errorf("the error does not quote the log: %v", err)
	}
}

func TestMonitoring(t *testing.T) {
	for _, tt := range []struct {
		flavour, prometheus, alertmanager, exporter string
		kinds                                       []servers.Kind
	}{
		{"mariadb", servers.Prometheus242, servers.Alertmanager025, servers.Exporter014, []servers.Kind{servers.KindMariaDB, servers.KindPrometheus2, servers.KindAlertmanager25, servers.KindExporter14}},
		{"mysql", servers.Prometheus35, servers.Alertmanager033, servers.Exporter019, []servers.Kind{servers.KindMySQL, servers.KindPrometheus3, servers.KindAlertmanager33, servers.KindExporter19}},
	} {
		t.Run(tt.prometheus, func(t *testing.T) {
			servers.Need(t, tt.kinds...)
			t.Parallel()
			db := start(t, tt.flavour, servers.DBOptions{})
			exporter, err := servers.MySQLdExporter(t.Context(), db, tt.exporter)
			if err != nil {
				t.Fatal(err)
			}
			defer exporter.Close()
			alertmanager, err := servers.Alertmanager(t.Context(), servers.AlertmanagerOptions{Version: tt.alertmanager})
			if err != nil {
				t.Fatal(err)
			}
			defer alertmanager.Close()
			prometheus, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
				Version: tt.prometheus, Alertmanagers: []string{alertmanager.Addr},
				Targets: []servers.ScrapeTarget{{Job: "mysql", Addr: exporter.Addr, Labels: map[string]string{"instance": "db1:9104"}}},
				Rules:   "groups: [{name: g, rules: [{alert: Always, expr: mysql_up == 1, labels: {severity: page}}]}]",
			})
			if err != nil {
				t.Fatal(err)
			}
			defer prometheus.Close()
			await(t, prometheus.URL+`/api/v1/query?query=mysql_up{instance="db1:9104"}`, `"1"]`)
			await(t, alertmanager.URL+"/api/v2/alerts", `"alertname":"Always"`)
		})
	}
}

func await(t *testing.T, url, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var body []byte
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.ReplaceAll(url, `"`, "%22"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			body, _ = io.ReadAll(resp.Body)
			resp.Body.Close()
			if strings.Contains(string(body), want) {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s never answered %s; last: %s", url, want, body)
}
