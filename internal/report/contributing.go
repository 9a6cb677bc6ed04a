package report

import (
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// maxContributing is how many accompanying events section 7 tells one by one.
const maxContributing = 10

// Contributing is section 7: what else was wrong at the same time, apart from
// the first harm. It claims no effect.
func (d *document) Contributing() []Statement {
	onset := d.tl.Phases.Onset
	if onset == nil {
		out := []Statement{{"No harm is recorded, so there is nothing that went with it.", []string{d.request}}}
		return append(out, d.elsewhere(topicServers)...)
	}
	var before, after []timeline.Event
	for _, e := range d.harm() {
		switch {
		case e.ID == onset.Event:
		case e.Start.Before(onset.Instant):
			before = append(before, e)
		default:
			after = append(after, e)
		}
	}
	var out []Statement
	for _, e := range before[:min(len(before), maxContributing)] {
		out = append(out, Statement{d.earlier(e), e.Evidence})
	}
	after, metrics := d.metrics(after)
	for _, e := range after[:min(len(after), maxContributing)] {
		out = append(out, Statement{opening(e) + ". " + d.course(e), e.Evidence})
	}
	out = append(out, capped(metrics, "the table of "+d.place("recovery")+" has them")...)
	out = append(out, d.complaints(onset)...)
	rest := append(before[min(len(before), maxContributing):], after[min(len(after), maxContributing):]...)
	out = append(out, more(rest, "episode", "the timeline has them")...)
	if len(out) == 0 {
		out = d.noOtherHarm(onset)
	}
	return append(out, d.notLookedFor(troubles())...)
}

// complaints are what applications logged from shortly before the onset on.
func (d *document) complaints(onset *timeline.Phase) []Statement {
	list := d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.Log && e.Attributes["pattern"] != "" && !e.Start.Latest.Before(onset.Earliest.Add(-soonAfter))
	})
	var out []Statement
	for _, e := range list {
		out = append(out, Statement{opening(e) + ". " + d.course(e), e.Evidence})
	}
	return capped(out, "the timeline has them")
}

// metrics takes the abnormal metrics out of a list of events and sums up those
// of one target; a single one stays in the list.
func (d *document) metrics(events []timeline.Event) (rest []timeline.Event, summed []Statement) {
	var order []string
	by := map[string][]timeline.Event{}
	for _, e := range events {
		if e.Kind == timeline.Signal {
			if by[e.Target] == nil {
				order = append(order, e.Target)
			}
			by[e.Target] = append(by[e.Target], e)
		}
	}
	rest = slices.DeleteFunc(slices.Clone(events), func(e timeline.Event) bool { return e.Kind == timeline.Signal && len(by[e.Target]) > 1 })
	for _, target := range order {
		if list := by[target]; len(list) > 1 {
			text := fmt.Sprintf("%s: %s left their normal band: %s. %s has their values and times.", orAnywhere(target), plural(len(list), "metric"), enumerate(kindsOf(list), maxContributing), capital(d.place("recovery")))
			summed = append(summed, Statement{text, evidenceOf(list)})
		}
	}
	return rest, summed
}

// earlier tells of harm that was there before the onset.
func (d *document) earlier(e timeline.Event) string {
	if e.End != nil && e.End.Before(d.tl.Phases.Onset.Instant) {
		return "Before the onset, and over by then: " + what(e) + ". " + d.course(e)
	}
	return "Already there at the onset: " + what(e) + ". " + d.course(e)
}
