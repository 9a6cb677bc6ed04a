package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestNoAlertIsSaidWhereSomebodyLooked: no document says that no alert fired when those
// who could tell of alerts were not asked, did not answer, or tell of older ones.
func TestNoAlertIsSaidWhereSomebodyLooked(t *testing.T) {
	for name, c := range map[string]struct {
		check  bool
		gap    string // the reason of a gap of Prometheus
		lost   bool   // a gap of the webhook
		before bool   // an alert that fired before
		want   string
	}{
		"nobody was asked":     {want: "Whether an alert fired is not known: no source of this draft was asked about alerts."},
		"nobody answered":      {gap: "could not ask for its clock, alerts, signal threads_running: connection refused", want: "Whether an alert fired is not known: it could not be seen."},
		"somebody looked":      {check: true, want: "No alert fired."},
		"a metric has a gap":   {check: true, gap: "no series for the signals cpu: their queries gave nothing", want: "No alert fired."},
		"only the rules fail":  {check: true, gap: "could not ask for the alerting rules (summaries, runbooks, waiting times): HTTP status 404", want: "No alert fired."},
		"another is not there": {check: true, gap: "could not ask for alerts, impact x: connection refused", want: "No alert is recorded, but not everything that could tell of one was seen."},
		"Prometheus was down":  {check: true, gap: "no target was scraped for 5m0s: prometheus was down or restarting, or its storage lost the samples", want: "No alert is recorded, but not"},
		"the webhook lost":     {check: true, lost: true, want: "No alert is recorded, but not"},
		"an older one":         {before: true, want: "No alert began to fire after the first harm; fired before: DiskFull on db1."},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			sessions := f.record("mysql", "db1", "processlist", "samples")
			alerts := f.record("prometheus", "main", "ALERTS", name)
			end := f.sampled("07:31:00")
			f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.sampled("07:14:00"), &end, "14 sessions waited for row locks", nil, sessions)
			if c.before {
				f.event(timeline.Alert, timeline.Measured, "prometheus", "db1", f.exactly("06:00:00"), nil, "alert DiskFull fired", map[string]string{"alertname": "DiskFull"}, alerts)
			}
			if c.check {
				f.found.Checks = append(f.found.Checks, timeline.Check{Source: "prometheus", Target: "main", LookedFor: "firing alerts", Evidence: []string{alerts}})
			}
			gap := timeline.Gap{Target: "main", From: f.window.From, To: f.window.To, Evidence: []string{alerts}}
			if gap.Source, gap.Reason = "prometheus", c.gap; c.gap != "" {
				f.found.Gaps = append(f.found.Gaps, gap)
			}
			if gap.Source, gap.Reason = "webhook", "the store could not be read"; c.lost {
				f.found.Gaps = append(f.found.Gaps, gap)
			}
			draft := f.draft().normal()
			doc, err := newDocument(draft, DefaultTemplate)
			must(t, err)
			if s := doc.noticed(); !strings.HasPrefix(s.Text, c.want) || len(s.Cites) == 0 {
				t.Errorf("noticed: %q, %d citations; want %q", s.Text, len(s.Cites), c.want)
			}
			for _, name := range Templates() {
				text, err := markdown(several(draft, name), name)
				must(t, err)
				if says := strings.Contains(strings.ToLower(text), "no alert fired"); says && c.want != "No alert fired." {
					t.Errorf("%s says that no alert fired", name)
				}
			}
		})
	}
}

// TestUnalertedNamesOlderAlerts: an alert that fired long before does not count for what
// moved, but is not denied either.
func TestUnalertedNamesOlderAlerts(t *testing.T) {
	draft := silent(t)
	threads := draft.Timeline.Events[0]
	for _, e := range draft.Timeline.Events {
		if e.Attributes["signal"] == "threads_running" {
			threads = e
		}
	}
	old := threads
	old.Kind, old.Summary, old.ID, old.Attributes = timeline.Alert, "alert DiskFull fired", "old", map[string]string{"alertname": "DiskFull"}
	old.Start, old.End = timeline.Exactly(clockAt(t, "05:00:00")), nil
	draft.Timeline.Events = append([]timeline.Event{old}, draft.Timeline.Events...)
	doc, err := newDocument(draft.normal(), DefaultTemplate)
	must(t, err)
	if text := doc.noAlertFor(threads); !strings.Contains(text, "No new alert about db1 was pending or firing then, only what had begun more than 5 min before the onset: DiskFull on db1.") {
		t.Errorf("%q", text)
	}
}

// TestUnalertedNeedsALook: where nobody looked for alerts, no metric is said to have none.
func TestUnalertedNeedsALook(t *testing.T) {
	draft := silent(t)
	var events []timeline.Event
	for _, e := range draft.Timeline.Events {
		if e.Kind != timeline.Alert {
			events = append(events, e)
		}
	}
	draft.Timeline.Events, draft.Timeline.Checks = events, nil
	doc, err := newDocument(draft.normal(), DefaultTemplate)
	must(t, err)
	list := doc.Unalerted()
	if len(list) == 0 || !strings.HasPrefix(list[0].Text, "Metrics left their normal band; whether an alert fired is not known") {
		t.Errorf("%q", list)
	}
	if files, err := alertRuleFiles(draft.normal()); err != nil || len(files) > 0 {
		t.Errorf("%d files of rules, %v", len(files), err)
	}
}
