package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestTopicsOfLoki: Loki is asked about errors and about deploys, and a section about
// deploys speaks of the latter only.
func TestTopicsOfLoki(t *testing.T) {
	deploy := func(id string) timeline.Event {
		at := clockAt(t, "07:20:00")
		end := timeline.Exactly(at)
		return timeline.Event{Kind: timeline.Deploy, Grade: timeline.Logged, Source: "loki", Target: "shop", Start: end, End: &end, Summary: "deploy of shop 2", Evidence: []string{id}, Key: "shop/2"}
	}
	for name, c := range map[string]struct {
		gap, event bool
		reason     string
		want       string
	}{
		"errors only":        {want: "No source of this draft was asked about rollbacks"},
		"no errors":          {gap: true, reason: "checkout_errors: HTTP status 503", want: "No source of this draft was asked about rollbacks"},
		"deploys not read":   {gap: true, reason: "deploys of shipped: HTTP status 503", want: "deploys of shipped: HTTP status 503"},
		"deploys were found": {event: true, want: "the records of loki were read for it"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			id := f.record("loki", "main", "{app=\"checkout\"}", "07:00:00")
			if c.gap {
				f.found.Gaps = append(f.found.Gaps, timeline.Gap{Source: "loki", Target: "main", From: clockAt(t, "07:00:00"), To: clockAt(t, "08:00:00"), Reason: c.reason, Evidence: []string{id}})
			}
			if c.event {
				f.found.Events = append(f.found.Events, deploy(id))
			}
			d, err := newDocument(f.draft().normal(), DefaultTemplate)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, s := range d.noRollback() {
				lines = append(lines, s.Text)
			}
			if text := strings.ReplaceAll(strings.Join(lines, "\n"), `\`, ""); !strings.Contains(text, c.want) {
				t.Errorf("no %q in\n%s", c.want, text)
			}
		})
	}
}
