package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

// TestSilencesInADraft: a draft has the silence that an Alertmanager tells, beside a gap
// for one that is down, and is derived again from its evidence.
func TestSilencesInADraft(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	at := func(before time.Duration) string { return now.Add(-before).Format(time.RFC3339) }
	url := sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, map[string]string{ // in the form of internal/sources/alertmanager/testdata, which real servers answered
			"/api/v2/status": fmt.Sprintf(`{"uptime":%q,"versionInfo":{"version":"0.33.1"},"cluster":{"peers":[]}}`, at(time.Hour)),
			"/api/v2/alerts": "[]",
			"/api/v2/silences": fmt.Sprintf(`[{"id":"85bef8c3-3390-47c2-94d0-06325dd7af83","status":{"state":"expired"},"updatedAt":%[2]q,"comment":"rebuilding db2","createdBy":"alice@example.com",
				"startsAt":%[1]q,"endsAt":%[2]q,"matchers":[{"isEqual":true,"isRegex":false,"name":"instance","value":"db2:9104"}]}]`, at(40*time.Minute), at(20*time.Minute)),
		}[r.URL.Path])
	}))
	dir := t.TempDir()
	file := filepath.Join(dir, "collector.yaml")
	text := fmt.Sprintf("storage: {path: %s}\nreport: {out: %s}\nalertmanager: [{name: am1, url: '%s'}, {name: am2, url: 'http://127.0.0.1:1'}]\n",
		filepath.Join(dir, "store"), filepath.Join(dir, "out"), url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := app{stdout: io.Discard, stderr: t.Output(), now: time.Now}
	if code := run(t.Context(), []string{"draft", "-c", file, "--from", "-1h", "--to", "-10m"}, a); code != exitOK {
		t.Fatalf("code %d", code)
	}
	drafts, err := filepath.Glob(filepath.Join(dir, "out", "*"))
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%v, %v", drafts, err)
	}
	raw, err := os.ReadFile(filepath.Join(drafts[0], "timeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tl timeline.Timeline
	if err := json.Unmarshal(raw, &tl); err != nil {
		t.Fatal(err)
	}
	if len(tl.Events) != 1 || tl.Events[0].Kind != timeline.Silence || tl.Events[0].Grade != timeline.Logged || tl.Events[0].End == nil || !strings.HasPrefix(tl.Events[0].Evidence[0], "alertmanager-") {
		t.Errorf("the events are %+v", tl.Events)
	}
	if len(tl.Gaps) != 1 || tl.Gaps[0].Target != "am2" || !strings.Contains(tl.Gaps[0].Reason, "could not look for silences") {
		t.Errorf("the gaps are %+v", tl.Gaps)
	}
	if bytes.Contains(raw, []byte("alice")) {
		t.Error("a person is named")
	}
	if code := run(t.Context(), []string{"verify", drafts[0]}, a); code != exitOK {
		t.Errorf("verify: code %d", code)
	}
}
