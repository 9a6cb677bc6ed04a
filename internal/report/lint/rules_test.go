package lint

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// exampleFacts are the draft of the examples in docs/lint.md.
func exampleFacts(t *testing.T) *Facts {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(hour, minute, second int) time.Time {
		return time.Date(2024, 7, 12, hour, minute, second, 0, time.UTC)
	}
	instant := func(at time.Time, spread time.Duration) timeline.Instant {
		return timeline.Instant{At: at, Earliest: at.Add(-spread), Latest: at.Add(spread)}
	}
	end := func(at time.Time) *timeline.Instant { i := instant(at, 8*time.Second); return &i }
	return &Facts{
		Location: zone,
		Records:  map[string]bool{"prometheus-1d273557": true, "mysql-c6821a01": true},
		Timeline: timeline.Timeline{
			Window: timeline.Window{From: at(7, 0, 0), To: at(10, 45, 0)},
			Events: []timeline.Event{
				{Kind: timeline.Deploy, Target: "shop", Start: instant(at(7, 10, 55), 0), End: end(at(7, 12, 10)), Attributes: map[string]string{"version": "1.4.2"}},
				{Kind: timeline.MySQLReplicationStopped, Target: "db2", Summary: "replication SQL thread stopped", Start: instant(at(7, 14, 2), time.Second), End: end(at(7, 40, 9))},
				{Kind: timeline.Alert, Target: "db1", Start: instant(at(7, 16, 0), 8*time.Second), End: end(at(10, 44, 0)), Attributes: map[string]string{"alertname": "CheckoutErrorsHigh"}},
			},
		},
		Generated: "- The first alert, CheckoutErrorsHigh on db1, fired at 09:16:00 CEST (07:16:00 UTC) ± 8 s. [prometheus-1d273557]\n- Replication stopped on db2. [mysql-c6821a01]\n",
	}
}

var ruleHeading = regexp.MustCompile(`(?m)^### ([a-z-]+)$`)

// TestRulesAreDocumented runs the examples of docs/lint.md: the first of each rule
// gives findings of this rule and of no other, the second gives none.
func TestRulesAreDocumented(t *testing.T) {
	data, err := os.ReadFile("../../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	places := ruleHeading.FindAllStringSubmatchIndex(text, -1)
	described := map[string]string{}
	for i, m := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		described[text[m[2]:m[3]]] = text[m[1]:end]
	}
	for _, r := range Rules() {
		t.Run(r.ID, func(t *testing.T) {
			examples := examplesIn(described[r.ID])
			if len(examples) != 2 {
				t.Fatalf("docs/lint.md has %d examples of %s, want a bad and a good one", len(examples), r.ID)
			}
			for _, f := range Check(Document{Text: examples[1], Facts: exampleFacts(t)}, nil) {
				t.Errorf("the good example gives %d:%d %s: %s", f.Line, f.Column, f.Rule, f.Message)
			}
			found := Check(Document{Text: examples[0], Facts: exampleFacts(t)}, nil)
			if len(found) == 0 {
				t.Error("the bad example gives nothing")
			}
			for _, f := range found {
				if f.Rule != r.ID {
					t.Errorf("the bad example gives %d:%d %s: %s", f.Line, f.Column, f.Rule, f.Message)
				}
			}
		})
		delete(described, r.ID)
	}
	for id := range described {
		t.Errorf("docs/lint.md describes %s, which is no rule", id)
	}
}

func examplesIn(text string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "```markdown\n")
		if !ok {
			return out
		}
		example, rest, ok := strings.Cut(rest, "```\n")
		if !ok {
			return out
		}
		out = append(out, example)
		text = rest
	}
}
