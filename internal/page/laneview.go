package page

import (
	"fmt"

	"collector/internal/report"
	"collector/internal/timeline"
)

// Heights of the strips below the rows of a lane, in pixels.
const (
	lanePad   = 4
	leastLane = 38 // room for two lines beside it
	binStrip  = 11
	gapStrip  = 6
	rulerRow  = 15
	rulerRows = 3
)

// laneView is a lane for the template: everything as SVG's attributes have it.
type laneView struct {
	Index       int
	Name, About string
	Says        string // how much stands in it, for who does not see
	Height      int
	Grid        []string
	Phases      []lineView
	Marks       []markView
	Bins        []binView
	Gaps        []stripView
}

// lineView is a turning point: a line, and the stretch that it may lie in.
type lineView struct{ X, From, Width, Name string }

// markView is an event.
type markView struct {
	Href, Title string
	Severity    string
	Bar         bool
	Open        bool // it had not ended when the window closed
	X, Width    string
	SignX       string // of the sign, when it is no bar
	Y           int
	TextX       string
	TextDX      int
	TextY       int
	Anchor      string
	Label       string
	Whiskers    []whiskerView
	Selected    bool
}

// whiskerView is the stretch in which a start or an end may lie.
type whiskerView struct {
	From, To string
	Y        int
}

type binView struct {
	Href, Title, Severity, X, Width string
	Y, Height                       int
}

type stripView struct {
	X, Width, Title string
	Y               int
}

// rulerView is the axis above the lanes.
type rulerView struct {
	Height int
	Ticks  []tickView
	Phases []rulerPhase
}

type tickView struct{ X, Label string }

type rulerPhase struct {
	lineView
	Href, Anchor string
	DX, Y        int
}

// ruler places the names of the turning points so that none covers another.
func (c scene) ruler() rulerView {
	v := rulerView{Height: rulerRow * 2}
	for _, t := range c.clock.Ticks(c.look.Range) {
		if c.axis.at(t.At) > 95 {
			t.Label = "" // there is no room for it
		}
		v.Ticks = append(v.Ticks, tickView{percent(c.axis.at(t.At)), t.Label})
	}
	var ends [rulerRows][][2]float64
	for _, p := range report.Phases(c.Timeline.Phases) {
		x := c.axis.at(p.At)
		if x < 0 || x > 100 {
			continue
		}
		at, width := x*nominal/100, float64(len(p.Name))*perRune+10
		from, to, anchor, dx := at, at+width, "start", 4
		if to > nominal {
			from, to, anchor, dx = at-width, at, "end", -4
		}
		row := 0
		for row < rulerRows-1 && overlapsAny(ends[row], from, to) {
			row++
		}
		ends[row] = append(ends[row], [2]float64{from, to})
		v.Height = max(v.Height, (row+2)*rulerRow)
		v.Phases = append(v.Phases, rulerPhase{lineView{X: percent(x), Name: p.Name}, c.eventLink(p.Event), anchor, dx, row*rulerRow + 12})
	}
	return v
}

func overlapsAny(taken [][2]float64, from, to float64) bool {
	for _, t := range taken {
		if from < t[1] && to > t[0] {
			return true
		}
	}
	return false
}

// grid are the places of the ruler's ticks.
func (c scene) grid() []string {
	var out []string
	for _, t := range c.clock.Ticks(c.look.Range) {
		out = append(out, percent(c.axis.at(t.At)))
	}
	return out
}

// phaseLines are the turning points that are in sight.
func (c scene) phaseLines() []lineView {
	var out []lineView
	for _, p := range report.Phases(c.Timeline.Phases) {
		x := c.axis.at(p.At)
		if x < 0 || x > 100 {
			continue
		}
		from, to := within(c.axis.at(p.Earliest)), within(c.axis.at(p.Latest))
		out = append(out, lineView{percent(x), percent(from), percent(to - from), p.Name})
	}
	return out
}

func (c scene) laneViews() []laneView {
	grid, phases := c.grid(), c.phaseLines()
	limit := max(leastMarks, maxMarks/max(1, len(c.lanes)))
	var out []laneView
	for n, l := range c.lanes {
		p := pack(c.Timeline.Events, l.events, c.axis, limit)
		v := laneView{Index: n, Name: l.title(), About: l.about(), Grid: grid, Phases: phases, Says: c.says(l)}
		v.Height = max(p.rows*rowHeight+lanePad, leastLane)
		for _, m := range p.marks {
			v.Marks = append(v.Marks, c.markView(m))
		}
		for _, b := range p.bins {
			v.Bins = append(v.Bins, c.binView(b, v.Height))
		}
		if len(p.bins) > 0 {
			v.Height += binStrip
		}
		v.Gaps = c.gapStrips(l, v.Height)
		if len(l.gaps) > 0 {
			v.Height += gapStrip
		}
		out = append(out, v)
	}
	return out
}

