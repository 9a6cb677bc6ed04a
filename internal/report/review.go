package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// quickDetection is the delay up to which the first alert counts among what went
// well; a longer one counts among what could be improved.
const quickDetection = 2 * time.Minute

// alertReach is how long after a harm began an alert may fire and still be about it.
const alertReach = 10 * time.Minute

// alertWorthy is how long harm that is not critical must last for the lack of an
// alert to be worth a line.
const alertWorthy = time.Minute

// WentWell is section 11: facts that speak for the response and the systems.
func (d *document) WentWell() []Statement {
	p := d.tl.Phases
	var out []Statement
	if p.Onset != nil && p.Detected != nil && p.Detected.At.Sub(p.Onset.At) <= quickDetection {
		out = append(out, Statement{"The first alert fired " + d.delay() + ".", slices.Concat(d.citesOf(p.Detected), d.citesOf(p.Onset))})
	}
	for _, e := range d.ofKind(timeline.Rollback) {
		if e.Attributes["outcome"] == "finished" && e.End != nil {
			text := opening(e)
			if !tellsLength(e) {
				text += "; it took " + apart(e.Start, *e.End)
			}
			out = append(out, Statement{text + ".", e.Evidence})
		}
	}
	if p.Recovered != nil && len(d.tl.Firing()) == 0 {
		out = append(out, Statement{d.recoveredWhat() + " had ended before the window closed.", d.citesOf(p.Recovered)})
	}
	out = append(out, d.sound()...)
	if len(d.tl.Gaps) == 0 {
		out = append(out, Statement{"Every question of this draft was answered: the observation has no gap.", []string{d.request}})
	}
	if len(out) == 0 {
		out = append(out, Statement{"The evidence holds nothing that speaks for or against the response.", []string{d.request}})
	}
	return out
}

// Improve is section 12: facts that ask for a better answer next time.
func (d *document) Improve() []Statement {
	p := d.tl.Phases
	var out []Statement
	if p.Onset != nil && p.Detected != nil && p.Detected.At.Sub(p.Onset.At) > quickDetection {
		out = append(out, Statement{"The first alert fired only " + d.delay() + ".", slices.Concat(d.citesOf(p.Detected), d.citesOf(p.Onset))})
	}
	out = append(out, capped(d.unalerted(), "they had no alert either; the timeline has them")...)
	for _, e := range d.where(func(e timeline.Event) bool { return e.Attributes["outcome"] == "failed" && e.Kind.Action() }) {
		out = append(out, Statement{fmt.Sprintf("Failed: %s, begun %s.", strings.TrimSuffix(deed(e), " (failed)"), d.clock.when(e.Start)), e.Evidence})
	}
	out = append(out, d.noisyAlerts()...)
	if n := d.gapLines(); n > 0 {
		out = append(out, Statement{plural(n, "gap") + " kept this draft from seeing everything; the last section has " + map[bool]string{true: "it", false: "them"}[n == 1] + ".", d.gapCites()})
	}
	if len(out) == 0 {
		alerts := "No slow alert, no critical harm and none of a minute or more without an alert"
		if looked, _ := d.alertsLooked(); !looked {
			alerts = capital(d.noAlert()) + "; no slow alert"
		}
		gap := "no gap"
		if len(d.tl.Gaps) > 0 {
			gap = "no gap that hides anything of the window"
		}
		out = append(out, Statement{alerts + ", no failed change and " + gap + " was found.", []string{d.request}})
	}
	return out
}

// unalerted is harm of some weight on a target for which no alert fired while it lasted or soon after it began.
func (d *document) unalerted() []Statement {
	alerts, said := d.ofKind(timeline.Alert), "No alert fired on %s for this: %s."
	looked, blind := d.alertsLooked()
	if !looked {
		return nil // nobody can say that no alert fired
	}
	if blind {
		said = "No alert on %s is recorded for this: %s."
	}
	var out []Statement
	for _, e := range d.harm() {
		if e.Kind == timeline.Signal || e.Severity != timeline.Critical && d.ends(e).Sub(e.Start.At) < alertWorthy || slices.ContainsFunc(alerts, func(a timeline.Event) bool { return d.about(a, e) }) {
			continue
		}
		var ids []string
		for _, c := range d.checksAbout(topicAlerts) {
			ids = append(ids, c.Evidence...)
		}
		out = append(out, Statement{fmt.Sprintf(said, orAnywhere(e.Target), what(e)), slices.Concat(e.Evidence, ids)})
	}
	return out
}

func orAnywhere(target string) string {
	if target == "" {
		return "any target"
	}
	return escape(target, maxName)
}

// about reports whether an alert could be about a harm: the same target, or one
// of the two without a target, at about the same time.
func (d *document) about(alert, harm timeline.Event) bool {
	if alert.Target != "" && harm.Target != "" && alert.Target != harm.Target {
		return false
	}
	until := d.ends(harm)
	if soon := harm.Start.At.Add(alertReach); until.Before(soon) {
		until = soon
	}
	return !alert.Start.Earliest.After(until) && !d.ends(alert).Before(harm.Start.Earliest)
}

// noisyAlerts are those that flapped or came in a storm.
func (d *document) noisyAlerts() []Statement {
	var out []Statement
	for _, e := range d.ofKind(timeline.Alert) {
		if n, ok := attribute(e.Attributes, "flaps"); ok && n > 1 {
			out = append(out, Statement{fmt.Sprintf("%s fired and resolved %s times.", alertName(e), number(n)), e.Evidence})
		}
		if n, ok := attribute(e.Attributes, "instances"); ok && n > 1 {
			out = append(out, Statement{fmt.Sprintf("%s fired for %s instances.", alertName(e), number(n)), e.Evidence})
		}
	}
	return out
}

// Lessons is section 14: the intervals that a lesson would shorten.
func (d *document) Lessons() []Statement {
	p := d.tl.Phases
	if p.Onset == nil {
		return []Statement{{"No harm is recorded in " + span(d.tl.Window.Duration()) + ", so there are no intervals to compare.", []string{d.request}}}
	}
	var out []Statement
	add := func(label string, from, to *timeline.Phase) {
		if from != nil && to != nil {
			out = append(out, Statement{label + ": " + apart(from.Instant, to.Instant) + ".", slices.Concat(d.citesOf(from), d.citesOf(to))})
		}
	}
	if p.Detected != nil && p.Onset.Before(p.Detected.Instant) {
		add("From the first harm to the first alert", p.Onset, p.Detected)
	}
	if p.Detected != nil && p.Recovered != nil && p.Detected.Before(p.Recovered.Instant) {
		add("From the first alert to the end of the last harm", p.Detected, p.Recovered)
	}
	add("From the first harm to the end of the last", p.Onset, p.Recovered)
	if p.Recovered == nil {
		out = append(out, Statement{fmt.Sprintf("From the first harm to the end of the window, and not over: at least %s.", span(d.tl.Window.To.Sub(p.Onset.Latest))), d.citesOf(p.Onset)})
	}
	return out
}
