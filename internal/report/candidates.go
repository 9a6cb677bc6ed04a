package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// RuleNearestBefore ranks what may have led to the onset. Nearness is all that it
// knows: it names coincidences, never a cause.
const RuleNearestBefore = "what was done or was already running before the onset, nearest first"

// maxCandidates is how many candidates a document lists.
const maxCandidates = 8

// candidate is an event that started before the onset, or may have.
type candidate struct {
	timeline.Event
	distance  time.Duration // from the moment it was last at work before the onset
	uncertain bool          // the errors do not say whether it started before the onset
}

// candidates are the actions, and the statements and transactions that were
// running, at the onset. The last moment at which a candidate was at work before
// the onset decides its rank; equal ones keep the timeline's order.
func candidates(t timeline.Timeline) []candidate {
	onset := t.Phases.Onset
	if onset == nil {
		return nil
	}
	var out []candidate
	for _, e := range t.Events {
		running := (e.Kind == timeline.MySQLLongStatement || e.Kind == timeline.MySQLLongTransaction) && !e.EndsAt(t.Window.To).Before(onset.Earliest)
		if e.ID == onset.Event || !e.Kind.Action() && !running || onset.Before(e.Start) || t.Repeats(e) {
			continue
		}
		last := e.Start.At
		if end := e.EndsAt(onset.At); end.After(last) && !end.After(onset.At) {
			last = end
		} else if end.After(onset.At) {
			last = onset.At
		}
		out = append(out, candidate{e, max(onset.At.Sub(last), 0), !e.Start.Before(onset.Instant)})
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		if a.Kind.Action() != b.Kind.Action() { // what changed comes before what ran
			if a.Kind.Action() {
				return -1
			}
			return 1
		}
		return int(a.distance.Milliseconds() - b.distance.Milliseconds())
	})
	return out
}

// Candidates is section 6: the first harm, then what came before it.
func (d *document) Candidates() []Statement {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return []Statement{{"No harm is recorded in this window, so there is no onset to look back from.", []string{d.request}}}
	}
	first := d.event(onset)
	out := []Statement{{
		fmt.Sprintf("%s. %s Rule: %s.", labelled("The first harm", first), d.course(first), onset.Rule), d.citesOf(onset),
	}}
	list := candidates(d.tl)
	if len(list) == 0 {
		out = append(out, Statement{"No deploy, change or long-running statement is recorded before it in this window.", d.citesOf(onset)})
		out = append(out, d.absenceAfter("summary", d.template == DEATemplate, topicChanges)...)
	}
	return append(out, d.notLookedFor(deeds())...)
}

// CandidateRows is the ranked list of section 6.
func (d *document) CandidateRows() []Row {
	var rows []Row
	list := candidates(d.tl)
	for i, c := range list[:min(len(list), maxCandidates)] {
		rows = append(rows, Row{[]string{fmt.Sprint(i + 1), deed(c.Event), d.before(c)}, slices.Concat(c.Evidence, d.citesOf(d.tl.Phases.Onset))})
	}
	return rows
}

// CandidatesLeft tells of candidates beyond the list.
func (d *document) CandidatesLeft() []Statement {
	list := candidates(d.tl)
	var rest []timeline.Event
	for _, c := range list[min(len(list), maxCandidates):] {
		rest = append(rest, c.Event)
	}
	return more(rest, "candidate", "they are farther from the onset and stand in the timeline")
}

// before says when a candidate was at work: "started 62 s before the onset and
// ended 15 s before it". It asserts no order that the errors do not support.
func (d *document) before(c candidate) string {
	onset := d.tl.Phases.Onset.Instant
	started := "started " + apart(c.Start, onset) + " before the onset"
	if c.uncertain {
		started = "started at about the time of the onset (perhaps after it)"
	}
	switch {
	case c.End == nil:
		return started + ", and was not finished when the window closed"
	case c.End.At.Equal(c.Start.At):
		return "happened" + strings.TrimPrefix(started, "started")
	case onset.Before(*c.End):
		return started + " and ended " + apart(onset, *c.End) + " after it"
	case c.End.Before(onset):
		return started + " and ended " + apart(*c.End, onset) + " before it"
	}
	return started + " and ended at about the time of the onset"
}