// says counts a lane for who does not see it.
func (c scene) says(l lane) string {
	text := counted(len(l.events), "event")
	if len(l.gaps) > 0 {
		text += ", " + counted(len(l.gaps), "gap")
	}
	return text
}

func (c scene) markView(m mark) markView {
	e := c.Timeline.Events[m.event]
	y := m.row * rowHeight
	start, end := within(c.axis.at(e.Start.At)), within(c.axis.at(e.EndsAt(c.Timeline.Window.To)))
	v := markView{
		Href: c.eventLink(e.ID), Title: c.told(e), Severity: string(e.Severity), Y: y, TextY: y + 12, Label: m.label,
		X: percent(start), Width: percent(end - start), SignX: percent(start), Open: e.End == nil,
		Bar: (end-start)*nominal/100 >= glyph, Selected: e.ID == c.look.Event,
	}
	switch {
	case m.inside:
		v.TextX, v.TextDX, v.Anchor = percent(max(0, start)), 8, "start"
	case m.leftward:
		v.TextX, v.TextDX, v.Anchor = percent(start), -10, "end"
	case v.Bar:
		v.TextX, v.TextDX, v.Anchor = percent(end), 5, "start"
	default:
		v.TextX, v.TextDX, v.Anchor = percent(end), 10, "start"
	}
	v.Whiskers = c.whiskers(e, y)
	return v
}

// visible is the least width of a whisker that can be seen, in percent.
const visible = 0.25

func (c scene) whiskers(e timeline.Event, y int) []whiskerView {
	var out []whiskerView
	add := func(i timeline.Instant) {
		from, to := c.axis.at(i.Earliest), c.axis.at(i.Latest)
		if to-from >= visible && to >= 0 && from <= 100 {
			out = append(out, whiskerView{percent(within(from)), percent(within(to)), y + 8})
		}
	}
	add(e.Start)
	if e.End != nil && *e.End != e.Start {
		add(*e.End)
	}
	return out
}

// told is an event in one line, for hovering.
func (c scene) told(e timeline.Event) string {
	text := fmt.Sprintf("%s %s (%s): %s", report.Noun(e.Kind), c.clock.When(e.Start), e.Severity, report.Plain(e.Summary, maxSummary))
	if e.End == nil {
		text += "; still going on when the window closed"
	}
	return text
}

func (c scene) binView(b bin, y int) binView {
	var bySeverity [3]int
	r := timeline.Window{From: c.Timeline.Events[b.events[0]].Start.At, To: c.Timeline.Events[b.events[0]].Start.At}
	worst := timeline.Info
	for _, n := range b.events {
		e := c.Timeline.Events[n]
		bySeverity[e.Severity.Rank()]++
		if e.Severity.Rank() > worst.Rank() {
			worst = e.Severity
		}
		if e.Start.At.Before(r.From) {
			r.From = e.Start.At
		}
		if e.Start.At.After(r.To) {
			r.To = e.Start.At
		}
	}
	pad := max(r.Duration()/2, shortest)
	r = moved(timeline.Window{From: r.From.Add(-pad), To: r.To.Add(pad)}, c.Timeline.Window)
	return binView{
		Href:     c.link(c.look.Event, r, 0, "lanes"),
		Title:    fmt.Sprintf("%d more here (%d critical, %d warning, %d info): zoom in", len(b.events), bySeverity[2], bySeverity[1], bySeverity[0]),
		Severity: string(worst), X: percent(b.from / nominal * 100), Width: percent((b.to - b.from - 1) / nominal * 100),
		Height: min(binStrip-2, 2+len(b.events)), Y: y + binStrip - 1 - min(binStrip-2, 2+len(b.events)),
	}
}

func (c scene) gapStrips(l lane, y int) []stripView {
	var out []stripView
	for _, g := range l.gaps {
		from, to := within(c.axis.at(g.From)), within(c.axis.at(g.To))
		if to <= 0 || from >= 100 || len(out) == maxListed {
			continue
		}
		out = append(out, stripView{percent(from), percent(max(to-from, 0.2)), "Not observed: " + report.Plain(g.Reason, maxSummary), y})
	}
	return out
}
