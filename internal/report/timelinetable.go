package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// How long the table may get. Past foldRows, mild events of one sort become one
// row; past maxRows, all events of one sort do. timeline.json always has every
// single event.
const (
	foldRows = 100
	maxRows  = 300
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

// folded tells several events as one line.
func (d *document) folded(events []timeline.Event) string {
	first, last := events[0], events[len(events)-1]
	text := fmt.Sprintf("%s × %d", escape(short(first), maxName), len(events))
	if on := targets(events); len(on) > 0 {
		text += " on " + enumerate(escapeAll(on), 3)
	}
	return fmt.Sprintf("%s, the last %s. The first: %s", text, d.clock.when(last.Start), escape(first.Summary, maxText))
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

// fold makes rows of events: one each while there are few, where what replicas
// repeat at the same time stands with what they repeat; when there are many,
// mild ones of one sort share a row; when there are very many, all of one sort.
func fold(t timeline.Timeline) []tableRow {
	events, repeats := withoutRepeats(t)
	rows := foldBy(events, func(timeline.Event) string { return "" })
	if len(rows) > foldRows {
		rows = foldBy(events, func(e timeline.Event) string {
			if e.Severity != timeline.Info {
				return ""
			}
			return string(e.Kind) + "\x00" + e.Target
		})
	}
	if len(rows) > maxRows {
		rows = foldBy(events, func(e timeline.Event) string {
			return string(e.Kind) + "\x00" + string(e.Severity) + "\x00" + e.Target + "\x00" + short(e)
		})
	}
	if len(rows) > maxRows {
		rows = foldBy(events, func(e timeline.Event) string { return string(e.Kind) + "\x00" + string(e.Severity) })
	}
	for i, r := range rows {
		if len(r.events) == 1 {
			rows[i].repeats = repeats[r.events[0].ID]
			continue
		}
		for _, e := range r.events {
			rows[i].events = append(rows[i].events, repeats[e.ID]...)
		}
		rows[i].events = inOrder(rows[i].events)
	}
	return rows
}

// withoutRepeats takes out what replicas only repeat, by the ID of what they repeat.
// A repetition that certainly came later is news, a lag, and stays.
func withoutRepeats(t timeline.Timeline) (events []timeline.Event, repeats map[string][]timeline.Event) {
	repeats = map[string][]timeline.Event{}
	for _, e := range t.Events {
		original, repeated := t.Original(e)
		if repeated && !original.Start.Before(e.Start) {
			repeats[original.ID] = append(repeats[original.ID], e)
			continue
		}
		events = append(events, e)
	}
	return events, repeats
}

// foldBy puts events with the same key into one row, at the first one's place.
// An empty key folds nothing.
func foldBy(events []timeline.Event, key func(timeline.Event) string) []tableRow {
	var rows []tableRow
	at := map[string]int{}
	for _, e := range events {
		k := key(e)
		if i, ok := at[k]; ok && k != "" {
			rows[i].events = append(rows[i].events, e)
			continue
		}
		at[k] = len(rows)
		rows = append(rows, tableRow{events: []timeline.Event{e}, start: e.Start})
	}
	slices.SortStableFunc(rows, func(a, b tableRow) int { return cmp.Compare(a.start.At.UnixMilli(), b.start.At.UnixMilli()) })
	return rows
}

// Timeline is section 4 without its table.
func (d *document) Timeline() []Statement {
	if len(d.tl.Events) > 0 {
		rows := len(fold(d.tl))
		text := plural(len(d.tl.Events), "event")
		if rows < len(d.tl.Events) {
			text += " in " + plural(rows, "line") + "; timeline.json has each of them"
		}
		return []Statement{{text + ".", []string{d.request}}}
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
