package report

import (
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// uncertainOrder marks a row that may have come before a row above it.
const uncertainOrder = "≈ "

// tableRow is one line of the timeline: an event, a fold of several, or a phase.
type tableRow struct {
	events  []timeline.Event // one, or all that were folded
	repeats []timeline.Event // what replicas repeated of a single event at the same time
	start   timeline.Instant
}

// TimelineRows is the table of section 4.
func (d *document) TimelineRows() []Row {
	rows := fold(d.tl)
	starts := make([]timeline.Instant, len(rows))
	for i, r := range rows {
		starts[i] = r.start
	}
	var out []Row
	for i, mark := range uncertain(starts) {
		out = append(out, d.timelineRow(rows[i], mark))
	}
	return out
}

// uncertain says of each of several instants in order whether one before it may have
// come after it.
func uncertain(starts []timeline.Instant) []string {
	out := make([]string, len(starts))
	var latest time.Time
	for i, s := range starts {
		if !latest.IsZero() && !latest.Before(s.Earliest) {
			out[i] = uncertainOrder
		}
		if s.Latest.After(latest) {
			latest = s.Latest
		}
	}
	return out
}

func (d *document) timelineRow(r tableRow, mark string) Row {
	cells := []string{mark + d.clock.cell(r.start, d.clock.zone)}
	if !d.UTC() {
		cells = append(cells, d.clock.cell(r.start, time.UTC))
	}
	first := r.events[0]
	if len(r.events) > 1 {
		cells = append(cells, string(first.Severity), d.folded(r.events))
	} else {
		cells = append(cells, string(first.Severity), d.story(first, r.repeats))
	}
	return Row{cells, evidenceOf(slices.Concat(r.events, r.repeats))}
}

// story is an event with its duration, who repeated it, how it is known, and the
// phases it marks.
func (d *document) story(e timeline.Event, repeats []timeline.Event) string {
	var b strings.Builder
	if names := d.phasesOf(e); len(names) > 0 {
		b.WriteString("**" + strings.Join(names, ", ") + "** ")
	}
	b.WriteString(what(e))
	if len(repeats) > 0 {
		b.WriteString(", and by replication on " + enumerate(escapeAll(targets(repeats)), 3))
	}
	if until := d.until(e); until != "" {
		b.WriteString("; " + until)
	}
	return b.String() + " (" + string(e.Grade) + ")"
}

// phasesOf names the phases that came from an event.
func (d *document) phasesOf(e timeline.Event) []string {
	var names []string
	for _, p := range phases(d.tl.Phases) {
		if p.Event == e.ID && p.Instant == e.Start { // a phase at its end stands in the table of phases
			names = append(names, p.name)
		}
	}
	return names
}

// namedPhase is a phase that was found, with its name.
type namedPhase struct {
	name string
	*timeline.Phase
}

// phases lists the phases that were found, in their natural order.
func phases(p timeline.Phases) []namedPhase {
	all := []namedPhase{
		{"onset", p.Onset}, {"detected", p.Detected}, {"mitigated", p.Mitigated}, {"recovered", p.Recovered}, {"resolved", p.Resolved},
	}
	return slices.DeleteFunc(all, func(n namedPhase) bool { return n.Phase == nil })
}

// targets are the events' targets, each once.
func targets(events []timeline.Event) []string {
	var out []string
	for _, e := range events {
		if e.Target != "" && !slices.Contains(out, e.Target) {
			out = append(out, e.Target)
		}
	}
	return out
}

// Timeline is section 4 without its table.
func (d *document) Timeline() []Statement {
	if len(d.tl.Events) > 0 {
		return []Statement{{d.counted(fold(d.tl)), []string{d.request}}}
	}
	out := []Statement{{"No event was found in the window.", []string{d.request}}}
	out = append(out, capped(d.checkStatements(d.tl.Checks), "what else was looked for stands in the last section")...)
	return append(out, capped(d.gapStatements(d.tl.Gaps), "the other gaps stand in the last section")...)
}

// PhaseRows is the table of turning points.
func (d *document) PhaseRows() []Row {
	var rows []Row
	for _, p := range phases(d.tl.Phases) {
		e := d.event(p.Phase)
		cells := []string{p.name, d.clock.cell(p.Instant, d.clock.zone)}
		if !d.UTC() {
			cells = append(cells, d.clock.cell(p.Instant, time.UTC))
		}
		text := what(e)
		if p.Instant != e.Start && e.End != nil && p.Instant == *e.End {
			text = ending(e)
		}
		rows = append(rows, Row{append(cells, text, p.Rule), d.citesOf(p.Phase)})
	}
	return rows
}
