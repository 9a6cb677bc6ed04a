package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDocuments(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "review.md.tmpl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                                       "postmortem",
		"template: briefing":                     "briefing",
		"template: 'postmortem, briefing'":       "postmortem briefing",
		"{template: review, templates_dir: DIR}": "review",
		"template: review":                       `error: there is no template "review"`,
		"{template: novel, templates_dir: DIR}":  "error: novel.md.tmpl",
		"template: 'outage,outage'":              "error: twice",
		"template: '../outage'":                  "error: there is no template",
		"template: 'outage,'":                    "error: there is no template",
		"templates_dir: DIR/nowhere":             "error: templates_dir",
	} {
		t.Run(text, func(t *testing.T) {
			text = strings.ReplaceAll(text, "DIR", dir)
			if text != "" && text[0] != '{' {
				text = "{" + text + "}"
			}
			c, err := Parse("documents.yaml", []byte("report: "+text+"\n"))
			if fault, bad := strings.CutPrefix(want, "error: "); bad {
				if err == nil || !strings.Contains(err.Error(), fault) {
					t.Errorf("error %v, want one with %q", err, fault)
				}
				return
			}
			if err != nil || !slices.Equal(c.Report.Documents(), strings.Fields(want)) {
				t.Errorf("documents %v, error %v, want %s", c, err, want)
			}
		})
	}
}
