package report

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"collector/internal/timeline"
)

// document is what a template sees: one method for each building block. A
// method returns statements or rows; only say and row can print them.
type document struct {
	draft   Draft
	tl      timeline.Timeline
	clock   clock
	request string // the record of the draft's own request
	charts  []chart
}

func newDocument(d Draft) (*document, error) {
	request, err := d.request()
	if err != nil {
		return nil, err
	}
	doc := &document{draft: d, tl: d.Timeline, clock: newClock(d.Location, d.Timeline.Window), request: request}
	doc.charts = findCharts(doc.tl)
	return doc, nil
}

// Title is the document's heading.
func (d *document) Title() string { return escape(d.tl.Title, maxText) }

// Zone names the time zone at the start of the window, for table heads.
func (d *document) Zone() string { return d.clock.abbreviation(d.tl.Window.From) }

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

// what is an event in words, with its target: "db1: replication SQL thread stopped …".
func what(e timeline.Event) string {
	if e.Target == "" || names(e.Summary, e.Target) {
		return escape(e.Summary, maxText)
	}
	return escape(e.Target, maxName) + ": " + escape(e.Summary, maxText)
}

// opening is what at the beginning of a sentence.
func opening(e timeline.Event) string {
	text := what(e)
	if strings.HasPrefix(text, escape(e.Target, maxName)+": ") {
		return text // a name keeps its case
	}
	return capital(text)
}

// capital makes the first letter a capital.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// names reports whether a text names a target as a word of its own.
func names(text, target string) bool {
	for word := range strings.FieldsSeq(plain(text, maxText)) {
		if strings.Trim(word, ",;:()") == target {
			return true
		}
	}
	return false
}

// lasted says how long an event went on: "for 26 min 7 s", or that it was still
// going on when the window closed; "" for an instant.
func (d *document) lasted(e timeline.Event) string {
	from := "for "
	if e.Start.At.Before(d.tl.Window.From) {
		from = "from before the window, "
	}
	switch {
	case e.End == nil:
		return from + "at least " + span(d.tl.Window.To.Sub(e.Start.At)) + ", still going on when the window closed"
	case momentary(e):
		return ""
	}
	return from + apart(e.Start, *e.End)
}

// momentary reports whether an event was over within the second it began.
func momentary(e timeline.Event) bool {
	return e.End != nil && e.End.At.Sub(e.Start.At) < 500*time.Millisecond
}

// course is an event's times as a sentence: "It began at 09:14:03 CEST (…) and lasted 26 min."
func (d *document) course(e timeline.Event) string {
	begin := "It began " + d.clock.when(e.Start)
	if e.Start.Latest.Before(d.tl.Window.From) {
		begin = "It was there when the window opened"
	}
	switch {
	case e.End == nil:
		return begin + " and still went on when the window closed."
	case momentary(e):
		return "It happened " + d.clock.when(e.Start) + "."
	}
	return begin + " and lasted " + apart(e.Start, *e.End) + "."
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
