package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// firstDraftLimit is the bar: from an alert to its first draft.
const firstDraftLimit = time.Minute

// TestFromAnAlertToAFinishedDraft: a target goes down, a real Prometheus fires, a
// real Alertmanager tells the daemon, and nobody does anything: there is a first
// draft, and after the recovery the final one, in the same directory.
func TestFromAnAlertToAFinishedDraft(t *testing.T) {
	for _, versions := range []struct{ prometheus, alertmanager string }{
		{servers.Prometheus242, servers.Alertmanager025}, {servers.Prometheus35, servers.Alertmanager033},
	} {
		t.Run(versions.prometheus+" and "+versions.alertmanager, func(t *testing.T) {
			servers.Need(t, servers.KindMariaDB, servers.KindPrometheus2, servers.KindPrometheus3, servers.KindAlertmanager25, servers.KindAlertmanager33)
			s := newAlerted(t, versions.prometheus, versions.alertmanager)
			time.Sleep(3 * time.Second) // a little of what is normal

			s.target.down(true)
			broken := time.Now()
			s.awaitDraft(t, "first")
			if took := time.Since(broken); took > firstDraftLimit {
				t.Errorf("the first draft was there %v after the target went down", took)
			}
			s.awaitDraft(t, "refresh")
			s.target.down(false)
			s.awaitDraft(t, "final")
			s.daemon.stop(t)

			dirs, err := filepath.Glob(filepath.Join(s.out, "*"))
			if err != nil || len(dirs) != 1 {
				t.Fatalf("the directories of drafts are %v (%v), want one", dirs, err)
			}
			s.judge(t, dirs[0])
			if code := run(t.Context(), []string{"verify", dirs[0]}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
				t.Errorf("verify ends with %d", code)
			}
			eventually(t, "the notifications", s.daemon.log.String, func() bool { return slices.Contains(s.told.kinds(), "final") })
			if kinds := s.told.kinds(); kinds[0] != "opened" || kinds[1] != "drafted" || kinds[len(kinds)-1] != "final" {
				t.Errorf("told were %v", kinds)
			}
		})
	}
}

// alerted is a daemon with everything that tells it of incidents.
type alerted struct {
	daemon *runningDaemon
	out    string // where the drafts go
	target *target
	told   *hearer
}

func newAlerted(t *testing.T, prometheusVersion, alertmanagerVersion string) *alerted {
	t.Helper()
	s := &alerted{out: filepath.Join(t.TempDir(), "postmortems"), target: newTarget(t), told: newHearer(t)}
	db, err := servers.MariaDB(t.Context(), servers.DBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.CreateCollectorAccount(t.Context()); err != nil {
		t.Fatal(err)
	}
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	manager, err := servers.Alertmanager(t.Context(), servers.AlertmanagerOptions{Version: alertmanagerVersion, Config: fmt.Sprintf(
		"route: {receiver: collector, group_by: [cluster], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n"+
			"receivers: [{name: collector, webhook_configs: [{url: 'http://127.0.0.1:%d/api/v1/alertmanager'}]}]\n", port)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	prometheus, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
		Version: prometheusVersion, Alertmanager: manager.Addr,
		Targets: []servers.ScrapeTarget{{Job: "shop", Addr: s.target.addr(), Labels: map[string]string{"cluster": "shop", "instance": "shop:80"}}},
		Rules:   "groups: [{name: shop, rules: [{alert: ShopDown, expr: 'up{job=\"shop\"} == 0', labels: {severity: critical}}]}]\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prometheus.Close() })
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	config := filepath.Join(dir, "collector.yaml")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %s}\nserver: {listen: '127.0.0.1:%d'}\nreport: {out: %s}\n"+
		"prometheus: [{name: main, url: %s}]\n"+
		"mysql: [{name: db1, cluster: shop, address: '%s', user: %s, password_file: %s}]\n"+
		"incidents: {lead: 10s, settle: 3s, merge_gap: 3s, refresh: 10s}\nnotify: [{name: chat, url: '%s'}]\n",
		filepath.Join(dir, "store"), port, s.out, prometheus.URL, db.Addr(), servers.CollectorAccount, password, s.told.URL)
	for file, content := range map[string]string{password: db.Password(servers.CollectorAccount), config: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.daemon = startDaemon(t, config)
	return s
}

// awaitDraft waits until the daemon says that it wrote a draft of a step.
func (s *alerted) awaitDraft(t *testing.T, step string) {
	t.Helper()
	written := regexp.MustCompile(`msg="draft written" .*step=` + step)
	eventually(t, "the "+step+" draft", s.daemon.log.String, func() bool { return written.MatchString(s.daemon.log.String()) })
}

// judge reads the final draft.
func (s *alerted) judge(t *testing.T, dir string) {
	t.Helper()
	bundle, err := report.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, e := range bundle.Timeline.Events {
		t.Logf("%s on %s: %s", e.Kind, e.Target, e.Summary)
		if e.Kind == timeline.Alert && e.Attributes["alertname"] == "ShopDown" {
			alerts++
			if e.End == nil {
				t.Error("the final draft does not know that the alert was resolved")
			}
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts in the final draft, want one", alerts)
	}
	if !slices.ContainsFunc(bundle.Timeline.Checks, func(c timeline.Check) bool { return c.Source == "mysql" && c.Target == "db1" }) {
		t.Error("the final draft holds nothing of the recording")
	}
}

// target is something to scrape that can be down.
type target struct {
	*httptest.Server
	mu     sync.Mutex
	broken bool
}

func newTarget(t *testing.T) *target {
	x := &target{}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.broken {
			http.Error(w, "down", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "shop_requests_total 1")
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *target) addr() string { return x.Listener.Addr().String() }

func (x *target) down(broken bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.broken = broken
}

// hearer is told the steps of incidents.
type hearer struct {
	*httptest.Server
	mu    sync.Mutex
	heard []string
}

func newHearer(t *testing.T) *hearer {
	h := &hearer{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var step struct {
			Step string `json:"step"`
		}
		if err := json.NewDecoder(r.Body).Decode(&step); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.heard = append(h.heard, step.Step)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hearer) kinds() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.heard)
}
