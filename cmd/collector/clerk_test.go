package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/sources/alertmanager"
	"collector/internal/timeline"
	"collector/lab/servers"
	"collector/lab/standin"
)

// firstDraftLimit is the bar: from an alert to its first draft.
const firstDraftLimit = time.Minute

// TestFromAnAlertToAFinishedDraft: a target goes down, a real Prometheus fires, a
// real Alertmanager tells the daemon, and nobody does anything: there is a first
// draft, and after the recovery the final one, in the same directory. Of a highly
// available pair both halves are told and tell, until one of them is stopped.
func TestFromAnAlertToAFinishedDraft(t *testing.T) {
	for _, around := range []surroundings{
		{servers.Prometheus242, servers.Alertmanager025, true}, {servers.Prometheus35, servers.Alertmanager033, false},
	} {
		t.Run(around.prometheus+" and "+around.alertmanager, func(t *testing.T) {
			servers.Need(t, servers.KindMariaDB, servers.KindPrometheus2, servers.KindPrometheus3, servers.KindAlertmanager25, servers.KindAlertmanager33)
			s := newAlerted(t, around)
			s.daemon = startDaemon(t, s.config)
			time.Sleep(3 * time.Second) // a little of what is normal

			s.target.down(true)
			broken := time.Now()
			s.awaitDraft(t, "first")
			if took := time.Since(broken); took > firstDraftLimit {
				t.Errorf("the first draft was there %v after the target went down", took)
			}
			s.awaitDraft(t, "refresh")
			s.expectManagers(t)
			if around.pair {
				if err := s.managers[0].Stop(); err != nil {
					t.Fatal(err)
				}
			}
			s.target.down(false)
			s.awaitDraft(t, "final")
			s.followLink(t)
			s.daemon.stop(t)

			dirs, err := filepath.Glob(filepath.Join(s.out, "*"))
			if err != nil || len(dirs) != 1 {
				t.Fatalf("the directories of drafts are %v (%v), want one", dirs, err)
			}
			s.judge(t, dirs[0])
			s.judgeAnnotation(t)
			if code := run(t.Context(), []string{"verify", dirs[0]}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
				t.Errorf("verify ends with %d", code)
			}
			eventually(t, "the notifications", s.daemon.log.String, func() bool { return slices.Contains(s.told.kinds(), "final") })
			if kinds := s.told.kinds(); !slices.Equal(kinds, []string{"opened", "drafted", "final"}) {
				t.Errorf("told were %v", kinds)
			}
			if i := theIncident(t, s.config); i.Count != 1 || i.Alerts[0].Ended != incident.WasResolved {
				t.Errorf("the incident is %+v", i)
			}
		})
	}
}

// surroundings are the servers that tell of alerts.
type surroundings struct {
	prometheus, alertmanager string // versions
	pair                     bool   // of Alertmanagers
}

// alerted is a daemon's configuration with everything that tells it of incidents.
type alerted struct {
	config   string         // the file
	url      string         // of the daemon
	out      string         // where the drafts go
	daemon   *runningDaemon // that was started with it
	managers []*servers.HTTPServer
	target   *target
	told     *hearer
	grafana  *standin.Grafana
}

func newAlerted(t *testing.T, around surroundings) *alerted {
	t.Helper()
	dir := t.TempDir()
	s := &alerted{config: filepath.Join(dir, "collector.yaml"), out: filepath.Join(dir, "postmortems"), target: newTarget(t), told: newHearer(t)}
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
	s.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	s.managers = startManagers(t, around, s.url)
	prometheus := s.startPrometheus(t, around.prometheus)
	s.grafana = &standin.Grafana{Tokens: map[string]string{"": standin.Editor}}
	grafana := httptest.NewServer(s.grafana)
	t.Cleanup(grafana.Close)
	managers := ""
	for i, m := range s.managers {
		managers += fmt.Sprintf("  - {name: am%d, url: %s}\n", i, m.URL)
	}
	password := filepath.Join(dir, "password")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %s}\nserver: {listen: '127.0.0.1:%d', external_url: '%s/'}\nreport: {out: %s}\n"+
		"prometheus: [{name: main, url: %s}]\nalertmanager:\n%s"+
		"mysql: [{name: db1, cluster: shop, address: '%s', user: %s, password_file: %s}]\n"+
		"grafana: {url: '%s', annotate: true}\nincidents: {lead: 10s, settle: 3s, merge_gap: 3s, refresh: 10s}\nnotify: [{name: chat, url: '%s'}]\n",
		filepath.Join(dir, "store"), port, s.url, s.out, prometheus.URL, managers, db.Addr(), servers.CollectorAccount, password, grafana.URL, s.told.URL)
	for file, content := range map[string]string{password: db.Password(servers.CollectorAccount), s.config: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// startManagers starts Alertmanagers that tell the daemon at a URL.
func startManagers(t *testing.T, around surroundings, url string) []*servers.HTTPServer {
	t.Helper()
	opts := servers.AlertmanagerOptions{Version: around.alertmanager, Config: fmt.Sprintf(
		"route: {receiver: collector, group_by: [cluster], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n"+
			"receivers: [{name: collector, webhook_configs: [{url: '%s/api/v1/alertmanager'}]}]\n", url)}
	var managers []*servers.HTTPServer
	var err error
	if around.pair {
		managers, err = servers.AlertmanagerPair(t.Context(), opts)
	} else {
		managers = make([]*servers.HTTPServer, 1)
		managers[0], err = servers.Alertmanager(t.Context(), opts)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, m := range managers {
			m.Close()
		}
	})
	return managers
}

