package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/lab/servers"
)

var update = flag.Bool("update", false, "record anew what real Alertmanagers send")

// releases are the Alertmanagers that the lab has.
var releases = []struct {
	version string
	kind    servers.Kind
}{{servers.Alertmanager025, servers.KindAlertmanager25}, {servers.Alertmanager033, servers.KindAlertmanager33}}

// tape records the bodies that a server is sent.
type tape struct {
	next   http.Handler
	mu     sync.Mutex
	bodies [][]byte
}

func (r *tape) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodPost {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		r.mu.Lock()
		r.bodies = append(r.bodies, body)
		r.mu.Unlock()
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.next.ServeHTTP(w, req)
}

// example is contrib/alertmanager.yml with our address in place of the usual one,
// and with waits that a test can stand.
func example(t *testing.T, addr string) string {
	t.Helper()
	text, err := os.ReadFile("../../contrib/alertmanager.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	for _, change := range [][2]string{
		{"http://127.0.0.1:9950/", "http://" + addr + "/"}, {"group_wait: 10s", "group_wait: 1s"}, {"group_interval: 1m", "group_interval: 2s"},
	} {
		if strings.Count(config, change[0]) != 1 {
			t.Fatalf("contrib/alertmanager.yml does not say %q once", change[0])
		}
		config = strings.Replace(config, change[0], change[1], 1)
	}
	return config
}

// posted is an alert as Prometheus posts it to Alertmanager's API v2.
type posted struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt,omitzero"`
	GeneratorURL string            `json:"generatorURL"`
}

// stagedAlerts are two alerts of one cluster, one of them with a hostile text.
func stagedAlerts(start time.Time) []posted {
	const graph = "http://prometheus.example:9090/graph?g0.expr=mysql_up+%3D%3D+0&g0.tab=1"
	return []posted{
		{map[string]string{"alertname": "MySQLDown", "cluster": "shop", "instance": "db1:9104", "severity": "critical"},
			map[string]string{"summary": "db1 does not answer", "description": "Größe: \"97 %\"\nsecond line"}, start, time.Time{}, graph},
		{map[string]string{"alertname": "../../../etc/passwd", "cluster": "shop", "instance": "<script>alert(1)</script>", "severity": "warning"},
			map[string]string{"summary": "[x](javascript:alert(1)) `a` | b"}, start, time.Time{}, graph},
	}
}

func tell(t *testing.T, alertmanager string, alerts []posted) {
	t.Helper()
	body, err := json.Marshal(alerts)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(alertmanager+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("Alertmanager answers %s: %s", resp.Status, answer)
	}
}

func resolve(alerts []posted, end time.Time) []posted {
	ended := append([]posted(nil), alerts...)
	for i := range ended {
		ended[i].EndsAt = end
	}
	return ended
}

// await returns the first kept notification that fits.
func await(t *testing.T, kept *intake, what string, fits func(incident.Notification) bool) incident.Notification {
	t.Helper()
	for deadline := time.Now().Add(3 * patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, n := range kept.notifications() {
			if fits(n) {
				return n
			}
		}
	}
	t.Fatalf("no notification came with %s", what)
	return incident.Notification{}
}

// of is whether a notification has so many alerts, all of a status.
func of(status string, count int, truncated int) func(incident.Notification) bool {
	return func(n incident.Notification) bool {
		for _, a := range n.Alerts {
			if a.Status != status {
				return false
			}
		}
		return len(n.Alerts) == count && n.Truncated == truncated
	}
}

