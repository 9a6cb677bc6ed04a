package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/report"
)

// leftToPeople are the rules that say what people have still to fill in, which a fresh
// draft must break.
var leftToPeople = map[string]bool{"question-open": true, "action-incomplete": true, "dea-gates": true, "dea-id": true, "dea-escape-point": true}

// lintedRecordings are the drafts of recorded incidents.
func lintedRecordings(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("testdata", func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == "timeline.json" {
			out = append(out, filepath.Dir(path))
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no recordings below testdata (%v)", err)
	}
	return out
}

// TestOwnDraftsAreClean lints every document of every recorded incident as collector
// writes it, beside its timeline and its evidence: what is found is only what people
// have still to fill in, and none of it is an error.
func TestOwnDraftsAreClean(t *testing.T) {
	for _, recording := range lintedRecordings(t) {
		t.Run(filepath.Base(recording), func(t *testing.T) {
			out := t.TempDir()
			if code, _, stderr := (&bench{}).collector(t, "draft", "--from-bundle", recording, "--template", strings.Join(report.Templates(), ","), "--out", out); code != exitOK {
				t.Fatalf("drafting: %d\n%s", code, stderr)
			}
			_, stdout, stderr := lintRun(t, "--format", "json", out)
			if strings.Contains(stderr, "without its draft") || strings.Contains(stderr, "not compared") {
				t.Errorf("%s", stderr)
			}
			var got struct {
				Files    int
				Findings []struct {
					File, Rule, Severity, Message string
					Line                          int
				}
			}
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			if got.Files != len(report.Templates()) {
				t.Errorf("%d documents, want %d", got.Files, len(report.Templates()))
			}
			open := map[string]bool{}
			for _, f := range got.Findings {
				if !leftToPeople[f.Rule] || f.Severity != "warning" {
					t.Errorf("%s:%d: %s %s: %s", filepath.Base(f.File), f.Line, f.Severity, f.Rule, f.Message)
				}
				open[filepath.Base(f.File)] = true
			}
			for _, name := range report.Templates() {
				if !open[name+".md"] && name != "briefing" { // it asks no questions
					t.Errorf("nothing is left open in a fresh %s: its questions were not read", name)
				}
			}
		})
	}
}
