package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"collector/lab/servers"
)

// histogramPart is what a histogram's series are called behind its name.
var histogramPart = regexp.MustCompile(`_(bucket|count|sum)$`)

// TestContribMetricsExist: every metric that the alerts, the dashboard and the table
// of the documentation name is told by a running daemon, or after its first draft;
// and the table lacks none of collector's.
func TestContribMetricsExist(t *testing.T) {
	db := realServer(t)
	c := newDaemonConfig(t, db)
	bench := newBench(t)
	c.write(t, c.server("db1", "200ms"), "prometheus: [{name: main, url: '"+bench.prometheus+"'}]\nnotify: [{name: chat, url: 'http://127.0.0.1:1/'}]\n")
	d := startDaemon(t, c.path)
	names := map[string]bool{}
	eventually(t, "the metrics of a server that is recorded, and of a source that was checked", d.log.String, func() bool {
		text := d.metrics(t)
		for line := range strings.Lines(text) {
			if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
				name, kind, _ := strings.Cut(strings.TrimSpace(rest), " ")
				names[name] = true
				if kind == "histogram" {
					names[name+"_bucket"], names[name+"_count"], names[name+"_sum"] = true, true, true
				}
			}
		}
		return strings.Contains(text, `collector_recorder_part_last_read_timestamp_seconds{part="digests",server="db1"}`) && strings.Contains(text, `collector_source_up{source="prometheus/main"} 1`)
	})
	for _, f := range ours(afterADraft(t).Gather()) {
		if strings.HasPrefix(f.GetName(), "collector_source_last_") {
			names[f.GetName()] = true // only a draft makes them
		}
	}
	for _, file := range []string{"contrib/alerts.yml", "contrib/grafana-dashboard.json", "docs/operations.md"} {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		found := metricName.FindAllString(string(text), -1)
		for name := range names {
			if file == "docs/operations.md" && strings.HasPrefix(name, namespace+"_") && !slices.Contains(found, name) && !histogramPart.MatchString(name) {
				t.Errorf("%s lacks %s", file, name)
			}
		}
		if len(found) < 10 {
			t.Errorf("%s names %d metrics", file, len(found))
		}
		for _, name := range found {
			if !names[name] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
	}
	if code, _ := d.stop(t); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestAlerts checks and tests the alert rules with Prometheus's own tool.
func TestAlerts(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = "../../contrib"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestDashboard: the file is what Grafana imports, and no panel hides another.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../contrib/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		UID    string
		Title  string
		Panels []dashboardPanel
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if board.UID == "" || len(board.UID) > 40 || board.Title == "" {
		t.Errorf("%q %q", board.UID, board.Title)
	}
	for _, p := range board.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s asks nothing", p.Title)
		}
	}
	noOverlap(t, board.Panels)
}

// TestUnit has systemd verify the unit and judge its sandbox: an exposure of 1.5 at most.
func TestUnit(t *testing.T) {
	servers.Need(t, servers.KindSystemd)
	text, err := os.ReadFile("../../contrib/collector.service")
	if err != nil {
		t.Fatal(err)
	}
	// It looks for the program, which is not installed here.
	unit := filepath.Join(t.TempDir(), "collector.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/collector", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", "--man=no", "--recursive-errors=no"}, {"security", "--offline=true", "--no-pager", "--threshold=15"}} {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", append(args, unit)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		t.Logf("%s", out[max(0, len(out)-200):])
	}
}

// TestHealthcheck: what the image runs says whether the daemon lives.
func TestHealthcheck(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "collector.yaml")
	text := "storage: {path: " + filepath.Join(dir, "store") + "}\nmysql: [{name: db1, address: '127.0.0.1:1', user: collector}]\n"
	if err := os.WriteFile(path, []byte(text+"server: {listen: '127.0.0.1:0'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, path)
	_, port, _ := strings.Cut(strings.TrimPrefix(d.url, "http://"), ":")
	if err := os.WriteFile(path, []byte(text+fmt.Sprintf("server: {listen: ':%s'}\n", port)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	check := func() int {
		return run(t.Context(), []string{"healthcheck", "-c", path}, app{stdout: &out, stderr: &out})
	}
	if code := check(); code != exitOK {
		t.Errorf("a daemon that lives: %d %s", code, &out)
	}
	d.stop(t)
	if code := check(); code != exitFailed || !strings.Contains(out.String(), "does not answer") {
		t.Errorf("a daemon that stopped: %d %s", code, &out)
	}
}
