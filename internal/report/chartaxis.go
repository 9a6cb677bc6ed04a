package report

import (
	"math"
	"time"

	"gonum.org/v1/plot"

	"collector/internal/timeline"
)

// thinColumns is how many columns a curve has at most: two per point of width.
const thinColumns = 2 * chartWidth

// thin keeps the lowest and the highest point of each column of the picture, so
// that a peak of one sample stays a peak. It drops what lies outside the window.
func thin(points []timeline.Point, from, to float64) []timeline.Point {
	var in []timeline.Point
	for _, p := range points {
		if x := seconds64(p.T); x >= from && x <= to {
			in = append(in, p)
		}
	}
	if len(in) <= thinColumns {
		return in
	}
	var out []timeline.Point
	column := func(p timeline.Point) int { return int((seconds64(p.T) - from) / (to - from) * thinColumns / 2) }
	for i := 0; i < len(in); {
		j, low, high := i, i, i
		for ; j < len(in) && column(in[j]) == column(in[i]); j++ {
			if in[j].V < in[low].V {
				low = j
			}
			if in[j].V > in[high].V {
				high = j
			}
		}
		out = append(out, in[min(low, high)])
		if low != high {
			out = append(out, in[max(low, high)])
		}
		i = j
	}
	return out
}

// timeTicks are times of day in the document's zone, at round steps.
type timeTicks struct{ clock clock }

// Ticks implements plot.Ticker for seconds since 1970.
func (t timeTicks) Ticks(from, to float64) []plot.Tick {
	step := timeStep(to - from)
	layout := "15:04"
	switch {
	case step < time.Minute:
		layout = "15:04:05"
	case step >= 24*time.Hour:
		layout = "Jan 2"
	case to-from > 24*3600:
		layout = "Jan 2 15:04"
	}
	if t.clock.turn {
		layout += " MST"
	}
	start := time.Unix(int64(from), 0).In(t.clock.zone)
	midnight := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, t.clock.zone)
	var out []plot.Tick
	for at := midnight.Add(start.Sub(midnight).Truncate(step)); float64(at.Unix()) <= to; at = at.Add(step) {
		if x := float64(at.Unix()); x >= from {
			out = append(out, plot.Tick{Value: x, Label: at.Format(layout)})
		}
	}
	return out
}

// timeStep is the smallest round step that gives at most ten ticks.
func timeStep(width float64) time.Duration {
	steps := [...]time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
	for _, s := range steps {
		if width/s.Seconds() <= 10 {
			return s
		}
	}
	days := math.Ceil(width / (10 * 24 * 3600))
	return time.Duration(days) * 24 * time.Hour
}

// valueTicks are about five round values with short numbers.
type valueTicks struct{ unit string }

// Ticks implements plot.Ticker.
func (v valueTicks) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 7)
	if v.unit == "bytes" || v.unit == "bytes/s" {
		step = math.Pow(2, math.Ceil(math.Log2((high-low)/7)))
	}
	var out []plot.Tick
	if step <= 0 || math.IsInf(step, 0) || math.IsNaN(step) {
		return nil
	}
	for i := math.Ceil(low / step); i*step <= high && len(out) < 20; i++ {
		label := short3(i * step)
		if v.unit == "bytes" || v.unit == "bytes/s" || v.unit == "ratio" {
			label = quantity(i*step, v.unit)
		}
		out = append(out, plot.Tick{Value: i * step, Label: label})
	}
	return out
}

// roundStep is the next 1, 2 or 5 times a power of ten.
func roundStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range [...]float64{1, 2, 5, 10} {
		if raw <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}
