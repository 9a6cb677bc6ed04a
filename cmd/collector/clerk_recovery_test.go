package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/lab/servers"
)

// TestWaitsForTheSignals: the alerts are resolved, but a metric is not back in its
// baseline. The final draft waits for it; for one that has found a new level it waits
// recovery_wait, and says so.
func TestWaitsForTheSignals(t *testing.T) {
	servers.Need(t, servers.KindMariaDB, servers.KindPrometheus3)
	for _, tt := range []struct {
		name, wait string
		back       bool
		says       string
	}{
		{"it comes back", "10m", true, "with the recovery"},
		{"it has found a new level", "8s", false, "what had not come back by then: queue on shop"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newWaiting(t, tt.wait)
			time.Sleep(25 * time.Second) // what is normal: at least 8 scrapes before the window
			s.queue.Store(500)
			began := time.Now()
			time.Sleep(8 * time.Second)
			s.post(t, "firing", began, time.Time{})
			s.says(t, "step=first")
			ended := time.Now().Truncate(time.Millisecond)
			s.post(t, "resolved", began, ended)
			settled := ended.Add(waitingSettle)
			eventually(t, "a draft saw that the queue is not back", s.daemon.log.String, func() bool {
				r := s.incident(t).Draft.Recovery
				return !r.Until.Before(settled) && strings.Contains(strings.Join(r.Open, " "), "queue on shop")
			})
			if i := s.incident(t); tt.back && i.State != incident.StateSettling {
				t.Errorf("the incident is %s, want it to wait", i.State)
			}
			if tt.back {
				s.queue.Store(0)
			}
			s.says(t, "step=final")
			i := s.incident(t)
			if i.State != incident.StateClosed || !i.Window.To.After(settled) {
				t.Errorf("it is %s, its window %s ends before %s", i.State, i.Window, settled)
			}
			document, err := os.ReadFile(filepath.Join(i.Draft.Dir, "postmortem.md"))
			if err != nil || !strings.Contains(string(document), tt.says) {
				t.Errorf("the document does not say %q (%v):\n%s", tt.says, err, document)
			}
		})
	}
}

// waitingSettle is the configuration's settle.
const waitingSettle = 3 * time.Second

// waiting is a daemon with a Prometheus that scrapes a queue, and no Alertmanager.
type waiting struct {
	daemon *runningDaemon
	config daemonConfig
	queue  atomic.Int64
}

func newWaiting(t *testing.T, wait string) *waiting {
	t.Helper()
	s := &waiting{}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "shop_queue %d\n", s.queue.Load())
	}))
	t.Cleanup(shop.Close)
	prometheus, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{Version: servers.Prometheus35, Targets: []servers.ScrapeTarget{
		{Job: "shop", Addr: shop.Listener.Addr().String(), Labels: map[string]string{"cluster": "shop", "instance": "shop"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prometheus.Close() })
	s.config = newDaemonConfig(t, realServer(t))
	s.config.write(t, s.config.server("db1", "1s"),
		"prometheus: [{name: main, url: '"+prometheus.URL+"', signals: [{name: queue, query: shop_queue, unit: orders, min_change: 10}]}]\n",
		"report: {out: "+filepath.Join(filepath.Dir(s.config.path), "postmortems")+"}\n",
		"incidents: {lead: 5s, settle: "+waitingSettle.String()+", merge_gap: 3s, refresh: 10s, recovery_wait: "+wait+"}\n")
	s.daemon = startDaemon(t, s.config.path)
	return s
}

// post sends what Alertmanager would.
func (s *waiting) post(t *testing.T, status string, began, ended time.Time) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"version": "4", "receiver": "collector", "groupKey": "k", "alerts": []any{map[string]any{
		"status": status, "labels": map[string]string{"alertname": "QueueLong", "cluster": "shop", "severity": "critical"}, "startsAt": began, "endsAt": ended}}})
	if err != nil {
		t.Fatal(err)
	}
	if code, text := answer(http.Post(s.daemon.url+"/api/v1/alertmanager", "application/json", strings.NewReader(string(body)))); code != http.StatusOK {
		t.Fatalf("answered %d %s", code, text)
	}
}

// says waits until the log says that a draft was written.
func (s *waiting) says(t *testing.T, step string) {
	t.Helper()
	eventually(t, step, s.daemon.log.String, func() bool { return strings.Contains(s.daemon.log.String(), step+" dir=") })
}

func (s *waiting) incident(t *testing.T) incident.Incident {
	t.Helper()
	return theIncident(t, s.config.path)
}
