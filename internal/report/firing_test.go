package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestRecoveredButFiring: an alert that goes on after the last measured harm keeps every
// document from saying plainly that it is over.
func TestRecoveredButFiring(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fired    string // when the alert fired
		resolved bool
		over     string // what the briefing answers to "Is it over?"
		doubt    string // what it says of the alert, "" for nothing
	}{
		{"resolved", "07:12:00", true, "As far as it was measured, yes. ", ""},
		{"goes on", "07:12:00", false, "Not for certain. ", " But alert ShopSlow on app still fired when the window closed."},
		{"went on since before the window", "06:00:00", false, "As far as it was measured, yes. ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			up, resolved := f.sampled("07:20:00"), (*timeline.Instant)(nil)
			if tt.resolved {
				i := f.exactly("07:25:00")
				resolved = &i
			}
			f.event(timeline.MySQLDown, timeline.Measured, "mysql", "db1", f.sampled("07:10:00"), &up, "the server did not answer", nil, f.record("mysql", "db1", "samples", "down"))
			f.event(timeline.Alert, timeline.Logged, "webhook", "app", f.exactly(tt.fired), resolved, "alert ShopSlow fired",
				map[string]string{"alertname": "ShopSlow"}, f.record("webhook", "app", "notifications", "told"))
			d, err := newDocument(f.draft().normal(), DefaultTemplate)
			if err != nil {
				t.Fatal(err)
			}
			if d.tl.Phases.Recovered == nil {
				t.Fatal("there is no recovery")
			}
			if got := d.over().Text; !strings.HasPrefix(got, tt.over) || !strings.HasSuffix(got, tt.doubt) || strings.Contains(got, "still fired") != (tt.doubt != "") {
				t.Errorf("the briefing says %q", got)
			}
			if got := d.ended().Text; !strings.HasSuffix(got, "after the first began."+tt.doubt) {
				t.Errorf("the summary says %q", got)
			}
			if well := strings.Contains(said(d.WentWell()), "had ended before the window closed"); well != (tt.doubt == "") {
				t.Errorf("what went well: %v", well)
			}
		})
	}
}
