package page

import (
	"fmt"
	"slices"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// tableView is the list of events beneath the lanes: the way in for who does not see
// them, and without a pointer.
type tableView struct {
	Rows       []rowView
	Says       string
	Zone       string
	Prev, Next string // links, "" for none
}

type rowView struct {
	ID, Href, Time, Until, Where, Kind, Summary, Severity, Grade string
	Phases                                                       []string
	Selected                                                     bool
}

// TablePage is how many events a page of the table has.
const TablePage = 100

// table is one page of the events in sight.
func (c scene) table() tableView {
	var seen []int
	for n, e := range c.Timeline.Events {
		if !e.Start.Earliest.After(c.look.Range.To) && !e.EndsAt(c.Timeline.Window.To).Before(c.look.Range.From) {
			seen = append(seen, n)
		}
	}
	page := max(1, c.look.Page)
	if at, ok := c.number[c.look.Event]; ok && c.look.Page == 0 {
		page = 1 + max(0, slices.Index(seen, at))/TablePage
	}
	page = min(page, 1+max(0, len(seen)-1)/TablePage)
	first := (page - 1) * TablePage
	last := min(len(seen), first+TablePage)
	v := tableView{Zone: c.clock.Zone(c.Timeline.Window.From), Says: counted(len(seen), "event") + " in this range"}
	if last-first < len(seen) {
		v.Says += fmt.Sprintf(", %d to %d here", first+1, last)
	}
	if page > 1 {
		v.Prev = c.link("", c.look.Range, page-1, "events")
	}
	if last < len(seen) {
		v.Next = c.link("", c.look.Range, page+1, "events")
	}
	marks := c.phaseNames()
	for _, n := range seen[first:last] {
		v.Rows = append(v.Rows, c.row(c.Timeline.Events[n], marks))
	}
	return v
}

// phaseNames are those of the turning points by the event that they came from.
func (c scene) phaseNames() map[string][]string {
	out := map[string][]string{}
	for _, p := range report.Phases(c.Timeline.Phases) {
		out[p.Event] = append(out[p.Event], p.Name)
	}
	return out
}

func (c scene) row(e timeline.Event, marks map[string][]string) rowView {
	v := rowView{
		ID: e.ID, Href: c.eventLink(e.ID), Time: c.clock.Cell(e.Start), Where: c.subject(e), Kind: report.Noun(e.Kind),
		Summary: report.Plain(e.Summary, maxSummary), Severity: string(e.Severity), Grade: string(e.Grade),
		Phases: marks[e.ID], Selected: e.ID == c.look.Event,
	}
	switch {
	case e.End == nil:
		v.Until = "still going on"
	case e.End.At.Sub(e.Start.At) >= time.Second:
		v.Until = report.Apart(e.Start, *e.End)
	}
	return v
}
