package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
	"collector/internal/report/alertrules"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestDemoWithoutItsAlerts takes the alerts out of what Prometheus answered for each
// recorded draft. The metrics that moved are then such that no alert told of, and the
// rules that the draft has for them stand up to real promtools on what a real Prometheus
// recorded.
func TestDemoWithoutItsAlerts(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	for _, c := range []struct {
		recording recordedDraft
		found     string // by promtool: recording rules and alerts
	}{{recordings[0], "2 rules found"}, {recordings[1], "8 rules found"}} {
		t.Run(c.recording.flavour, func(t *testing.T) {
			draft, err := derive(withoutAlerts(t, c.recording))
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
			promtools(t, dir, c.found)
		})
	}
}

// TestDemoRules: the rules of a recorded draft stand up to real promtools as they lie in
// the repository.
func TestDemoRules(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	promtools(t, recordings[1].dir(), "4 rules found")
}

// withoutAlerts are the records of a draft as if Prometheus had known of no alert.
func withoutAlerts(t *testing.T, r recordedDraft) []timeline.Evidence {
	t.Helper()
	bundle, err := report.Read(r.dir())
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
	return records
}

// promtools lets each installed promtool check and test the rules of a draft.
func promtools(t *testing.T, dir, found string) {
	t.Helper()
	for version, program := range servers.Promtools() {
		for command, file := range map[string]string{"check": alertrules.RulesFile, "test": alertrules.TestFile} {
			out, err := exec.CommandContext(t.Context(), program, command, "rules", filepath.Join(dir, file)).CombinedOutput()
			if err != nil {
				t.Errorf("promtool %s %s: %v\n%s", version, command, err, out)
			}
			if command == "check" && !strings.Contains(string(out), found) {
				t.Errorf("promtool %s, want %s:\n%s", version, found, out)
			}
		}
	}
}
