package page

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"

	"collector/internal/report"
	"collector/internal/timeline"
)

// How much of an event's evidence is shown beside it; its files have all of it.
const (
	maxRecords    = 12
	maxExcerpt    = 3000 // characters of a record's body
	maxAttributes = 60
)

// eventView is an event with its evidence.
type eventView struct {
	ID, Kind, Severity, Grade, Source, Target string
	Summary, Began, Lasted                    string
	Phases                                    []string
	Attributes                                []pairView
	Records                                   []recordView
	Uncited                                   int    // records that are not shown
	Missing                                   int    // records that are cited and were not found
	Cite                                      string // what "copy citation" copies, without its address
	Link                                      string // of the event, for sharing
	Base                                      string
	Close                                     string
	At                                        string
}

type pairView struct{ Name, Value string }

// recordView is a record of evidence.
type recordView struct {
	ID, Source, Target, Query, Observed, Collected, SHA256, URL, Href, Body, Cut, Cite string
}

// Event writes the page of one event, which also is what the script puts beside the
// lanes.
func (p *Pages) Event(w io.Writer, i Incident, story Story, id string, records []timeline.Evidence) (found bool, err error) {
	e, ok := story.Event(id)
	if !ok {
		return false, nil
	}
	c := scene{Story: story, look: Look{Range: story.Timeline.Window, Event: id}, clock: story.clock()}
	return true, p.render(w, "eventpage", struct {
		frame
		Back  string
		ID    string
		Event eventView
	}{p.frame(report.Plain(report.Short(e), maxName), "../../../", false), "../../" + url.PathEscape(i.ID), report.Plain(i.ID, maxName), c.event(e, "../../"+url.PathEscape(i.ID)+"/", records)})
}

// event is the view of an event; base is the way to what lies below the incident.
func (c scene) event(e timeline.Event, base string, records []timeline.Evidence) eventView {
	v := eventView{
		ID: e.ID, Kind: report.Noun(e.Kind), Severity: string(e.Severity), Grade: string(e.Grade), Source: report.Plain(e.Source, maxName),
		Target: report.Plain(e.Target, maxName), Summary: report.Plain(e.Summary, maxSummary), Began: c.began(e), Lasted: c.lasted(e),
		Base: base, Link: "?event=" + url.QueryEscape(e.ID), At: timeline.FormatTime(e.Start.At),
		Close: c.link("", c.look.Range, 0, "lanes"), Uncited: max(0, len(e.Evidence)-maxRecords),
	}
	v.Missing = len(e.Evidence) - v.Uncited - len(records)
	v.Cite = fmt.Sprintf("%s: %s, %s", c.subject(e), v.Summary, c.clock.When(e.Start))
	for _, p := range report.Phases(c.Timeline.Phases) {
		if p.Event == e.ID {
			v.Phases = append(v.Phases, p.Name+" ("+p.Rule+")")
		}
	}
	for n, name := range slices.Sorted(maps.Keys(e.Attributes)) {
		if n == maxAttributes {
			v.Attributes = append(v.Attributes, pairView{"…", fmt.Sprintf("%d more in timeline.json", len(e.Attributes)-n)})
			break
		}
		v.Attributes = append(v.Attributes, pairView{report.Plain(name, maxName), report.Plain(e.Attributes[name], maxValue)})
	}
	for _, r := range records {
		v.Records = append(v.Records, c.record(r, base, v.Cite))
	}
	return v
}

// subject is whom an event is about.
func (c scene) subject(e timeline.Event) string {
	if e.Target == "" {
		return report.Plain(e.Source, maxName)
	}
	return report.Plain(e.Target, maxName)
}

// began is when an event began, as a sentence without its end.
func (c scene) began(e timeline.Event) string {
	if e.End != nil && *e.End == e.Start {
		return "It happened " + c.clock.When(e.Start)
	}
	return "It began " + c.clock.When(e.Start)
}

// lasted is how long an event went on, "" for an instant.
func (c scene) lasted(e timeline.Event) string {
	switch {
	case e.End == nil:
		return "still going on when the window closed, at least " + report.Span(c.Timeline.Window.To.Sub(e.Start.At))
	case *e.End == e.Start:
		return ""
	}
	return "lasted " + report.Apart(e.Start, *e.End) + ", ended " + c.clock.When(*e.End)
}

func (c scene) record(r timeline.Evidence, base, cite string) recordView {
	v := recordView{
		ID: r.ID, Source: report.Plain(r.Source, maxName), Target: report.Plain(r.Target, maxName), Query: report.Plain(r.Query, 2000),
		Observed:  timeline.FormatTime(r.ObservedFrom) + " to " + timeline.FormatTime(r.ObservedTo),
		Collected: timeline.FormatTime(r.CollectedAt), SHA256: r.SHA256, URL: report.Plain(r.URL, 500),
		Href: base + "draft/" + report.RecordPath(r.ID, c.records),
		Cite: fmt.Sprintf("[%s] %s (SHA-256 %s)", r.ID, cite, r.SHA256),
	}
	v.Body, v.Cut = report.Preview(r.Body, maxExcerpt)
	return v
}
