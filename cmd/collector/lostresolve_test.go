package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/lab/servers"
)

// TestLostResolves: of one alert the resolve is never sent, because it was silenced;
// of the others it is lost, because nobody receives it and Alertmanager is restarted.
// Asking finds each of them, not before everybody can know, and the final draft comes.
func TestLostResolves(t *testing.T) {
	for _, around := range []surroundings{
		{servers.Prometheus242, servers.Alertmanager025, false}, {servers.Prometheus35, servers.Alertmanager033, false},
	} {
		t.Run(around.prometheus+" and "+around.alertmanager, func(t *testing.T) {
			servers.Need(t, servers.KindPrometheus2, servers.KindPrometheus3, servers.KindAlertmanager25, servers.KindAlertmanager33)
			t.Parallel()
			l := newLosing(t, around)
			l.send(t, time.Time{}, "Silenced", "Forgotten", "Ruled")
			l.await(t, "three fire", func() bool { return l.firing(t) == "Forgotten Ruled Silenced" })
			l.ask(t, 0, "")
			if got := l.firing(t); got != "Forgotten Ruled Silenced" {
				t.Errorf("%s fire", got)
			}

			l.silence(t, "Silenced", "Ruled")
			resolved := time.Now()
			l.send(t, resolved, "Silenced")
			l.await(t, "Alertmanager has it resolved", func() bool { return !strings.Contains(l.held(t), `"Silenced"`) })
			time.Sleep(3 * time.Second) // three group intervals
			if got := l.firing(t); got != "Forgotten Ruled Silenced" {
				t.Errorf("%s fire, though no resolve was sent", got)
			}
			l.ask(t, 0, "") // Prometheus has a rule for Ruled and denies it; Alertmanager holds it
			if got := l.firing(t); got != "Forgotten Ruled" {
				t.Errorf("%s fire", got)
			}
			l.expectFound(t, "Silenced", resolved)

			l.daemon.stop(t)
			resolved = time.Now()
			l.send(t, resolved, "Forgotten", "Ruled")
			if err := l.manager.Stop(); err != nil {
				t.Fatal(err)
			}
			l.ask(t, 0, "alertmanager/main: ")
			if err := l.manager.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			l.daemon = startDaemon(t, l.config)
			l.ask(t, memory, "") // it does not know yet
			if got := l.firing(t); got != "Forgotten Ruled" {
				t.Errorf("%s fire", got)
			}
			l.ask(t, 0, "")
			l.expectFound(t, "Forgotten", resolved)
			l.expectFound(t, "Ruled", resolved)
			l.await(t, "the final draft", func() bool { return theIncident(t, l.config).Draft.Final })
		})
	}
}

// losing is a daemon and the servers that tell of alerts whose resolves get lost.
type losing struct {
	config  string
	daemon  *runningDaemon
	manager *servers.HTTPServer
	asked   prepared
	began   time.Time
}

