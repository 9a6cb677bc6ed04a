package page

import (
	"math"
	"strconv"
	"strings"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// The box that a curve is drawn in; it is stretched to whatever width there is.
const (
	boxWidth  = 1000.0
	boxHeight = 100.0
)

// chartView is a curve for the template.
type chartView struct {
	Index              int
	Name, Unit, Normal string
	Extreme            string
	Href               string // of the event
	Grid               []string
	Phases             []lineView
	Band               *bandView
	Baseline           string // y, "" without one
	Path               string
	Top, Bottom        string // what the upper and the lower edge stand for
}

type bandView struct{ Y, Height string }

// scale is the range of values of a chart.
type scale struct{ low, high float64 }

// y is the place of a value in the box, 0 at its top.
func (s scale) y(v float64) float64 {
	return math.Max(-boxHeight, math.Min(2*boxHeight, boxHeight*(s.high-v)/(s.high-s.low)))
}

// scaleOf holds a curve with its band and some room. One that never is negative
// begins at zero, unless it hardly moves.
func scaleOf(c report.Curve) scale {
	s := scale{math.Inf(1), math.Inf(-1)}
	see := func(v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
		}
	}
	for _, p := range c.Series.Points {
		see(p.V)
	}
	see(c.Series.Baseline)
	if c.Banded {
		see(c.Low)
		see(c.High)
	}
	if s.low > s.high {
		return scale{0, 1}
	}
	if s.low > 0 && s.low < s.high/2 {
		s.low = 0
	}
	if s.high-s.low <= 1e-9*math.Max(1, math.Abs(s.high)) {
		s.high += math.Max(1, math.Abs(s.high)*0.1)
	}
	room := (s.high - s.low) * 0.06
	s.high += room
	if s.low != 0 {
		s.low -= room
	}
	return s
}

func (c scene) chartViews() []chartView {
	grid, phases := c.grid(), c.phaseLines()
	var out []chartView
	for n, curve := range c.Curves {
		s := scaleOf(curve)
		unit := curve.Series.Unit
		v := chartView{
			Index: n, Name: curveName(curve), Unit: report.Plain(unit, maxLabel), Grid: grid, Phases: phases,
			Href: c.eventLink(curve.Event.ID), Path: c.path(curve.Series.Points, s),
			Top: report.Quantity(s.high, unit), Bottom: report.Quantity(s.low, unit), Extreme: extreme(curve),
		}
		if b := curve.Series.Baseline; !math.IsNaN(b) && !math.IsInf(b, 0) {
			v.Baseline, v.Normal = percent(s.y(b)), "normally "+report.Quantity(b, unit)
		}
		if curve.Banded {
			top := s.y(curve.High)
			v.Band = &bandView{percent(top), percent(math.Max(0.5, s.y(curve.Low)-top))}
		}
		out = append(out, v)
	}
	return out
}

func curveName(c report.Curve) string {
	name := report.Plain(c.Series.Name, maxName)
	if c.Series.Target != "" {
		name += " on " + report.Plain(c.Series.Target, maxName)
	}
	return name
}

// extreme is the value that the event is about.
func extreme(c report.Curve) string {
	peak, err := strconv.ParseFloat(c.Event.Attributes["peak"], 64)
	if err != nil {
		return ""
	}
	if c.Event.Attributes["direction"] == "down" {
		return "lowest " + report.Quantity(peak, c.Series.Unit)
	}
	return "highest " + report.Quantity(peak, c.Series.Unit)
}

// path is the curve in the box, broken where it has no numbers. Points out of sight
// are left out, but for the ones beside the edges.
func (c scene) path(points []timeline.Point, s scale) string {
	var b strings.Builder
	open := false
	for n, p := range points {
		if math.IsNaN(p.V) || math.IsInf(p.V, 0) {
			open = false
			continue
		}
		if c.beyond(points, n) {
			continue
		}
		letter := byte('L')
		if !open {
			letter = 'M'
			if alone(points, n) { // a dot
				b.WriteString(pathPoint('M', c.axis.at(p.T)*boxWidth/100-1, s.y(p.V)))
				letter = 'L'
			}
		}
		open = true
		b.WriteString(pathPoint(letter, c.axis.at(p.T)*boxWidth/100, s.y(p.V)))
	}
	return b.String()
}

// beyond reports whether neither a point nor the one next to it is in sight.
func (c scene) beyond(points []timeline.Point, n int) bool {
	out := func(t time.Time) (before, after bool) { return t.Before(c.axis.from), t.After(c.axis.to) }
	before, after := out(points[n].T)
	if before && n+1 < len(points) {
		next, _ := out(points[n+1].T)
		return next
	}
	if after && n > 0 {
		_, last := out(points[n-1].T)
		return last
	}
	return before || after
}

// alone reports whether a point has no number beside it.
func alone(points []timeline.Point, n int) bool {
	bare := func(i int) bool {
		return i < 0 || i >= len(points) || math.IsNaN(points[i].V) || math.IsInf(points[i].V, 0)
	}
	return bare(n-1) && bare(n+1)
}

func pathPoint(letter byte, x, y float64) string {
	return string(letter) + strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64)
}
