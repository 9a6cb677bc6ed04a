package lint

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenDraftsAreClean lints the report package's own documents, with and without
// the facts of their drafts: only what people have still to fill in is found.
func TestGoldenDraftsAreClean(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/*.md")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	open := map[string]bool{"question-open": true, "action-incomplete": true, "dea-gates": true, "dea-id": true, "dea-escape-point": true}
	for _, path := range files {
		t.Run(filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path)), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			doc := Document{Name: path, Text: string(text)}
			for range 2 {
				n := 0
				for _, f := range Check(doc, nil) {
					if !open[f.Rule] || f.Severity != Warning {
						t.Errorf("%d:%d %s %s: %s", f.Line, f.Column, f.Severity, f.Rule, f.Message)
					}
					n++
				}
				if n == 0 && filepath.Base(path) != "briefing.md" { // it asks no questions
					t.Error("nothing is left open in a fresh draft: its questions were not read")
				}
				doc.Facts = goldenFacts(t, filepath.Dir(path))
				if doc.Facts == nil {
					break
				}
				doc.Facts.Generated = string(text)
			}
		})
	}
}

// goldenFacts are the facts of a golden draft; nil where its timeline is not kept.
func goldenFacts(t *testing.T, dir string) *Facts {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if err != nil {
		return nil
	}
	facts := &Facts{Records: map[string]bool{}}
	if err := json.Unmarshal(data, &facts.Timeline); err != nil {
		t.Fatal(err)
	}
	for _, e := range facts.Timeline.Evidence {
		facts.Records[e.ID] = true
	}
	return facts
}

// TestOwnStatementsAreNoActions: in a fresh draft only rows of tables that people have to
// fill in lack an owner; a line such as "the action plan is circulated by 2024-07-13" or
// "no gap asks for an action" is none of them, nor is the heading above a table.
func TestOwnStatementsAreNoActions(t *testing.T) {
	files, err := filepath.Glob("../testdata/*/*.md")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	proposed := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for _, f := range Check(Document{Name: path, Text: string(text)}, nil) {
			if f.Rule != "action-incomplete" {
				continue
			}
			proposed++
			if line := lines[f.Line-1]; !strings.HasPrefix(line, "| Close the gap") {
				t.Errorf("%s:%d: %s", path, f.Line, f.Message)
			}
		}
	}
	if proposed == 0 {
		t.Error("no proposed action without an owner was found")
	}
}
