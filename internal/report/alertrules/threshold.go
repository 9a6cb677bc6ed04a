package alertrules

import (
	"math"
	"strconv"
	"time"
)

// ThresholdRule names how a threshold is chosen.
const ThresholdRule = "the roundest number between a tenth and a quarter of the way from the edge of the normal band to the level that the metric held in the incident; 0.5 for a metric that is 0 or 1"

// ForRule names how a waiting time is chosen.
const ForRule = "the longest of 2m, 1m, 30s, 15s, 10s, 5s and 0s that is at most a quarter of the departure and for which the metric stayed beyond its band"

// The shares of the way in which the threshold lies.
const (
	nearShare = 0.10
	farShare  = 0.25
)

// waits are the waiting times that a rule may have, the longest first.
func waits() []time.Duration {
	return []time.Duration{2 * time.Minute, time.Minute, 30 * time.Second, 15 * time.Second, 10 * time.Second, 5 * time.Second, 0}
}

// waitsFor are the waiting times that fit a departure of a length, at an evaluation
// interval: one below the interval is the same as none.
func waitsFor(length, every time.Duration) []time.Duration {
	var fit []time.Duration
	for _, w := range waits() {
		if w == 0 || w <= length/4 && w >= every {
			fit = append(fit, w)
		}
	}
	return fit
}

// between chooses the threshold between the edge of the normal band and the level
// that was held. It is false when the level is not beyond the edge.
func between(edge, level float64, up bool) (float64, bool) {
	low, high := height(edge, up), height(level, up)
	way := high - low
	if math.IsNaN(way) || math.IsInf(way, 0) || way <= 1e-8*max(1, math.Abs(low)) {
		return 0, false
	}
	return height(roundest(low+nearShare*way, low+farShare*way), up), true
}

// roundest is the number with the fewest digits in [low, high]; of several, the
// least.
func roundest(low, high float64) float64 {
	most := math.Max(math.Abs(low), math.Abs(high))
	top := int(math.Floor(math.Log10(most)))
	for e := top; e > top-12; e-- {
		step := math.Pow10(e)
		c := math.Ceil(low/step) * step
		text := strconv.FormatFloat(c, 'f', max(0, -e), 64)
		if rounded, err := strconv.ParseFloat(text, 64); err == nil && rounded >= low && rounded <= high {
			return rounded + 0 // no minus zero
		}
	}
	return low + (high-low)/2
}
