package alertrules

import (
	"math"
	"slices"
	"time"

	"collector/internal/timeline"
)

// value is what an evaluation finds of a series: a number, or no sample.
type value struct {
	v  float64
	ok bool
}

// grid is a series as a rule sees it: one value for each evaluation.
type grid struct {
	from   time.Time
	every  time.Duration
	values []value
}

func (g grid) at(i int) time.Time { return g.from.Add(time.Duration(i) * g.every) }

// moment is the time of an evaluation as people are told it, to the nearest second. The
// times of recorded values are corrected by what Prometheus's clock was ahead, often a
// few milliseconds: cut to seconds, 09:09:59.981 would name another minute than
// Prometheus does.
func (g grid) moment(i int) time.Time { return g.at(i).Round(time.Second) }

// before is the index of the last evaluation before a time, -1 when there is none.
func (g grid) before(t time.Time) int {
	if !t.After(g.from) {
		return -1
	}
	return min(int((t.Sub(g.from)-1)/g.every), len(g.values)-1)
}

// after is the index of the first evaluation at or after a time, which may lie
// behind the last.
func (g grid) after(t time.Time) int { return g.before(t) + 1 }

// cut is a part of a grid, from one evaluation to another.
func (g grid) cut(first, last int) grid {
	return grid{g.at(first), g.every, g.values[first : last+1]}
}

// resample gives each evaluation the last recorded value before or at it. A value
// holds until 1.5 times the usual distance of the recorded points has passed; then
// the series was gone.
func resample(points []timeline.Point, from, to time.Time, every time.Duration) grid {
	g := grid{from: from, every: every}
	hold := usualDistance(points) * 3 / 2
	next := 0
	for t := from; !t.After(to); t = t.Add(every) {
		for next < len(points) && !points[next].T.After(t) {
			next++
		}
		var v value
		if next > 0 && t.Sub(points[next-1].T) < max(hold, time.Millisecond) {
			v = value{points[next-1].V, true}
		}
		g.values = append(g.values, v)
	}
	return g
}

// usualDistance is the distance of neighbours that nine of ten do not exceed: of a
// series that was thinned, that of the thinned part.
func usualDistance(points []timeline.Point) time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(points); i++ {
		gaps = append(gaps, points[i].T.Sub(points[i-1].T))
	}
	if len(gaps) == 0 {
		return time.Minute
	}
	slices.Sort(gaps)
	return gaps[(len(gaps)-1)*9/10]
}

// switches reports whether a series only ever is 0 or 1, and both.
func switches(points []timeline.Point) bool {
	var zero, one bool
	for _, p := range points {
		switch {
		case math.IsNaN(p.V):
		case p.V == 0:
			zero = true
		case p.V == 1:
			one = true
		default:
			return false
		}
	}
	return zero && one
}
