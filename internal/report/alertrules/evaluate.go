package alertrules

import (
	"math"
	"time"
)

// condition is a comparison with a threshold.
type condition struct {
	threshold float64
	up        bool // above; else below
}

// holds is Prometheus's comparison: no sample and no number are never beyond.
func (c condition) holds(v value) bool {
	if !v.ok {
		return false
	}
	if c.up {
		return v.v > c.threshold
	}
	return v.v < c.threshold
}

// firing evaluates an alerting rule as Prometheus does: it is pending from the first
// evaluation at which the condition holds, fires when it has held at each for the
// waiting time, and begins anew after one at which it does not hold, or the series
// has no value.
func (c condition) firing(g grid, wait time.Duration) []bool {
	out := make([]bool, len(g.values))
	since := -1
	for i, v := range g.values {
		if !c.holds(v) {
			since = -1
			continue
		}
		if since < 0 {
			since = i
		}
		out[i] = g.at(i).Sub(g.at(since)) >= wait
	}
	return out
}

// firings counts how often a rule began to fire.
func firings(states []bool) (n int) {
	for i, fires := range states {
		if fires && (i == 0 || !states[i-1]) {
			n++
		}
	}
	return n
}

// held is the level farthest beyond the normal band at which a series stayed, at each
// evaluation, for the waiting time. It is false when no value is there that long.
func held(g grid, first, last int, wait time.Duration, up bool) (float64, bool) {
	more := int((wait + g.every - 1) / g.every) // evaluations after the first
	best, found := math.Inf(-1), false
	for i := max(first, 0); i+more <= min(last, len(g.values)-1); i++ {
		least := math.Inf(1)
		for _, v := range g.values[i : i+more+1] {
			if !v.ok || math.IsNaN(v.v) {
				least = math.Inf(-1)
				break
			}
			least = min(least, height(v.v, up))
		}
		if !math.IsInf(least, -1) && least > best {
			best, found = least, true
		}
	}
	return height(best, up), found
}

// height turns a fall into a rise; it is its own inverse.
func height(v float64, up bool) float64 {
	if up {
		return v
	}
	return -v
}
