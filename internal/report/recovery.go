package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"collector/internal/timeline"
)

// maxSignals is how many metrics the recovery table shows.
const maxSignals = 30

// RecoveryRows is the table of section 10: each server that was down, each replica's
// threads and lag, and each abnormal metric, before, at its worst, and at the end of
// the window.
func (d *document) RecoveryRows() []Row {
	signals := d.ofKind(timeline.Signal)
	rows := slices.Concat(d.serverRows(), d.threadRows(), d.lagRows())
	rows = rows[:min(len(rows), maxReplicas)]
	for _, e := range signals[:min(len(signals), maxSignals)] {
		rows = append(rows, d.recoveryRow(e))
	}
	return rows
}

func (d *document) recoveryRow(e timeline.Event) Row {
	unit := e.Attributes["unit"]
	before, worst, after := "not known", "not known", "not known"
	if v, ok := attribute(e.Attributes, "baseline"); ok {
		before = quantity(v, unit)
	}
	if v, ok := attribute(e.Attributes, "peak"); ok {
		worst = quantity(v, unit)
		if at, err := time.Parse(time.RFC3339, e.Attributes["peak_at"]); err == nil {
			worst += " at " + d.clock.under(at, d.clock.zone)
		}
	}
	cites := e.Evidence
	if s, ok := seriesOf(d.tl, e); ok {
		if p, ok := lastValue(s, d.tl.Window); ok {
			after = quantity(p.V, unit)
		}
		cites = slices.Concat(cites, s.Evidence)
	}
	back := "not back in its baseline when the window closed"
	if e.Attributes["series_ended"] != "" && e.End != nil {
		back = "not known: the metric ended " + d.clock.cell(*e.End, d.clock.zone)
	} else if e.End != nil {
		back = "back in its baseline " + d.clock.cell(*e.End, d.clock.zone)
	} else if d.unsettled(e) {
		back = "inside it again, not settled when the window closed"
	}
	name := e.Attributes["signal"]
	if name == "" {
		name = e.Summary
	}
	where := escape(e.Target, maxName)
	if where == "" {
		where = "—"
	}
	return Row{[]string{escape(name, maxName), where, before, worst, after, back}, cites}
}

// unsettled reports whether a metric that has no end was inside its normal band
// at its last value: the detector waits until it is calm.
func (d *document) unsettled(e timeline.Event) bool {
	bound, ok := attribute(e.Attributes, "threshold")
	if e.Kind != timeline.Signal || e.End != nil || !ok {
		return false
	}
	s, found := seriesOf(d.tl, e)
	if !found {
		return false
	}
	last, ok := lastValue(s, d.tl.Window)
	if e.Attributes["direction"] == "down" {
		return ok && last.V >= bound
	}
	return ok && last.V <= bound
}

// lastValue is the last number of a series within the window.
func lastValue(s timeline.Series, w timeline.Window) (timeline.Point, bool) {
	for _, p := range slices.Backward(s.Points) {
		if !math.IsNaN(p.V) && !p.T.After(w.To) && !p.T.Before(w.From) {
			return p, true
		}
	}
	return timeline.Point{}, false
}

// Recovery is section 10 without its table.
func (d *document) Recovery() []Statement {
	p := d.tl.Phases
	if p.Onset == nil {
		out := []Statement{{"No harm is recorded, so there is no recovery to tell of.", []string{d.request}}}
		return slices.Concat(out, d.ending(), d.elsewhere(topicSignals))
	}
	var out []Statement
	if p.Recovered != nil {
		out = append(out, Statement{
			fmt.Sprintf("%s had ended %s (rule: %s).", d.recoveredWhat(), d.clock.when(p.Recovered.Instant), p.Recovered.Rule), d.citesOf(p.Recovered),
		})
	}
	if p.Resolved != nil {
		out = append(out, Statement{fmt.Sprintf("The last alert resolved %s.", d.clock.when(p.Resolved.Instant)), d.citesOf(p.Resolved)})
	}
	out = append(out, d.ending()...)
	open := d.where(func(e timeline.Event) bool { return e.End == nil && (e.Harm() || e.Kind == timeline.Alert) })
	for _, e := range open[:min(len(open), maxContributing)] {
		label := "Not over when the window closed"
		if d.unsettled(e) {
			label = "Inside its normal band again when the window closed, but not settled"
		}
		out = append(out, Statement{labelled(label, e) + ". It began " + d.clock.when(e.Start) + ".", e.Evidence})
	}
	out = append(out, more(open[min(len(open), maxContributing):], "episode", "they were not over either")...)
	if left := len(d.ofKind(timeline.Signal)) - maxSignals; left > 0 {
		out = append(out, more(d.ofKind(timeline.Signal)[maxSignals:], "metric", "the timeline has them")...)
	}
	out = append(out, d.rowsLeft()...)
	out = append(out, d.steadyLags()...)
	out = append(out, d.summedImpact()...)
	if len(d.ofKind(timeline.Signal)) == 0 {
		return append(out, d.absence(topicSignals)...)
	}
	calm := slices.DeleteFunc(d.checksAbout(topicSignals), func(c timeline.Check) bool { return !slices.Contains(topicSignals.sources, c.Source) })
	return append(out, capped(d.checkStatements(calm), "the last section has them")...)
}

// rowsLeft tells how many servers and replicas the table leaves out.
func (d *document) rowsLeft() []Statement {
	rows := slices.Concat(d.serverRows(), d.threadRows(), d.lagRows())
	if len(rows) <= maxReplicas {
		return nil
	}
	var ids []string
	for _, r := range rows[maxReplicas:] {
		ids = append(ids, r.Cites...)
	}
	return []Statement{{"And " + plural(len(rows)-maxReplicas, "more line") + " about servers and replicas; the timeline has their episodes.", ids}}
}

// summedImpact says what the impact figures cannot tell.
func (d *document) summedImpact() []Statement {
	var names, ids []string
	for _, i := range d.tl.Impact {
		names, ids = append(names, figure(i)), append(ids, i.Evidence...)
	}
	if len(names) == 0 {
		return nil
	}
	return []Statement{{"The impact figures (" + enumerate(names, 5) + ") are sums over the whole window: of them no state before, at the worst and after is recorded.", ids}}
}
