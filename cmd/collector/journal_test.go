package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestToldDuringAnIncident: what is pushed and noted while an incident lasts is soon in
// its draft, and what is noted about it afterwards makes the final one again.
func TestToldDuringAnIncident(t *testing.T) {
	root := t.TempDir()
	config := filepath.Join(root, "collector.yaml")
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %[1]s/store}\nserver: {listen: '127.0.0.1:0'}\nreport: {out: %[1]s/out}\n"+
		"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\nincidents: {settle: 1s, merge_gap: 1s, refresh: 1h, recovery_wait: 0s}\n", root)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, config)
	send := func(path, media, body string) {
		t.Helper()
		if code, said := answer(http.Post(d.url+path, media, strings.NewReader(body))); code != http.StatusOK {
			t.Fatalf("%s: answered %d %s", path, code, said)
		}
	}
	began := time.Now().UTC().Format(time.RFC3339)
	alert := func(status, end string) string {
		return fmt.Sprintf(`{"version":"4","alerts":[{"status":%q,"labels":{"alertname":"A","cluster":"shop"},"annotations":{},"startsAt":%q,"endsAt":%q,"fingerprint":"00000000000000aa"}]}`, status, began, end)
	}
	send("/api/v1/alertmanager", "application/json", alert("firing", "0001-01-01T00:00:00Z"))
	drafted := func(summaries ...string) func() bool {
		return func() bool {
			told := toldInDraft(t, root)
			return !slices.ContainsFunc(summaries, func(s string) bool { return !slices.Contains(told, s) })
		}
	}
	eventually(t, "the first draft", d.log.String, func() bool { return strings.Contains(d.log.String(), "step=first") })
	id := theIncident(t, config).ID
	send("/api/v1/changes", "application/cdevents+json", `{"context":{"id":"1","source":"/ci","type":"dev.cdevents.service.deployed.0.2.0","timestamp":"`+began+`"},
		"subject":{"id":"shop","content":{"environment":{"id":"production"},"artifactId":"pkg:oci/shop@1.4.2"}}}`)
	if code, said := answer(http.PostForm(d.url+"/incidents/"+id+"/notes", url.Values{"text": {"failed over"}})); code != http.StatusOK && code != http.StatusSeeOther {
		t.Fatalf("the form: %d %s", code, said)
	}
	eventually(t, "what was told is in the draft", d.log.String, drafted("failed over", "deploy of shop 1.4.2 to production finished, its start was not logged"))

	send("/api/v1/alertmanager", "application/json", alert("resolved", time.Now().UTC().Format(time.RFC3339)))
	eventually(t, "the final draft", d.log.String, func() bool { return strings.Contains(d.log.String(), "step=final") })
	if code := run(t.Context(), []string{"note", "it was the backup", "--at", began, "-c", config}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
		t.Fatalf("collector note ends with %d", code)
	}
	eventually(t, "the note is in the final draft", d.log.String, drafted("failed over", "it was the backup"))
	if code, _ := d.stop(t); code != exitOK {
		t.Errorf("the daemon ended with %d", code)
	}
}

// toldInDraft are the summaries of the deploys and notes in the only draft.
func toldInDraft(t *testing.T, root string) (summaries []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "out/2*/timeline.json"))
	if err != nil || len(found) > 1 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil // it is being replaced
		}
		var tl timeline.Timeline
		if err := json.Unmarshal(text, &tl); err != nil {
			t.Fatal(err)
		}
		for _, e := range tl.Events {
			if e.Kind == timeline.Note && e.Grade == timeline.Reported || e.Kind == timeline.Deploy && e.Grade == timeline.Logged {
				summaries = append(summaries, e.Summary)
			}
		}
	}
	return summaries
}