func newLosing(t *testing.T, around surroundings) *losing {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &losing{config: filepath.Join(dir, "collector.yaml"), began: time.Now().Truncate(time.Millisecond)}
	l.manager = startManagers(t, around, fmt.Sprintf("http://127.0.0.1:%d", port))[0]
	prometheus, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
		Version: around.prometheus, Rules: "groups: [{name: g, rules: [{alert: Ruled, expr: 'vector(1) == 2'}]}]\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prometheus.Close() })
	text := fmt.Sprintf("storage: {path: %s}\nserver: {listen: '127.0.0.1:%d'}\nreport: {out: %s}\n"+
		"prometheus: [{name: main, url: %s}]\nalertmanager: [{name: main, url: %s}]\n"+
		"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\n"+
		"incidents: {lead: 10s, settle: 3s, merge_gap: 3s, refresh: 1h, recovery_wait: 0s}\n",
		filepath.Join(dir, "store"), port, filepath.Join(dir, "postmortems"), prometheus.URL, l.manager.URL)
	if err := os.WriteFile(l.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l.asked = asked(t, text)
	l.daemon = startDaemon(t, l.config)
	return l
}

// send tells Alertmanager of alerts, as one that evaluates rules does.
func (l *losing) send(t *testing.T, ended time.Time, names ...string) {
	t.Helper()
	var alerts []map[string]any
	for _, name := range names {
		a := map[string]any{"labels": labelled(name).Labels, "startsAt": l.began}
		if !ended.IsZero() {
			a["endsAt"] = ended
		}
		alerts = append(alerts, a)
	}
	l.post(t, "alerts", alerts)
}

// silence silences alerts and waits until that works.
func (l *losing) silence(t *testing.T, names ...string) {
	t.Helper()
	l.post(t, "silences", map[string]any{
		"matchers": []any{map[string]any{"name": "alertname", "value": strings.Join(names, "|"), "isRegex": true, "isEqual": true}},
		"startsAt": time.Now().Add(500 * time.Millisecond), "endsAt": time.Now().Add(time.Hour),
		"createdBy": "the test", "comment": "to lose its resolve",
	})
	l.await(t, "the silence", func() bool { return strings.Count(l.held(t), `"state":"suppressed"`) == len(names) })
}

func (l *losing) post(t *testing.T, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	code, said := answer(http.Post(l.manager.URL+"/api/v2/"+path, "application/json", bytes.NewReader(text)))
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, said)
	}
}

// held is what Alertmanager says of its alerts.
func (l *losing) held(t *testing.T) string {
	t.Helper()
	code, text := answer(http.Get(l.manager.URL + "/api/v2/alerts"))
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	return text
}

// ask looks for lost resolves as the daemon does after two minutes without a word.
func (l *losing) ask(t *testing.T, memory time.Duration, fails string) {
	t.Helper()
	book, err := incident.OpenExisting(t.Context(), incident.Options{
		Path: l.asked.config.Storage.Path, Config: l.asked.config.Incidents,
		StillFiring: func(ctx context.Context, alerts []incident.Alert) (map[string]incident.Answer, error) {
			return stillFiring(ctx, l.asked, alerts, memory)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	err = book.Ask(t.Context(), time.Now().Add(3*time.Minute))
	if (err != nil) != (fails != "") || err != nil && !strings.Contains(err.Error(), fails) {
		t.Errorf("asking: %v, want %q", err, fails)
	}
}

// firing are the names of the alerts that count as firing, sorted.
func (l *losing) firing(t *testing.T) string {
	t.Helper()
	var names []string
	for _, m := range l.members(t) {
		if m.Ended == incident.StillFires {
			names = append(names, m.Name())
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// members are the alerts of the incident, none before there is one.
func (l *losing) members(t *testing.T) []*incident.Member {
	t.Helper()
	book, err := incident.OpenExisting(t.Context(), incident.Options{Path: l.asked.config.Storage.Path, Config: l.asked.config.Incidents})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all, err := book.Incidents(t.Context(), time.Now())
	if err != nil || len(all) > 1 {
		t.Fatalf("the incidents are %+v, %v", all, err)
	}
	if len(all) == 0 {
		return nil
	}
	return all[0].Alerts
}

// expectFound checks that the end of an alert was found, and that it ended between
// the bounds that are given.
func (l *losing) expectFound(t *testing.T, name string, ended time.Time) {
	t.Helper()
	for _, m := range l.members(t) {
		if m.Name() != name {
			continue
		}
		if m.Ended != incident.WasForgotten || !m.ResolvedAt.IsZero() {
			t.Errorf("%s: %q", name, m.Ended)
		}
		ended = ended.Truncate(time.Millisecond)
		if m.Earliest.After(ended) || m.To.Before(ended) || m.To.After(time.Now()) || !m.Earliest.Before(m.To) {
			t.Errorf("%s ended at %v, told is %v to %v", name, ended, m.Earliest, m.To)
		}
	}
}

func (l *losing) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	eventually(t, what, l.daemon.log.String, holds)
}