// startPrometheus starts one that fires when the target is down, to all Alertmanagers.
func (s *alerted) startPrometheus(t *testing.T, version string) *servers.HTTPServer {
	t.Helper()
	var managers []string
	for _, m := range s.managers {
		managers = append(managers, m.Addr)
	}
	prometheus, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
		Version: version, Alertmanagers: managers,
		Targets: []servers.ScrapeTarget{{Job: "shop", Addr: s.target.addr(), Labels: map[string]string{"cluster": "shop", "instance": "shop:80"}}},
		Rules:   "groups: [{name: shop, rules: [{alert: ShopDown, expr: 'up{job=\"shop\"} == 0', labels: {severity: critical}}]}]\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prometheus.Close() })
	return prometheus
}

// expectManagers checks that each Alertmanager has the alert, and that the daemon's
// metrics know each.
func (s *alerted) expectManagers(t *testing.T) {
	t.Helper()
	for i, m := range s.managers {
		client, err := alertmanager.New(alertmanager.Config{URL: m.URL})
		if err != nil {
			t.Fatal(err)
		}
		if held, err := client.Active(t.Context()); err != nil || held.Len() != 1 {
			t.Errorf("Alertmanager %d holds %d alerts, %v", i, held.Len(), err)
		}
		if want := fmt.Sprintf(`collector_source_up{source="alertmanager/am%d"} 1`, i); !strings.Contains(s.daemon.metrics(t), want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
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
			if len(slices.DeleteFunc(slices.Clone(e.Evidence), func(id string) bool { return !strings.HasPrefix(id, "webhook-") })) == 0 || e.Source != "prometheus" {
				t.Errorf("the alert of %s cites %v, want both witnesses", e.Source, e.Evidence)
			}
			if e.End == nil {
				t.Error("the final draft does not know that the alert was resolved")
			}
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts in the final draft, want one: Prometheus and the webhook tell of the same", alerts)
	}
	if !slices.ContainsFunc(bundle.Timeline.Checks, func(c timeline.Check) bool { return c.Source == "mysql" && c.Target == "db1" }) {
		t.Error("the final draft holds nothing of the recording")
	}
}

// followLink reads the document as somebody who was told of it does.
func (s *alerted) followLink(t *testing.T) {
	t.Helper()
	link := s.url + "/incidents/" + theIncident(t, s.config).ID
	answer, err := http.Get(link) //nolint:gosec // of this test's own daemon
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "ShopDown") {
		t.Errorf("%s answers %s (%v): %.200q", link, answer.Status, err, page)
	}
	eventually(t, "the link to the final draft", s.daemon.log.String, func() bool { return slices.Contains(s.told.links(), link) })
}

// judgeAnnotation checks that Grafana shows one annotation that leads to the draft.
func (s *alerted) judgeAnnotation(t *testing.T) {
	t.Helper()
	link := fmt.Sprintf("<a href=\"%s/incidents/%s\">the draft</a>", s.url, theIncident(t, s.config).ID)
	if len(s.grafana.Annotations) != 1 || !strings.Contains(fmt.Sprint(s.grafana.Annotations[0]["text"]), link) {
		t.Errorf("the annotations are %v, want one with %s", s.grafana.Annotations, link)
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
	heard []string // steps
	urls  []string // of drafts
}

func newHearer(t *testing.T) *hearer {
	h := &hearer{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var step struct {
			Step  string `json:"step"`
			Draft struct {
				URL string `json:"url"`
			} `json:"draft"`
		}
		if err := json.NewDecoder(r.Body).Decode(&step); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.heard, h.urls = append(h.heard, step.Step), append(h.urls, step.Draft.URL)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hearer) links() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.urls)
}

func (h *hearer) kinds() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.heard)
}
