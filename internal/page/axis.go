package page

import (
	"math"
	"strconv"
	"time"

	"collector/internal/timeline"
)

// axis places times of a range on a width of 100 %.
type axis struct{ from, to time.Time }

// at is the place of a time in percent; outside of the range it is below 0 or over 100.
func (a axis) at(t time.Time) float64 {
	width := a.to.Sub(a.from)
	if width <= 0 {
		return 0
	}
	return 100 * float64(t.Sub(a.from)) / float64(width)
}

// within is a place that is in the range, or just outside of it.
func within(x float64) float64 { return math.Max(-1, math.Min(101, x)) }

// percent writes a place or a width for SVG.
func percent(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) + "%" }

// shortest is how short a range can be looked at.
const shortest = time.Second

// ParseRange is the part of a window that two times of a request name, RFC 3339. What
// cannot be read, lies outside or is upside down is the whole window.
func ParseRange(from, to string, w timeline.Window) timeline.Window {
	begin, end := w.From, w.To
	if t, err := time.Parse(time.RFC3339, from); err == nil && t.After(begin) {
		begin = t.UTC()
	}
	if t, err := time.Parse(time.RFC3339, to); err == nil && t.Before(end) {
		end = t.UTC()
	}
	if !begin.Before(end) {
		return w
	}
	return moved(timeline.Window{From: begin, To: end}, w)
}

// The steps of the links that zoom and pan without a script.
const (
	zoomStep = 3
	panStep  = 3 // a third of what is seen
)

// zoomed is the middle of a range, or more around it, within the window.
func zoomed(r, w timeline.Window, in bool) timeline.Window {
	width := r.Duration()
	if in {
		return moved(timeline.Window{From: r.From.Add(width / zoomStep), To: r.To.Add(-width / zoomStep)}, w)
	}
	return moved(timeline.Window{From: r.From.Add(-width), To: r.To.Add(width)}, w)
}

// panned is a range some way on, within the window.
func panned(r, w timeline.Window, later bool) timeline.Window {
	by := r.Duration() / panStep
	if !later {
		by = -by
	}
	return moved(timeline.Window{From: r.From.Add(by), To: r.To.Add(by)}, w)
}

// moved brings a range into the window.
func moved(r, w timeline.Window) timeline.Window {
	width := max(r.Duration(), shortest)
	if width >= w.Duration() {
		return w
	}
	from := r.From.Add(r.Duration()/2 - width/2)
	if from.Add(width).After(w.To) {
		from = w.To.Add(-width)
	}
	if from.Before(w.From) {
		from = w.From
	}
	return timeline.Window{From: from, To: from.Add(width)}
}
