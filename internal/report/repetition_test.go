package report

import (
	"strings"
	"testing"

	"collector/internal/timeline"
)

// unchanged is an incident before which nothing changed, as far as was looked.
func unchanged(t *testing.T, template string) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	id := f.record("mysql", "db1", "information_schema.processlist", "samples")
	end := f.sampled("07:31:00")
	f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.sampled("07:14:00"), &end, "14 sessions waited for row locks", nil, id)
	for _, what := range []string{"changed variables", "changes of the source", "deploys on releases", "schema changes"} {
		f.found.Checks = append(f.found.Checks, timeline.Check{Source: "mysql", Target: "db1", LookedFor: what, Evidence: []string{f.record("mysql", "db1", what, "none")}})
	}
	d := f.draft()
	d.Templates, d.DEA = []string{template}, "DEA-2024-001"
	return d
}

// blocksOf are the texts of a document's blocks.
func blocksOf(t *testing.T, d Draft, template string) map[string]string {
	t.Helper()
	text, err := markdown(d.normal(), template)
	must(t, err)
	out := map[string]string{}
	for _, s := range split(text) {
		out[s.id] = s.text
	}
	return out
}

// TestSearchesAreToldOnce: what was looked for and not found is told in full once, and
// the blocks behind it lead there, with the same evidence.
func TestSearchesAreToldOnce(t *testing.T) {
	for _, tt := range []struct {
		template, full string
		short          []string
		place          string
	}{
		{DEATemplate, "summary", []string{"change", "escape-timeline"}, "“Summary”"},
		{DefaultTemplate, "candidates", []string{"mitigation"}, "section 6"},
		{"outage", "candidates", []string{"mitigation"}, "the part on the root cause"},
	} {
		t.Run(tt.template, func(t *testing.T) {
			blocks := blocksOf(t, unchanged(t, tt.template), tt.template)
			if n := strings.Count(blocks[tt.full], "- Looked for "); n != 4 {
				t.Errorf("%d searches in %s: %s", n, tt.full, blocks[tt.full])
			}
			for _, id := range tt.short {
				want := "- What was looked for and not found: as told in " + tt.place + ". [mysql-"
				if strings.Contains(blocks[id], "- Looked for ") || !strings.Contains(blocks[id], want) {
					t.Errorf("%s: no %q in %q", id, want, blocks[id])
				}
			}
		})
	}
}

// TestOwnTemplateTellsAll: a template of a user's own may lack the block that another
// one leads to.
func TestOwnTemplateTellsAll(t *testing.T) {
	d := unchanged(t, "ours")
	d.Own = map[string]string{"ours": `{{template "title" .}}

{{template "mitigation" .}}

{{template "executives" .}}
`}
	blocks := blocksOf(t, d, "ours")
	if n := strings.Count(blocks["mitigation"], "- Looked for "); n != 4 {
		t.Errorf("%d searches: %s", n, blocks["mitigation"])
	}
	for id, text := range blocks {
		if strings.Contains(text, "In short") || strings.Contains(text, "as told in") {
			t.Errorf("%s leads to a block that is not there: %s", id, text)
		}
	}
}

// TestBriefingNamesTheFirstAlertOnce: the summary tells of it in full, the answers how
// long it took.
func TestBriefingNamesTheFirstAlertOnce(t *testing.T) {
	blocks := blocksOf(t, rich(t), "briefing")
	const full, short = "The first alert, CheckoutErrorsHigh on db1, fired", "The first alert fired 118 s ± 9 s after the first harm (see “In short”)."
	for id, want := range map[string]string{"summary": full, "questions": short, "executives": short} {
		if text := blocks[id]; strings.Count(text, want) != 1 || want == short && strings.Contains(text, full) {
			t.Errorf("%s: %q stands there %d times", id, want, strings.Count(text, want))
		}
	}
	if !strings.Contains(blocks["executives"], "Nearest in time: deploy of shop 1.4.2 (see “In short” for its times). A coincidence in time, not a proof.") {
		t.Errorf("the nearest change: %s", blocks["executives"])
	}
}

// TestBriefingTellsAGapOnce: a reason for which several questions have no answer stands
// under the first of them.
func TestBriefingTellsAGapOnce(t *testing.T) {
	d := unchanged(t, "briefing")
	tl := d.Timeline
	const reason = "could not look for statements that are new, slower, or examine more rows than before: performance_schema is off"
	d.Timeline = timeline.Build(tl.Window, tl.Scope, timeline.Findings{
		Events: tl.Events, Evidence: tl.Evidence, Checks: tl.Checks,
		Gaps: []timeline.Gap{{Source: "mysql", Target: "db1", From: tl.Window.From, To: tl.Window.To, Reason: reason, Evidence: tl.Checks[0].Evidence}},
	})
	text := blocksOf(t, d, "briefing")["questions"]
	const short = "Not seen on db1 (mysql), as told under “How long did queries take?”."
	if strings.Count(text, "performance_schema is off") != 1 || strings.Count(text, short) != 2 {
		t.Errorf("the gap is told in full %d times, shortly %d times: %s", strings.Count(text, "performance_schema is off"), strings.Count(text, short), text)
	}
}

// TestRecoveryNamesItsZone: times below a heading are in the zone that it names.
func TestRecoveryNamesItsZone(t *testing.T) {
	text := blocksOf(t, rich(t), DefaultTemplate)["recovery"]
	if !strings.Contains(text, "| Worst (times in CEST) | After | Back (times in CEST) |") {
		t.Errorf("the heading: %.200s", text)
	}
}
