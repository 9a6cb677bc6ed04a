package report

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// maxActions is how many actions section 8 tells one by one.
const maxActions = 12

// Mitigation is section 8: what was done in answer, in order, and which of it came
// last before the recovery.
func (d *document) Mitigation() []Statement {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return []Statement{{"No harm is recorded, so there is no response to tell of.", []string{d.request}}}
	}
	actions := d.where(func(e timeline.Event) bool {
		return d.tl.Phases.Response(e) && !d.tl.Repeats(e)
	})
	var out []Statement
	for _, e := range actions[:min(len(actions), maxActions)] {
		out = append(out, Statement{opening(e) + ". " + d.course(e), e.Evidence})
	}
	out = append(out, more(actions[min(len(actions), maxActions):], "action", "the timeline has them")...)
	if len(actions) == 0 {
		out = append(out, d.noResponse(onset)...)
	}
	out = append(out, d.noted(d.afterDetection)...)
	if p := d.tl.Phases; p.Mitigated != nil && p.Recovered != nil {
		last := d.event(p.Mitigated)
		done := ", done "
		if !momentary(last) {
			done = ", ended "
		}
		later := apart(p.Mitigated.Instant, p.Recovered.Instant) + " later"
		if !p.Mitigated.Before(p.Recovered.Instant) {
			later = "at about the same time"
		}
		out = append(out, Statement{
			fmt.Sprintf("The last action before the recovery: %s%s%s. The recovery came %s. Whether the one helped the other is for people to say.",
				deed(last), done, d.clock.when(p.Mitigated.Instant), later),
			slices.Concat(last.Evidence, d.citesOf(p.Recovered)),
		})
	}
	return out
}

// noResponse says that nothing is recorded that was done after the onset, or that of
// what is recorded nobody can say so.
func (d *document) noResponse(onset *timeline.Phase) []Statement {
	unsure := d.where(func(e timeline.Event) bool {
		return e.Kind.Action() && !d.tl.Repeats(e) && e.ID != onset.Event && !e.Start.Before(onset.Instant)
	})
	if len(unsure) > 0 {
		return []Statement{{"Of no deploy, rollback or other change is it certain that it came after the onset. Those of which the errors of the times leave it open are among the candidates in " + d.place("candidates") + ".", d.citesOf(onset)}}
	}
	none := Statement{"No deploy, rollback or other change is recorded after the onset.", d.citesOf(onset)}
	return append([]Statement{none}, d.absenceAfter("candidates", len(candidates(d.tl)) == 0, topicChanges)...)
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
		out = append(out, d.noRollback()...)
	}
	return append(out, d.wentForward()...)
}

// wentForward tells the deploys after the onset: fixes that may have gone out in the place
// of a rollback, or after one; what they were meant for is for people to say.
func (d *document) wentForward() []Statement {
	deploys := d.where(func(e timeline.Event) bool { return e.Kind == timeline.Deploy && d.tl.Phases.Response(e) })
	var out []Statement
	for _, e := range deploys[:min(len(deploys), maxActions)] {
		text := labelled("Deployed after the onset", e) + ". " + d.course(e)
		if outcome := e.Attributes["outcome"]; outcome != "" && !strings.Contains(e.Summary, outcome) {
			text += " Outcome: " + escape(outcome, maxName) + "."
		}
		out = append(out, Statement{text, e.Evidence})
	}
	return append(out, more(deploys[min(len(deploys), maxActions):], "deploy", "the timeline has them")...)
}

// noRollback says that none is recorded, by those who would have recorded it.
func (d *document) noRollback() []Statement {
	ids, who := d.recordsOf(topicRollback)
	if len(ids) == 0 || len(d.gapsAbout(topicRollback)) > 0 || len(d.checksAbout(topicRollback)) > 0 {
		return append([]Statement{{"No rollback is recorded in this window.", []string{d.request}}}, d.absence(topicRollback)...)
	}
	return []Statement{{"No rollback is recorded in this window; the records of " + enumerate(escapeAll(who), 3) + " were read for it.", ids}}
}
