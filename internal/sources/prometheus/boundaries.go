package prometheus

import (
	"cmp"
	"math"
	"slices"

	"collector/internal/timeline"
)

// onset lies between the last value inside the band and the first outside, or
// earlier, since values look back: a gauge to its scrape, a rate over its window.
func onset(q signalQuestion, samples []sample, median float64, e Episode) timeline.Instant {
	first := samples[e.First]
	if e.Before < 0 { // the series began outside
		return timeline.Between(at(first.T-q.reach()), at(first.T))
	}
	level := farthest(samples, first.T, first.T+q.SpanMS, median, e.Up)
	return q.change(samples[e.Before], first, median, level)
}

// calmed lies between the last value outside the inner band and the first that
// stays inside, or earlier, likewise.
func calmed(q signalQuestion, samples []sample, median float64, e Episode) timeline.Instant {
	last := samples[e.Last]
	level := farthest(samples, last.T-q.SpanMS, last.T, median, e.Up)
	return q.change(last, samples[e.After], level, median)
}

// change is when a signal went from one level to another, of which it was last
// seen on the one side and first seen on the other.
//
// A rate answers a sudden change with a ramp. The ramp is as long as the time
// between the first and the last scrape in the rate's window, which is a scrape
// shorter than the window, so its progress says how long ago the change was: best
// in the middle of the ramp, since at its ends it says only "later" or "earlier".
func (q signalQuestion) change(last, first sample, from, to float64) timeline.Instant {
	if !q.Rate {
		return timeline.Between(at(last.T-q.SpanMS), at(first.T))
	}
	ramp := func(s sample) (began int64, fromMiddle float64) {
		p := progress(s.V, from, to)
		// The last scrape is half an interval old on average.
		return s.T - q.ScrapedMS/2 - int64(p*float64(q.SpanMS-q.ScrapedMS)), math.Abs(p - 0.5)
	}
	began, fromMiddle := ramp(last)
	if later, nearer := ramp(first); nearer <= fromMiddle {
		began = max(began, later) // a burst is over at once: it came after the value that knew nothing of it
	}
	// What is just outside may have needed the whole ramp to get there.
	earliest := min(last.T, first.T-q.reach())
	return timeline.Instant{At: at(max(began, earliest)), Earliest: at(earliest), Latest: at(first.T)}
}

// reach is how long before a value, in ms, the value before it began to look back.
func (q signalQuestion) reach() int64 { return q.SpanMS + max(q.ScrapedMS, q.StepMS) }

// progress is how much of the way from one level to another a value has come, from
// 0 to 1.
func progress(v, from, to float64) float64 {
	if from == to {
		return 1
	}
	return min(1, max(0, (v-from)/(to-from)))
}

// farthest is the value that is farthest above or below the median between two
// times, both included, in ms since 1970; the median when none is on that side.
func farthest(samples []sample, from, to int64, median float64, up bool) float64 {
	peak := median
	for _, s := range samples[firstFrom(samples, from):] {
		switch {
		case s.T > to:
			return peak
		case !finite(s.V):
		case up:
			peak = max(peak, s.V)
		default:
			peak = min(peak, s.V)
		}
	}
	return peak
}

// firstFrom is the index of the first sample at t, in ms since 1970, or later.
func firstFrom(samples []sample, t int64) int {
	i, _ := slices.BinarySearchFunc(samples, t, func(s sample, t int64) int { return cmp.Compare(s.T, t) })
	return i
}
