package lint

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// TestSeeds lints the field's own five texts. What is listed is true: actions
// without owner, priority and date, and the report that names a junior developer as
// the root cause. "Avoid human error" and the like are not reported.
func TestSeeds(t *testing.T) {
	tests := map[string][]string{
		"database-postmortem-template.txt":      nil,
		"defect-escape-analysis-template.txt":   nil,
		"leading-the-postmortem.txt":            nil,
		"incident-report-database-vanished.txt": {"34 root-cause-person", "52 root-cause-person"},
		"outage-postmortem-schema-change.txt": {
			"30 action-incomplete", "31 action-incomplete", "33 action-incomplete", "34 action-incomplete", "35 action-incomplete", "36 action-incomplete",
		},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/seeds/" + name)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range Check(Document{Name: name, Text: string(data)}, nil) {
				got = append(got, fmt.Sprintf("%d %s", f.Line, f.Rule))
				t.Logf("%d:%d %s: %s", f.Line, f.Column, f.Rule, f.Message)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
