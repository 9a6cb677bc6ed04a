package page

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// This file is what the script draws from. Times are milliseconds after the beginning
// of the window; what foreign text there is goes onto a canvas or into text nodes.

// dataView is data.json.
type dataView struct {
	Version string      `json:"version"`
	From    int64       `json:"from"` // milliseconds since 1970
	Length  int64       `json:"length"`
	Zones   []zoneData  `json:"zones"`
	Phases  []phaseData `json:"phases"`
	Lanes   []laneData  `json:"lanes"`
	Kinds   []string    `json:"kinds"`
	Events  []eventData `json:"events"`
	Charts  []chartData `json:"charts"`
}

// zoneData is the offset of the local time from some time on.
type zoneData struct {
	From   int64  `json:"from"`
	Offset int    `json:"offset"` // seconds east of UTC
	Name   string `json:"name"`
}

type phaseData struct {
	Name     string `json:"name"`
	At       int64  `json:"at"`
	Earliest int64  `json:"earliest"`
	Latest   int64  `json:"latest"`
	Event    string `json:"event"`
}

type laneData struct {
	Name string     `json:"name"`
	Gaps [][2]int64 `json:"gaps,omitempty"`
}

// eventData is written as a list, in this order: id, lane, kind, severity 0 to 2, start,
// earliest, latest, end, its earliest, its latest, label, summary. Without an end the
// three are null.
type eventData struct {
	id                   string
	lane, kind, severity int
	start                [3]int64
	end                  *[3]int64
	label, summary       string
}

// MarshalJSON writes the list.
func (e eventData) MarshalJSON() ([]byte, error) {
	list := []any{e.id, e.lane, e.kind, e.severity, e.start[0], e.start[1], e.start[2], nil, nil, nil, e.label, e.summary}
	if e.end != nil {
		list[7], list[8], list[9] = e.end[0], e.end[1], e.end[2]
	}
	return json.Marshal(list)
}

// chartData is a curve. A value that is no number is null.
type chartData struct {
	Times    []int64 `json:"t"`
	Values   []value `json:"v"`
	Low      float64 `json:"low"` // of the scale
	High     float64 `json:"high"`
	Band     []value `json:"band,omitempty"`
	Baseline value   `json:"baseline"`
	Top      string  `json:"top"` // the edges of the scale, in words
	Bottom   string  `json:"bottom"`
	Unit     string  `json:"unit"`
}

// value is a number, as short as a curve needs it.
type value float64

// MarshalJSON writes six digits, or null.
func (v value) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(v), 'g', 6, 64), nil
}

// maxSaid is how much of a summary the script has; the event's page has more.
const maxSaid = 120

// Data writes what the script draws.
func (s Story) Data() ([]byte, error) {
	w := s.Timeline.Window
	since := func(t time.Time) int64 { return t.Sub(w.From).Milliseconds() }
	instant := func(i timeline.Instant) [3]int64 { return [3]int64{since(i.At), since(i.Earliest), since(i.Latest)} }
	d := dataView{
		Version: s.Version, From: w.From.UnixMilli(), Length: w.Duration().Milliseconds(), Zones: s.zones(),
		Phases: []phaseData{}, Lanes: []laneData{}, Kinds: []string{}, Events: []eventData{}, Charts: []chartData{},
	}
	for _, p := range report.Phases(s.Timeline.Phases) {
		d.Phases = append(d.Phases, phaseData{p.Name, since(p.At), since(p.Earliest), since(p.Latest), p.Event})
	}
	for _, l := range s.lanes {
		lane := laneData{Name: l.title()}
		for _, g := range l.gaps[:min(len(l.gaps), maxListed)] {
			lane.Gaps = append(lane.Gaps, [2]int64{since(g.From), since(g.To)})
		}
		d.Lanes = append(d.Lanes, lane)
	}
	for n, e := range s.Timeline.Events {
		noun := report.Noun(e.Kind)
		kind := slices.Index(d.Kinds, noun)
		if kind < 0 {
			kind = len(d.Kinds)
			d.Kinds = append(d.Kinds, noun)
		}
		event := eventData{
			id: e.ID, lane: s.laneOf[n], kind: kind, severity: e.Severity.Rank(), start: instant(e.Start),
			label: report.Plain(report.Short(e), maxLabel), summary: report.Plain(e.Summary, maxSaid),
		}
		if e.End != nil {
			end := instant(*e.End)
			event.end = &end
		}
		d.Events = append(d.Events, event)
	}
	for _, c := range s.Curves {
		d.Charts = append(d.Charts, chartOf(c, since))
	}
	return json.Marshal(d)
}

func chartOf(c report.Curve, since func(time.Time) int64) chartData {
	s := scaleOf(c)
	d := chartData{
		Times: []int64{}, Values: []value{}, Low: s.low, High: s.high, Baseline: value(c.Series.Baseline),
		Top: report.Quantity(s.high, c.Series.Unit), Bottom: report.Quantity(s.low, c.Series.Unit), Unit: report.Plain(c.Series.Unit, maxLabel),
	}
	if c.Banded {
		d.Band = []value{value(c.Low), value(c.High)}
	}
	for _, p := range c.Series.Points {
		d.Times, d.Values = append(d.Times, since(p.T)), append(d.Values, value(p.V))
	}
	return d
}

// zones are the offsets that hold in the window: more than one where the clock is put
// forward or back within it.
func (s Story) zones() []zoneData {
	w := s.Timeline.Window
	clock := s.clock()
	var out []zoneData
	for t := w.From; t.Before(w.To); {
		_, offset := t.In(s.Location).Zone()
		out = append(out, zoneData{t.UnixMilli(), offset, clock.Zone(t)})
		_, end := t.In(s.Location).ZoneBounds()
		if end.IsZero() {
			break
		}
		t = end
	}
	return out
}
