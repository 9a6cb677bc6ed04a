package report

import (
	"fmt"
	"slices"
	"time"

	"collector/internal/timeline"
)

// maxAlerts is how many alerts section 5 tells one by one.
const maxAlerts = 10

// Detection is section 5: which alert came first and how late, then the others.
func (d *document) Detection() []Statement {
	alerts := d.ofKind(timeline.Alert)
	var out []Statement
	if len(alerts) == 0 {
		out = d.absence(topicAlerts)
	}
	if p := d.tl.Phases; p.Detected != nil && p.Onset != nil {
		out = append(out, d.firstAlert())
	}
	first := ""
	if p := d.tl.Phases.Detected; p != nil {
		first = p.Event
	}
	others := slices.DeleteFunc(alerts, func(e timeline.Event) bool { return e.ID == first })
	for _, e := range others[:min(len(others), maxAlerts)] {
		out = append(out, Statement{d.alertStory(e), e.Evidence})
	}
	out = append(out, more(others[min(len(others), maxAlerts):], "alert", "the timeline has them")...)
	out = append(out, d.told()...)
	out = append(out, d.noted(func(e timeline.Event) bool { return !d.afterDetection(e) })...)
	return slices.DeleteFunc(out, func(s Statement) bool { return s.Text == "" })
}

func (d *document) firstAlert() Statement {
	p := d.tl.Phases
	alert := d.event(p.Detected)
	harm := d.event(p.Onset)
	return Statement{
		fmt.Sprintf("The first alert was %s, fired %s. It came %s (%s).", alertName(alert), d.clock.when(p.Detected.Instant), d.delay(), kindsWhere([]timeline.Event{harm})[0]),
		slices.Concat(alert.Evidence, d.citesOf(p.Onset)),
	}
}

// waiting writes a rule's duration like all others: Prometheus says "60", "60s" or "1m".
func waiting(text string) string {
	if v, ok := attribute(map[string]string{"": text}, ""); ok {
		return quantity(v, "s")
	}
	if d, err := time.ParseDuration(text); err == nil {
		return span(d)
	}
	return text
}

func (d *document) alertStory(e timeline.Event) string {
	text := fmt.Sprintf("%s fired %s", alertName(e), d.clock.when(e.Start))
	if e.Start.Latest.Before(d.tl.Window.From) {
		text = alertName(e) + " was firing when the window opened"
	}
	if e.End == nil {
		text += " and still did when the window closed"
	} else {
		text += " and resolved " + apart(e.Start, *e.End) + " later"
	}
	if flaps, ok := attribute(e.Attributes, "flaps"); ok && flaps > 1 {
		text += fmt.Sprintf(", in %s separate stretches", number(flaps))
	}
	if n, ok := attribute(e.Attributes, "instances"); ok && n > 1 {
		text += fmt.Sprintf(", for %s instances", number(n))
	}
	return text + "."
}
