package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestWhoWasTold: section 5 says what was silenced, of which alerts nobody was told, and
// who was told first.
func TestWhoWasTold(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	add := func(kind timeline.Kind, from, summary string, attributes map[string]string) {
		f.found.Events = append(f.found.Events, timeline.Event{
			Kind: kind, Grade: timeline.Logged, Source: "alertmanager", Key: summary, Start: f.exactly(from), Summary: summary, Attributes: attributes,
			Evidence: []string{f.record("alertmanager", "main", summary, from)},
		})
	}
	add(timeline.Silence, "06:00:00", `silence of instance="db2:9104": rebuilding`, map[string]string{"matching_alerts": "ReplicaLag (db2)"})
	add(timeline.Silence, "07:10:00", `silence of alertname="Other": a test`, nil)
	add(timeline.Log, "07:20:00", "nobody was told of alert CheckoutErrors: inhibited by alert PrimaryDown (db1)", map[string]string{"suppressed_alert": "CheckoutErrors"})
	add(timeline.Log, "07:21:00", "receiver on-call was told by webhook of 1 alert firing: PrimaryDown (db1)", map[string]string{"receiver": "on-call", "reason": "first notification", "after_start": "31s"})
	add(timeline.Log, "07:22:00", "receiver on-call was told by webhook of 1 alert resolved: Repeated", map[string]string{"receiver": "on-call", "reason": "repeat interval elapsed"})
	add(timeline.Log, "07:23:00", "some other log line", nil)
	d, err := newDocument(f.draft().normal(), DefaultTemplate)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range d.Detection() {
		if len(s.Cites) == 0 {
			t.Errorf("%q cites nothing", s.Text)
		}
		lines = append(lines, strings.ReplaceAll(s.Text, `\`, ""))
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{
		`rebuilding, in force when the window opened; of the alerts of the window it matches ReplicaLag (db2).`,
		"a test, which came into force at ",
		"Nobody was told of alert CheckoutErrors: inhibited by alert PrimaryDown (db1), at ",
		"Receiver on-call was told by webhook of 1 alert firing: PrimaryDown (db1), at ",
		", 31s after the first of them began to fire.",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	for _, no := range []string{"Repeated", "some other log line"} {
		if strings.Contains(all, no) {
			t.Errorf("%q stands in\n%s", no, all)
		}
	}
}
