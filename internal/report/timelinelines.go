package report

import (
	"cmp"
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// timelineLine is one line of a timeline that is told as a list.
type timelineLine struct {
	at   timeline.Instant
	text string
	ids  []string
}

// TimelineLines is the timeline as a list, with the turning points that stand at the
// end of an event as lines of their own. It is as long as the table, and folds as it.
func (d *document) TimelineLines() []Statement {
	var lines []timelineLine
	for _, r := range fold(d.tl) {
		text := ""
		if len(r.events) > 1 {
			text = d.folded(r.events)
		} else {
			text = d.story(r.events[0], r.repeats)
		}
		lines = append(lines, timelineLine{r.start, text, evidenceOf(slices.Concat(r.events, r.repeats))})
	}
	for _, p := range phases(d.tl.Phases) {
		e := d.event(p.Phase)
		if p.Instant == e.Start || e.End == nil || p.Instant != *e.End {
			continue // the event's own line has it
		}
		text := fmt.Sprintf("**%s** %s (rule: %s)", p.name, ending(e), p.Rule)
		lines = append(lines, timelineLine{p.Instant, text, d.citesOf(p.Phase)})
	}
	slices.SortStableFunc(lines, func(a, b timelineLine) int { return cmp.Compare(a.at.At.UnixMilli(), b.at.At.UnixMilli()) })
	var out []Statement
	starts := make([]timeline.Instant, len(lines))
	for i, l := range lines {
		starts[i] = l.at
	}
	for i, mark := range uncertain(starts) {
		out = append(out, Statement{fmt.Sprintf("%s**%s:** %s.", mark, d.clock.stamp(lines[i].at), lines[i].text), lines[i].ids})
	}
	return out
}

// TimelineNote says what a list of the timeline leaves to timeline.json, or why the
// list is empty.
func (d *document) TimelineNote() []Statement {
	if len(d.tl.Events) > 0 && len(fold(d.tl)) == len(d.tl.Events) {
		return nil
	}
	return d.Timeline()
}
