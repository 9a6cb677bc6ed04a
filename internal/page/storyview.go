package page

import (
	"fmt"
	"net/url"
	"strconv"

	"collector/internal/report"
	"collector/internal/timeline"
)

// storyView is what the templates see of a story.
type storyView struct {
	Data    string // where the script finds the events
	Range   string // what is seen, in words
	Whole   bool   // nothing of the window is out of sight
	Zone    string
	Zoom    []zoomLink
	Phases  []phaseView
	Impact  []impactView
	Counts  string
	Ruler   rulerView
	Lanes   []laneView
	Charts  []chartView
	Undrawn string
	Event   *eventView
	Table   tableView
	Gaps    []gapView
	Absent  []string // what was looked for and not found
	NotSeen int      // further checks
	Note    noteView
}

type zoomLink struct{ Name, Sign, Do, Href string }

type phaseView struct{ Name, Time, UTC, After, Text, Href string }

type impactView struct{ Name, Value string }

type gapView struct{ Where, When, Why string }

// noteView is what the form of a note begins with.
type noteView struct{ At, Disputes string }

// scene is a story as one request looks at it.
type scene struct {
	Story
	look  Look
	axis  axis
	clock report.Clock
}

func newStoryView(s Story, i Incident, look Look, records []timeline.Evidence) storyView {
	w := s.Timeline.Window
	if look.Range == (timeline.Window{}) {
		look.Range = w
	}
	c := scene{Story: s, look: look, axis: axis{look.Range.From, look.Range.To}, clock: s.clock()}
	v := storyView{
		Data: base(i.ID) + "data.json", Range: c.clock.Window(look.Range), Whole: look.Range == w, Zone: c.clock.Zone(w.From),
		Zoom: c.zoom(), Phases: c.phases(), Counts: c.counts(), Ruler: c.ruler(), Lanes: c.laneViews(), Charts: c.chartViews(),
		Table: c.table(), Gaps: c.gaps(),
	}
	v.Absent, v.NotSeen = c.absent()
	for _, f := range s.Timeline.Impact {
		v.Impact = append(v.Impact, impactView{report.Plain(f.Name, maxName), report.Plain(report.Figure(f), maxName)})
	}
	if s.undrawn > 0 {
		v.Undrawn = fmt.Sprintf("Not drawn: %s.", counted(s.undrawn, "other series"))
	}
	if !i.Live {
		v.Note.At = timeline.FormatTime(look.Range.From)
	}
	if e, ok := s.Event(look.Event); ok {
		view := c.event(e, base(i.ID), records)
		v.Event, v.Note = &view, noteView{timeline.FormatTime(e.Start.At), e.ID}
	}
	return v
}

// link is a page of the same story: an event, a range, a page of the table.
func (c scene) link(event string, r timeline.Window, page int, anchor string) string {
	query := url.Values{}
	if event != "" {
		query.Set("event", event)
	}
	if r != c.Timeline.Window {
		query.Set("from", timeline.FormatTime(r.From))
		query.Set("to", timeline.FormatTime(r.To))
	}
	if page > 1 {
		query.Set("page", strconv.Itoa(page))
	}
	text := "?" + query.Encode()
	if anchor != "" {
		text += "#" + anchor
	}
	return text
}

// eventLink shows an event where the range is now.
func (c scene) eventLink(id string) string { return c.link(id, c.look.Range, 0, "event") }

// zoom are the links that look at more, less or another part of the window. The
// script takes them over.
func (c scene) zoom() []zoomLink {
	r, w := c.look.Range, c.Timeline.Window
	to := func(name, sign, do string, r timeline.Window) zoomLink {
		return zoomLink{name, sign, do, c.link(c.look.Event, r, 0, "lanes")}
	}
	return []zoomLink{
		to("Earlier", "←", "earlier", panned(r, w, false)), to("Later", "→", "later", panned(r, w, true)),
		to("Zoom in", "+", "in", zoomed(r, w, true)), to("Zoom out", "−", "out", zoomed(r, w, false)),
		to("Show all", "all", "all", w),
	}
}

// phases are the turning points, each with how long after the first it was.
func (c scene) phases() []phaseView {
	var out []phaseView
	all := report.Phases(c.Timeline.Phases)
	for n, p := range all {
		v := phaseView{Name: p.Name, Time: c.clock.Cell(p.Instant), Href: c.eventLink(p.Event)}
		if e, ok := c.Event(p.Event); ok {
			v.Text = marked(e, p)
		}
		if n > 0 {
			v.After = report.Delayed(all[0].Instant, p.Instant, "the "+all[0].Name)
		}
		if p.Name == "recovered" {
			v.After += c.stillFiring()
		}
		out = append(out, v)
	}
	return out
}

// stillFiring qualifies a recovery: an alert that goes on may tell of what nobody measured.
func (c scene) stillFiring() string {
	n := len(c.Timeline.Firing())
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of the alerts still firing", n)
}

// marked is what an event says of the turning point that came from it: that it began, or
// that it ended.
func marked(e timeline.Event, p report.NamedPhase) string {
	if e.End == nil || p.Instant == e.Start || p.Instant != *e.End {
		return report.Plain(e.Summary, maxSummary)
	}
	switch {
	case e.Kind == timeline.Signal:
		return report.Plain(e.Attributes["signal"], maxName) + " was back in its normal band"
	case e.Kind == timeline.Alert && e.Attributes["alertname"] != "":
		return "alert " + report.Plain(e.Attributes["alertname"], maxName) + " resolved"
	case e.Kind.Action():
		return report.Plain(e.Summary, maxSummary)
	}
	return "end of: " + report.Plain(e.Summary, maxSummary)
}

// counts says how much there is.
func (c scene) counts() string {
	var bySeverity [3]int
	for _, e := range c.Timeline.Events {
		bySeverity[e.Severity.Rank()]++
	}
	text := fmt.Sprintf("%s in %s: %d critical, %d warning, %d info",
		counted(len(c.Timeline.Events), "event"), counted(len(c.lanes), "lane"), bySeverity[2], bySeverity[1], bySeverity[0])
	if c.unshown > 0 {
		text += fmt.Sprintf("; %d more, the mildest, stand in timeline.json alone", c.unshown)
	}
	return text
}

// maxListed is how many gaps and checks are listed; the document has all.
const maxListed = 100

func (c scene) gaps() []gapView {
	var out []gapView
	for _, g := range c.Timeline.Gaps[:min(len(c.Timeline.Gaps), maxListed)] {
		where := report.Plain(g.Source, maxName)
		if g.Target != "" {
			where += ", " + report.Plain(g.Target, maxName)
		}
		w := timeline.Window{From: g.From, To: g.To}
		when := "the whole window"
		if g.From.After(c.Timeline.Window.From) || g.To.Before(c.Timeline.Window.To) {
			when = c.clock.Window(w)
		}
		out = append(out, gapView{where, when, report.Plain(g.Reason, maxSummary)})
	}
	return out
}

// absent is what was looked for and not found.
func (c scene) absent() (said []string, more int) {
	for n, check := range c.Timeline.Checks {
		if n == maxListed {
			return said, len(c.Timeline.Checks) - n
		}
		text := report.Plain(check.LookedFor, maxSummary)
		if check.Target != "" {
			text = report.Plain(check.Target, maxName) + ": " + text
		}
		said = append(said, text)
	}
	return said, 0
}
