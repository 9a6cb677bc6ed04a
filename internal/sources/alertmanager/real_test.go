package alertmanager

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/lab/servers"
)

var update = flag.Bool("update", false, "write what real servers answer as testdata")

// staged are the alerts of the test, by name, and what an Alertmanager makes of them.
func staged() map[string]string {
	return map[string]string{"Plain": "active", "Silenced": "suppressed", "Inhibited": "suppressed", "Over": "", "Unrouted": "active"}
}

const stagedConfig = `
route: {receiver: nobody, group_wait: 1s, routes: [{receiver: other, matchers: ['alertname = Unrouted']}]}
receivers: [{name: nobody}, {name: other}]
inhibit_rules: [{source_matchers: ['alertname = Plain'], target_matchers: ['alertname = Inhibited'], equal: [cluster]}]
`

// TestRealServers: silenced and inhibited alerts are held as firing, resolved ones are
// not.
func TestRealServers(t *testing.T) {
	for version, kind := range map[string]servers.Kind{
		servers.Alertmanager025: servers.KindAlertmanager25, servers.Alertmanager033: servers.KindAlertmanager33,
	} {
		t.Run(version, func(t *testing.T) {
			servers.Need(t, kind)
			t.Parallel()
			port, err := servers.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			srv, err := servers.Alertmanager(t.Context(), servers.AlertmanagerOptions{
				Version: version, Config: stagedConfig, Cluster: fmt.Sprintf("127.0.0.1:%d", port), Args: []string{"--web.route-prefix=/", "--cluster.settle-timeout=1s"},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { srv.Close() })
			began := time.Now()
			stage(t, srv.URL, began)
			told := time.Now()
			c, err := New(Config{URL: srv.URL + "/"})
			if err != nil {
				t.Fatal(err)
			}
			expectHeld(t, c, began, told)
			if *update {
				record(t, srv.URL, version)
			}
			lines := (&Source{Client: c}).Check(t.Context())
			if len(lines) != 1 || lines[0].Level != sources.OK || !strings.Contains(lines[0].Text, "version "+version) || !strings.Contains(lines[0].Text, "alerts firing: 4, silences in force: 1 of 1 kept") {
				t.Errorf("the check says %+v", lines)
			}
			status, err := c.Status(t.Context())
			if err != nil || status.Members != 1 || status.Running > time.Since(began)+time.Minute {
				t.Errorf("%+v, %v", status, err)
			}
			if err := srv.Stop(); err != nil {
				t.Fatal(err)
			}
			if held, err := c.Active(t.Context()); err == nil {
				t.Errorf("a server that is down holds %d alerts", held.Len())
			}
		})
	}
}

// stage tells the alerts, and silences one.
func stage(t *testing.T, url string, began time.Time) {
	t.Helper()
	var alerts []map[string]any
	for name := range staged() {
		one := map[string]any{"labels": labels(name), "startsAt": began.Add(-time.Hour).Format(time.RFC3339)}
		if name == "Over" {
			one["endsAt"] = began.Add(-time.Minute).Format(time.RFC3339)
		}
		alerts = append(alerts, one)
	}
	post(t, url+"/api/v2/silences", map[string]any{
		"matchers": []any{map[string]any{"name": "alertname", "value": "Silenced", "isRegex": false, "isEqual": true}},
		"startsAt": time.Now().Add(time.Second).Format(time.RFC3339Nano), "endsAt": began.Add(time.Hour).Format(time.RFC3339),
		"createdBy": "the test", "comment": "to see that it fires all the same",
	})
	post(t, url+"/api/v2/alerts", alerts)
}

func labels(name string) map[string]string {
	return map[string]string{"alertname": name, "cluster": "shop"}
}

func fingerprint(name string) string {
	set := model.LabelSet{}
	for k, v := range labels(name) {
		set[model.LabelName(k)] = model.LabelValue(v)
	}
	return set.Fingerprint().String()
}

// expectHeld waits until the silence and the inhibition work, and then for the answer.
func expectHeld(t *testing.T, c *Client, began, told time.Time) {
	t.Helper()
	var states map[string]string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if states = statesOf(t, c); states["Silenced"] == "suppressed" && states["Inhibited"] == "suppressed" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the states are %v", states)
		}
	}
	held, err := c.Active(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, state := range staged() {
		at, fires := held.Fired(fingerprint(name))
		if fires != (state != "") {
			t.Errorf("%s: held %v, it is %q", name, fires, states[name])
		}
		// A second for the Date of the answer, and what the way of the question took.
		if fires && (at.After(told) || at.Before(began.Add(-time.Minute))) {
			t.Errorf("%s was told at %v, and not between %v and %v", name, at, began, told)
		}
	}
}

// statesOf is what the server says of the alerts, by name.
func statesOf(t *testing.T, c *Client) map[string]string {
	t.Helper()
	var list []struct {
		Labels map[string]string
		Status struct{ State string }
	}
	if err := json.Unmarshal(fetch(t, c.cfg.URL+"api/v2/alerts"), &list); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, a := range list {
		states[a.Labels["alertname"]] = a.Status.State
	}
	return states
}

// record writes the server's answers as testdata.
func record(t *testing.T, url, version string) {
	t.Helper()
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"alerts", "status"} {
		file := filepath.Join("testdata", path+"-"+version+".json")
		if err := os.WriteFile(file, fetch(t, url+"/api/v2/"+path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func fetch(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", url, resp.Status, text, err)
	}
	return text
}

func post(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s", url, resp.Status, said)
	}
}
