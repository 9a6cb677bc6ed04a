package prometheus

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

func exporters() map[string]servers.Kind {
	return map[string]servers.Kind{servers.Exporter014: servers.KindExporter14, servers.Exporter019: servers.KindExporter19}
}

// TestReplicationPack lets a real replica of each flavour fall behind, watched by
// both versions of mysqld_exporter.
func TestReplicationPack(t *testing.T) {
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		t.Run(flavour, func(t *testing.T) {
			servers.Need(t, kind, servers.KindExporter14, servers.KindExporter19, servers.KindPrometheus3)
			t.Parallel()
			primary, replica := replicating(t, flavour)
			proms := map[string]*servers.HTTPServer{}
			for version := range exporters() {
				proms[version] = watched(t, version, primary, replica)
			}
			time.Sleep(18 * time.Second) // 5 s until the first scrape, and a baseline
			from := time.Now()
			fallBehind(t, primary, replica, 17*time.Second)
			stopped := time.Now()
			stopApplying(t, replica, 6*time.Second)
			to := time.Now()
			for version, prom := range proms {
				src := realSource(t, Config{URL: prom.URL, Packs: []string{"mysqld_exporter"}},
					sources.Target{Name: "primary", Labels: map[string]string{"instance": "db1:9104"}}, sources.Target{Name: "replica", Labels: map[string]string{"instance": "db2:9104"}})
				f := draftOf(t, src, timeline.Window{From: from, To: to}, timeline.Scope{})
				checkLag(t, f, from, stopped, version == servers.Exporter014 && flavour == servers.FlavourMySQL, flavour+" with exporter "+version)
			}
		})
	}
}

func checkLag(t *testing.T, f timeline.Findings, from, stopped time.Time, blind bool, who string) {
	t.Helper()
	var lag, stop []timeline.Event
	for _, e := range f.Events {
		t.Logf("%s: %s %s %s", who, e.Target, timeline.FormatTime(e.Start.At), e.Summary)
		switch e.Attributes["signal"] {
		case "replication_lag":
			lag = append(lag, e)
		case "replica_sql_running":
			stop = append(stop, e)
		case "replica_io_running", "mysql_up":
			t.Errorf("%s: %s", who, e.Summary)
		}
	}
	said := false
	for _, g := range f.Gaps {
		t.Logf("%s: gap: %s: %s", who, g.Target, g.Reason)
		said = said || strings.Contains(g.Reason, "slave_status") && g.Target == "replica"
	}
	for _, c := range f.Checks {
		t.Logf("%s: check: %s", who, c.LookedFor)
	}
	if blind {
		if len(lag)+len(stop) != 0 || !said {
			t.Errorf("%s: it reads no replication status: %d events, said so: %t", who, len(lag)+len(stop), said)
		}
		return
	}
	if len(lag) != 1 || lag[0].Target != "replica" || len(stop) != 1 || stop[0].Target != "replica" || said {
		t.Fatalf("%s: %+v, %+v, a gap is said: %t", who, lag, stop, said)
	}
	if d := stop[0].Start.At.Sub(stopped).Abs(); d > 2*time.Second {
		t.Errorf("%s: the SQL thread's stop is %s off", who, d)
	}
	// The signal leaves its band at 10 s; its own start is not the lag's.
	if d := lag[0].Start.At.Sub(from); d < 8*time.Second || d > 14*time.Second {
		t.Errorf("%s: the lag leaves its baseline %s after it began", who, d)
	}
}

// replicating starts a primary and a replica that has a table.
func replicating(t *testing.T, flavour string) (primary, replica *servers.DB) {
	t.Helper()
	for _, db := range []**servers.DB{&primary, &replica} {
		started, err := servers.Database(t.Context(), flavour, servers.DBOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { started.Close() })
		*db = started
	}
	if err := servers.SetUpReplica(t.Context(), primary, replica); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"CREATE DATABASE shop", "CREATE TABLE shop.t (a INT)"} {
		if _, err := primary.Admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := servers.AwaitReplica(t.Context(), primary, replica, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	return primary, replica
}

// watched scrapes an exporter of one version for each server.
func watched(t *testing.T, version string, primary, replica *servers.DB) *servers.HTTPServer {
	t.Helper()
	var targets []servers.ScrapeTarget
	for instance, db := range map[string]*servers.DB{"db1:9104": primary, "db2:9104": replica} {
		exporter, err := servers.MySQLdExporter(t.Context(), db, version)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { exporter.Close() })
		targets = append(targets, servers.ScrapeTarget{Job: "mysql", Addr: exporter.Addr, Labels: map[string]string{"instance": instance}})
	}
	prom, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{Version: servers.Prometheus35, Targets: targets})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prom.Close() })
	return prom
}

// fallBehind locks the replica's table while the primary writes.
func fallBehind(t *testing.T, primary, replica *servers.DB, long time.Duration) {
	t.Helper()
	holder, err := replica.Admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if _, err := holder.ExecContext(t.Context(), "LOCK TABLES shop.t WRITE"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if _, err := primary.Admin.ExecContext(t.Context(), "INSERT INTO shop.t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
	}
}

// stopApplying stops the replica's SQL thread for a while.
func stopApplying(t *testing.T, replica *servers.DB, long time.Duration) {
	t.Helper()
	for i, statement := range []string{"STOP REPLICA SQL_THREAD", "START REPLICA SQL_THREAD"} {
		if _, err := replica.Admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			time.Sleep(long)
		}
	}
}
