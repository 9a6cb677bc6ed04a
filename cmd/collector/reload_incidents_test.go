package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
)

// TestReloadTakesTheRulesOfIncidents: an incident that settles for hours is closed as
// soon as a reload says that seconds will do, and a block that is wrong changes nothing.
func TestReloadTakesTheRulesOfIncidents(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "collector.yaml")
	write := func(incidents string) {
		t.Helper()
		text := fmt.Sprintf("storage: {path: %s/store}\nserver: {listen: '127.0.0.1:0'}\nreport: {out: %s/postmortems}\n"+
			"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\nincidents: {%s}\n", dir, dir, incidents)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("settle: 10h, recovery_wait: 0s")
	d := startDaemon(t, path)
	now := time.Now().UTC().Format(time.RFC3339)
	body := fmt.Sprintf(`{"version":"4","alerts":[{"status":"resolved","labels":{"alertname":"MySQLDown","cluster":"shop"},"startsAt":%q,"endsAt":%q}]}`, now, now)
	if code, text := answer(http.Post(d.url+"/api/v1/alertmanager", "application/json", strings.NewReader(body))); code != http.StatusOK {
		t.Fatalf("answered %d %s", code, text)
	}
	eventually(t, "the first draft", d.log.String, func() bool { return strings.Contains(d.log.String(), "step=first dir=") })

	write("settle: 0s")
	d.hangup(t, "incidents.settle: must be more than 0")
	write("settle: 10h, recovery_wait: 0s")
	if i := theIncident(t, path); i.State != incident.StateSettling {
		t.Errorf("the incident is %s", i.State)
	}

	write("settle: 1s, recovery_wait: 0s, lead: 1m")
	d.hangup(t, "configuration reloaded")
	eventually(t, "the final draft", d.log.String, func() bool { return strings.Contains(d.log.String(), "step=final dir=") })
	if i := theIncident(t, path); i.State != incident.StateClosed || i.Begins().Sub(i.Window.From) != time.Minute {
		t.Errorf("the incident is %s, its window %s", i.State, i.Window)
	}
}
