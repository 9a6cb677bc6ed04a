package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// witnessed is a real Alertmanager, and a source over it.
type witnessed struct {
	server *servers.HTTPServer
	source *Source
	began  time.Time
}

// TestRealWitness: what real Alertmanagers tell of silences, inhibitions and, by the
// event recorder of 0.33, notifications.
func TestRealWitness(t *testing.T) {
	for version, kind := range map[string]servers.Kind{
		servers.Alertmanager025: servers.KindAlertmanager25, servers.Alertmanager033: servers.KindAlertmanager33,
	} {
		t.Run(version, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			w := witness(t, version)
			id := w.silence(t)
			w.fire(t)
			w.await(t, "an alert is silenced and one inhibited", func(f timeline.Findings) bool {
				return w.has(f, timeline.Log, ": silenced by "+id[:8]+" (rebuilding db2, ask account-") &&
					w.has(f, timeline.Log, "alert CheckoutErrors: inhibited by alert PrimaryDown (db1)")
			})
			if version == servers.Alertmanager033 {
				w.await(t, "somebody was told", func(f timeline.Findings) bool {
					return w.has(f, timeline.Log, "receiver on-call was told by webhook of 1 alert firing: PrimaryDown (db1)")
				})
			}
			w.expire(t, id)
			var e timeline.Event
			w.await(t, "the silence has ended", func(f timeline.Findings) bool {
				for _, one := range f.Events {
					if e = one; one.Kind == timeline.Silence {
						return one.End != nil
					}
				}
				return false
			})
			if e.Target != "db2" || e.Grade != timeline.Logged || e.Attributes["ended"] != "expired by hand" || strings.Contains(fmt.Sprint(e.Attributes, e.Summary), "alice") {
				t.Errorf("got %+v", e)
			}
			if truth := time.Now(); e.End.Earliest.After(truth) || e.End.Latest.Before(w.began) || e.Start.Latest.Before(w.began) {
				t.Errorf("from %v to %v, it began at %v", e.Start, e.End, w.began)
			}
		})
	}
}

func witness(t *testing.T, version string) *witnessed {
	t.Helper()
	receiver := sourcetest.Serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	opts := servers.AlertmanagerOptions{Version: version, Events: version == servers.Alertmanager033, Config: fmt.Sprintf(`
route: {receiver: on-call, group_by: [alertname], group_wait: 1s, group_interval: 1s}
receivers: [{name: on-call, webhook_configs: [{url: '%s'}]}]
inhibit_rules: [{source_matchers: ['alertname = PrimaryDown'], target_matchers: ['alertname = CheckoutErrors'], equal: [cluster]}]
`, receiver)}
	server, err := servers.Alertmanager(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	w := &witnessed{server: server, began: time.Now()}
	cfg := Config{URL: server.URL}
	if opts.Events {
		cfg.EventsFile = servers.EventsFile(server) + "*"
	}
	if w.source, err = NewSource(cfg, Options{Targets: shopTargets(), ClusterLabels: []string{"cluster"}}); err != nil {
		t.Fatal(err)
	}
	for _, line := range w.source.Check(t.Context()) {
		if line.Level != sources.OK {
			t.Errorf("the check says %+v", line)
		}
	}
	return w
}

// silence silences the alerts of db2 and returns its ID.
func (w *witnessed) silence(t *testing.T) string {
	t.Helper()
	post(t, w.server.URL+"/api/v2/silences", map[string]any{
		"matchers": []any{map[string]any{"name": "instance", "value": "db2:.*", "isRegex": true, "isEqual": true}},
		"startsAt": time.Now().Add(500 * time.Millisecond).Format(time.RFC3339Nano), "endsAt": time.Now().Add(time.Hour).Format(time.RFC3339),
		"createdBy": "alice@example.com", "comment": "rebuilding db2, ask alice@example.com",
	})
	var all []struct{ ID string }
	if err := json.Unmarshal(fetch(t, w.server.URL+"/api/v2/silences"), &all); err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0].ID
}

func (w *witnessed) fire(t *testing.T) {
	t.Helper()
	var alerts []any
	for _, labels := range []map[string]string{
		{"alertname": "ReplicaLag", "cluster": "shop", "instance": "db2:9104"},
		{"alertname": "PrimaryDown", "cluster": "shop", "instance": "db1:9104"},
		{"alertname": "CheckoutErrors", "cluster": "shop"},
	} {
		alerts = append(alerts, map[string]any{"labels": labels, "startsAt": w.began.Format(time.RFC3339Nano)})
	}
	post(t, w.server.URL+"/api/v2/alerts", alerts)
}

func (w *witnessed) expire(t *testing.T, id string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, w.server.URL+"/api/v2/silence/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
}

// await asks for a window that reaches to now until it shows something.
func (w *witnessed) await(t *testing.T, what string, is func(timeline.Findings) bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		now := time.Now()
		f := found(t, w.source, ask(timeline.Window{From: w.began.Add(-time.Minute), To: now}, now))
		if is(f) {
			for _, g := range f.Gaps {
				if !strings.Contains(g.Reason, filepath.Base(servers.EventsFile(w.server))) { // the file is younger than the window
					t.Errorf("a gap: %s", g.Reason)
				}
			}
			return
		}
		if now.After(deadline) {
			t.Fatalf("never: %s; it is %+v, %+v", what, f.Events, f.Gaps)
		}
	}
}

func (w *witnessed) has(f timeline.Findings, kind timeline.Kind, part string) bool {
	for _, e := range f.Events {
		if e.Kind == kind && strings.Contains(e.Summary, part) {
			return true
		}
	}
	return false
}
