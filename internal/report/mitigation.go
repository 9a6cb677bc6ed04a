package report

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// maxActions is how many actions section 8 tells one by one.
const maxActions = 12

// Mitigation is section 8: what was done after the onset, in order, and which of
// it came last before the recovery.
func (d *document) Mitigation() []Statement {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return []Statement{{"No harm is recorded, so there is no response to tell of.", []string{d.request}}}
	}
	actions := d.where(func(e timeline.Event) bool {
		return e.Kind.Action() && e.ID != onset.Event && !e.Start.Before(onset.Instant)
	})
	var out []Statement
	for _, e := range actions[:min(len(actions), maxActions)] {
		out = append(out, Statement{opening(e) + ". " + d.course(e), e.Evidence})
	}
	out = append(out, more(actions[min(len(actions), maxActions):], "action", "the timeline has them")...)
	if len(actions) == 0 {
		out = append(out, Statement{"No deploy, rollback, change or kill is recorded after the onset.", d.citesOf(onset)})
		out = append(out, d.absence(topicChanges)...)
	}
	if p := d.tl.Phases; p.Mitigated != nil && p.Recovered != nil {
		last := d.event(p.Mitigated)
		out = append(out, Statement{
			fmt.Sprintf("The last action before the recovery was %s; it was finished %s, and the last harm ended %s later. That it helped is for people to say.",
				what(last), d.clock.when(p.Mitigated.Instant), apart(p.Mitigated.Instant, p.Recovered.Instant)),
			slices.Concat(last.Evidence, d.citesOf(p.Recovered)),
		})
	}
	return out
}

// Rollback is section 9: the rollbacks that were tried and how each ended.
func (d *document) Rollback() []Statement {
	rollbacks := d.ofKind(timeline.Rollback)
	var out []Statement
	for _, e := range rollbacks[:min(len(rollbacks), maxActions)] {
		text := opening(e) + ". " + d.course(e)
		if outcome := e.Attributes["outcome"]; outcome != "" && !strings.Contains(e.Summary, outcome) {
			text += " Outcome: " + escape(outcome, maxName) + "."
		}
		out = append(out, Statement{text, e.Evidence})
	}
	out = append(out, more(rollbacks[min(len(rollbacks), maxActions):], "rollback", "the timeline has them")...)
	if len(rollbacks) == 0 {
		out = append(out, Statement{"No rollback is recorded in this window.", []string{d.request}})
		out = append(out, d.absence(topicRollback)...)
	}
	return out
}
