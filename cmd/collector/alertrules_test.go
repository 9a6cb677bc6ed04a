package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
	"collector/lab/servers"
)

// TestDemoWithoutItsAlerts takes the alerts out of what Prometheus answered for the
// recorded draft. The metric that moved is then one that no alert told of, and the rules that
// the draft has for it stand up to real promtools on what a real Prometheus recorded.
func TestDemoWithoutItsAlerts(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	bundle, err := report.Read(demoDir)
	if err != nil {
		t.Fatal(err)
	}
	records := slices.Clone(bundle.Records)
	for i, e := range records {
		var body map[string]json.RawMessage
		var question struct{ Kind string }
		if e.Source != "prometheus" || json.Unmarshal([]byte(e.Body), &body) != nil || json.Unmarshal(body["question"], &question) != nil || !strings.HasPrefix(question.Kind, "alerts") {
			continue
		}
		body["answer"] = json.RawMessage(`{"series":[]}`)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		e.Body = string(text)
		records[i] = e.Seal()
	}
	draft, err := derive(records)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := report.Write(t.TempDir(), draft)
	if err != nil {
		t.Fatal(err)
	}
	if differences, err := report.Verify(dir, derive); err != nil || len(differences) > 0 {
		t.Errorf("verify: %v, %v", differences, err)
	}
	for version, program := range servers.Promtools() {
		for command, file := range map[string]string{"check": "alert-rules.yaml", "test": "alert-rules.test.yaml"} {
			out, err := exec.CommandContext(t.Context(), program, command, "rules", filepath.Join(dir, file)).CombinedOutput()
			if err != nil {
				t.Errorf("promtool %s %s: %v\n%s", version, command, err, out)
			}
			if command == "check" && !strings.Contains(string(out), "2 rules found") {
				t.Errorf("promtool %s finds other rules than a recording and an alert:\n%s", version, out)
			}
		}
	}
}