// TestRealAlertmanager: alerts that a real Alertmanager is told reach the Intake by
// way of contrib/alertmanager.yml, whole, cut by max_alerts, and resolved, though
// the first attempts fail. With -update what it sent becomes testdata.
func TestRealAlertmanager(t *testing.T) {
	for _, release := range releases {
		t.Run(release.version, func(t *testing.T) {
			servers.Need(t, release.kind)
			t.Parallel()
			const failures = 2
			kept := &intake{fail: func(call int) error {
				if call <= failures {
					return errors.New("the disk is full")
				}
				return nil
			}}
			server := newServer(t, Options{Intake: kept})
			recorder := &tape{next: server.Handler}
			server.Handler = recorder
			addr := start(t, server)
			alertmanager, err := servers.Alertmanager(t.Context(), servers.AlertmanagerOptions{
				Version: release.version,
				Config:  example(t, addr) + "      - {url: 'http://" + addr + hook + "', max_alerts: 1}\n",
				Args:    []string{"--web.external-url=http://alertmanager.example:9093"},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer alertmanager.Close()
			began := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
			alerts := stagedAlerts(began)
			tell(t, alertmanager.URL, alerts)
			fired := await(t, kept, "two that fire", of(incident.Firing, 2, 0))
			await(t, kept, "one that fires, one cut off", of(incident.Firing, 1, 1))
			ended := began.Add(30 * time.Second)
			tell(t, alertmanager.URL, resolve(alerts, ended))
			resolved := await(t, kept, "two that are resolved", of(incident.Resolved, 2, 0))
			expectStaged(t, fired, alerts, time.Time{})
			expectStaged(t, resolved, alerts, ended)
			if *update {
				record(t, release.version, recorder)
			}
		})
	}
}

// expectStaged checks that everything of the alerts arrived.
func expectStaged(t *testing.T, n incident.Notification, sent []posted, ended time.Time) {
	t.Helper()
	if n.Receiver != "collector" || n.GroupKey == "" || n.ExternalURL != "http://alertmanager.example:9093" {
		t.Errorf("receiver %q, group key %q, external URL %q", n.Receiver, n.GroupKey, n.ExternalURL)
	}
	for _, want := range sent {
		found := false
		for _, got := range n.Alerts {
			if got.Labels["alertname"] != want.Labels["alertname"] {
				continue
			}
			found = true
			if fmt.Sprint(got.Labels, got.Annotations) != fmt.Sprint(want.Labels, want.Annotations) || got.GeneratorURL != want.GeneratorURL {
				t.Errorf("got %+v, sent %+v", got, want)
			}
			if !got.StartsAt.Equal(want.StartsAt) || !got.EndsAt.Equal(ended) {
				t.Errorf("from %v to %v, want %v to %v", got.StartsAt, got.EndsAt, want.StartsAt, ended)
			}
			if computed := fingerprint("", got.Labels); got.Fingerprint != computed {
				t.Errorf("Alertmanager's fingerprint is %s, ours %s", got.Fingerprint, computed)
			}
		}
		if !found {
			t.Errorf("%s did not arrive", want.Labels["alertname"])
		}
	}
}

// record writes one body of each form as testdata.
func record(t *testing.T, version string, recorder *tape) {
	t.Helper()
	recorder.mu.Lock()
	defer recorder.mu.Unlock()
	dir := filepath.Join("testdata", "alertmanager-"+version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, fits := range map[string]func(incident.Notification) bool{
		"firing": of(incident.Firing, 2, 0), "truncated": of(incident.Firing, 1, 1), "resolved": of(incident.Resolved, 2, 0),
	} {
		for _, body := range recorder.bodies {
			n, err := decodeNotification(bytes.NewReader(body))
			if err != nil || !fits(n) {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name+".json"), body, 0o644); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
}

// TestRecordedNotifications: the same without an Alertmanager.
func TestRecordedNotifications(t *testing.T) {
	for _, release := range releases {
		for name, fits := range map[string]func(incident.Notification) bool{
			"firing": of(incident.Firing, 2, 0), "truncated": of(incident.Firing, 1, 1), "resolved": of(incident.Resolved, 2, 0),
		} {
			t.Run(release.version+" "+name, func(t *testing.T) {
				file, err := os.Open(filepath.Join("testdata", "alertmanager-"+release.version, name+".json"))
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				n, err := decodeNotification(file)
				if err != nil || !fits(n) {
					t.Fatalf("%+v, %v", n, err)
				}
				for _, a := range n.Alerts {
					if problem := unusable(a); problem != "" || a.Fingerprint != fingerprint("", a.Labels) {
						t.Errorf("%s: %+v", problem, a)
					}
				}
			})
		}
	}
}

// TestHighlyAvailablePair: both halves are told of the alerts, as Prometheus does;
// the one that sends dies, and the other tells the end.
func TestHighlyAvailablePair(t *testing.T) {
	for _, release := range releases {
		t.Run(release.version, func(t *testing.T) {
			servers.Need(t, release.kind)
			t.Parallel()
			kept := &intake{}
			addr := start(t, newServer(t, Options{Intake: kept}))
			first, second := gossipAddress(t), gossipAddress(t)
			half := func(own string, peers ...string) *servers.HTTPServer {
				alertmanager, err := servers.Alertmanager(t.Context(), servers.AlertmanagerOptions{
					Version: release.version, Config: example(t, addr), Cluster: own, Peers: peers,
					Args: []string{"--cluster.gossip-interval=20ms", "--cluster.peer-timeout=2s"},
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { alertmanager.Close() })
				return alertmanager
			}
			a := half(first)
			b := half(second, first)
			began := time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
			alerts := stagedAlerts(began)
			tell(t, a.URL, alerts)
			tell(t, b.URL, alerts)
			await(t, kept, "two that fire", of(incident.Firing, 2, 0))
			if err := a.Stop(); err != nil {
				t.Fatal(err)
			}
			tell(t, b.URL, resolve(alerts, began.Add(30*time.Second)))
			await(t, kept, "two that are resolved", of(incident.Resolved, 2, 0))
			known := map[string]time.Time{}
			for _, n := range kept.notifications() {
				for _, alert := range n.Alerts {
					if at, seen := known[alert.Fingerprint]; seen && !at.Equal(alert.StartsAt) {
						t.Errorf("the halves differ about the start of %s", alert.Fingerprint)
					}
					known[alert.Fingerprint] = alert.StartsAt
				}
			}
			if len(known) != len(alerts) {
				t.Errorf("%d fingerprints of %d alerts", len(known), len(alerts))
			}
		})
	}
}

func gossipAddress(t *testing.T) string {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}
