package report

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/internal/timeline"
)

// document is what a template sees: one method for each building block. A
// method returns statements or rows; only say and row can print them.
type document struct {
	draft    Draft
	template string // the name of the document's template
	tl       timeline.Timeline
	clock    clock
	request  string // the record of the draft's own request
	charts   []chart
	moved    func() ([]unalerted, []timeline.Event) // what moved with no alert, see unalerted.go
}

func newDocument(d Draft, template string) (*document, error) {
	request, err := d.request()
	if err != nil {
		return nil, err
	}
	doc := &document{draft: d, template: template, tl: d.Timeline, clock: newClock(d.Location, d.Timeline.Window), request: request}
	doc.charts = findCharts(doc.tl)
	doc.moved = sync.OnceValues(doc.findMoved)
	return doc, nil
}

// Title is the incident's title.
func (d *document) Title() string { return escape(d.tl.Title, maxText) }

// Heading is the document's heading: the incident's title, and which document this
// is when it is not the postmortem.
func (d *document) Heading() string { return escape(heading(d.template, d.tl.Title), maxText) }

// heading is a document's heading, in plain text.
func heading(name, title string) string {
	switch name {
	case DefaultTemplate:
		return title
	case "dea":
		return "Defect escape analysis: " + title
	}
	return capital(strings.ReplaceAll(name, "-", " ")) + ": " + title
}

// place says where in the document a shared block stands, for a block that points
// at it.
func (d *document) place(block string) string {
	if block == "summary" {
		return map[string]string{"briefing": "“In short”", DEATemplate: "“Summary”"}[d.template]
	}
	if d.template == DefaultTemplate {
		return map[string]string{"candidates": "section 6", "recovery": "section 10"}[block]
	}
	return "the part on the " + map[string]string{"candidates": "root cause", "recovery": "recovery"}[block]
}

// Zone names the time zone, for table heads.
func (d *document) Zone() string { return d.clock.head() }

// UTC reports whether the configured zone is UTC itself.
func (d *document) UTC() bool { return d.clock.utc() }

// cited gives a gap, check or impact figure that came without a record the
// record of the request: the draft itself then bears witness.
func (d *document) cited(ids []string) []string {
	if len(ids) == 0 {
		return []string{d.request}
	}
	return ids
}

// event is the event that a phase came from.
func (d *document) event(p *timeline.Phase) timeline.Event {
	if p == nil {
		return timeline.Event{}
	}
	e, _ := d.tl.Event(p.Event)
	return e
}

// citesOf are the records of a phase.
func (d *document) citesOf(p *timeline.Phase) []string {
	return d.cited(d.event(p).Evidence)
}

// harm is everything that was suffered, gravest first.
func (d *document) harm() []timeline.Event {
	return gravest(d.where(timeline.Event.Harm))
}

// ofKind returns the events of some kinds, in order.
func (d *document) ofKind(kinds ...timeline.Kind) []timeline.Event {
	return d.where(func(e timeline.Event) bool { return slices.Contains(kinds, e.Kind) })
}

func (d *document) where(keep func(timeline.Event) bool) []timeline.Event {
	var out []timeline.Event
	for _, e := range d.tl.Events {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

// gravest sorts by severity, then start, keeping the timeline's order otherwise.
func gravest(events []timeline.Event) []timeline.Event {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b timeline.Event) int {
		return cmp.Compare(b.Severity.Rank(), a.Severity.Rank())
	})
	return events
}

// ends is an event's end as far as this window can tell.
func (d *document) ends(e timeline.Event) time.Time { return e.EndsAt(d.tl.Window.To) }

// evidenceOf is the union of the events' records, in order of first mention.
func evidenceOf(events []timeline.Event) []string {
	var ids []string
	for _, e := range events {
		ids = append(ids, e.Evidence...)
	}
	return ids
}

// more tells what a capped list leaves out, with its evidence; nothing is lost
// silently.
func more(events []timeline.Event, noun, where string) []Statement {
	if len(events) == 0 {
		return nil
	}
	return []Statement{{"And " + plural(len(events), noun) + " more; " + where + ".", evidenceOf(events)}}
}
