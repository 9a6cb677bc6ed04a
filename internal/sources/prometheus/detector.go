package prometheus

import (
	"math"
	"slices"
	"time"
)

// detectorName names the detector in every question it interprets; a change of
// its arithmetic is a new name, so that old bundles keep their meaning.
const detectorName = "baseline band v1"

// Constants of the detector; docs/detector.md gives their reasons.
const (
	defaultSamples = 3      // scrapes in a row outside that open an episode
	calmSamples    = 3      // samples in a row inside that close it
	leastBaseline  = 8      // finite samples that make a baseline
	spreads        = 6      // half the band's width in robust standard deviations
	extraSpreads   = 24     // divided by the number of samples: a short baseline says less
	tailFactor     = 1.5    // half the width in distances to the baseline's own tail
	tail           = 0.02   // where that tail begins, on either side
	innerShare     = 0.5    // of the half width: what an episode must return to
	madToSigma     = 1.4826 // of a normal distribution
	iqrToSigma     = 0.7413 // likewise
	defaultRatio   = 0.5    // smallest departure, as a share of the baseline, when min_change is not given
)

// mergeWithin joins two episodes of one direction: a storm that pauses for a
// moment is one storm. It is at least as long as eight samples.
const mergeWithin = 30 * time.Second

// Rule says which departures of a signal matter.
type Rule struct {
	Direction string  `json:"direction"`  // up, down or both
	MinChange float64 `json:"min_change"` // smallest departure, in the signal's unit
	MinRatio  float64 `json:"min_ratio"`  // smallest departure, as a share of the baseline
	Samples   int     `json:"samples"`    // outside samples in a row that open an episode
}

// sample is one value at a time in ms since 1970.
type sample struct {
	T int64
	V float64
}

// Band is what counts as normal: the outer one opens an episode, the inner one
// closes it (hysteresis).
type Band struct {
	Median    float64
	Low, High float64 // outer
	InnerLow  float64
	InnerHigh float64
	N         int // finite samples of the baseline
}

// Episode is one departure; the numbers are indices of the samples given to Detect.
type Episode struct {
	Before int // the last sample inside before First; -1 when there is none
	First  int // the first outside
	Peak   int // the farthest from the median
	Last   int // the last outside the inner band
	After  int // the first of the samples inside that closed it; -1 when still outside
	Up     bool
}

// Band computes what is normal from the samples of the baseline. It is false
// when there are too few finite ones to say.
//
// The half width is the largest of: 6 robust standard deviations (from the median
// absolute deviation or the quartiles, whichever is larger; more for a short
// baseline), 1.5 times the distance to the 2 % tail on that side, the rule's
// smallest change and its smallest ratio. When exactly one stretch of the
// baseline is itself a departure, it is left out: the incident had begun, or
// something else had just ended. Two such stretches are a habit, and normal.
func (r Rule) Band(baseline []sample) (Band, bool) {
	values := slices.DeleteFunc(slices.Clone(baseline), func(s sample) bool { return !finite(s.V) })
	if len(values) < leastBaseline {
		return Band{Median: math.NaN(), Low: math.NaN(), High: math.NaN(), N: len(values)}, false
	}
	first := r.band(values, false)
	if runs := r.Detect(values, first); len(runs) == 1 {
		e := runs[0]
		rest := slices.Concat(values[:e.First], values[e.Last+1:])
		if len(rest) >= leastBaseline && 2*len(rest) > len(values) {
			values = rest
		}
	}
	return r.band(values, true), true
}

// band is the band of finite values. Without regard to their shape (quartiles and
// tails) it stands up to a baseline of which nearly half is disturbed.
func (r Rule) band(of []sample, shape bool) Band {
	values := make([]float64, len(of))
	for i, s := range of {
		values[i] = s.V
	}
	slices.Sort(values)
	median := quantile(values, 0.5)
	deviations := make([]float64, len(values))
	for i, v := range values {
		deviations[i] = math.Abs(v - median)
	}
	slices.Sort(deviations)
	sigma := madToSigma * quantile(deviations, 0.5)
	if shape {
		sigma = max(sigma, iqrToSigma*(quantile(values, 0.75)-quantile(values, 0.25)))
	}
	above := max(r.MinChange, r.MinRatio*math.Abs(median), (spreads+extraSpreads/float64(len(values)))*sigma)
	below := above
	if shape {
		above = max(above, tailFactor*(quantile(values, 1-tail)-median))
		below = max(below, tailFactor*(median-quantile(values, tail)))
	}
	// What lies exactly on the band is inside; rounding must not push it out.
	above, below = widen(above, median), widen(below, median)
	return Band{
		Median: median, Low: median - below, High: median + above,
		InnerLow: median - innerShare*below, InnerHigh: median + innerShare*above, N: len(values),
	}
}

func widen(width, median float64) float64 { return width + 1e-9*max(1, math.Abs(median)) }

// Detect finds the episodes in samples that are in time order, baseline and
// window alike. Samples that are not numbers are passed over: they are neither
// inside nor outside.
func (r Rule) Detect(samples []sample, b Band) []Episode {
	d := detection{rule: r, band: b, samples: samples, candidate: -1, calm: -1, inside: -1}
	for i, s := range samples {
		if finite(s.V) {
			d.step(i, s.V)
		}
	}
	d.finish()
	return merge(samples, d.episodes, b.Median)
}

// detection is the state of the detector between two samples.
type detection struct {
	rule    Rule
	band    Band
	samples []sample

	inside    int // last sample inside the outer band, -1 none yet
	candidate int // first of the outside samples in a row, -1 none
	count     int // how many there are
	side      int // of the candidate or of the open episode: +1 above, -1 below
	before    int // last inside sample before the candidate

	open     *Episode
	calm     int // first of the calm samples in a row, -1 none
	calmFor  int
	episodes []Episode
}

func (d *detection) step(i int, v float64) {
	side := d.outside(v)
	if d.open != nil {
		d.follow(i, v, side)
		if d.open != nil {
			return
		}
	}
	if side == 0 {
		d.inside, d.candidate, d.count = i, -1, 0
		return
	}
	if d.candidate < 0 || side != d.side {
		d.candidate, d.count, d.side, d.before = i, 0, side, d.inside
	}
	d.count++
	if d.count < max(1, d.rule.Samples) {
		return
	}
	d.open = &Episode{Before: d.before, First: d.candidate, Peak: d.candidate, Last: i, After: -1, Up: side > 0}
	for j := d.candidate; j <= i; j++ {
		d.peak(j)
	}
	d.candidate, d.count, d.calm, d.calmFor = -1, 0, -1, 0
}

// follow moves the open episode on, and closes it after enough calm, or at once
// when the signal has gone to the other side.
func (d *detection) follow(i int, v float64, side int) {
	if side == -d.side {
		if d.calm < 0 {
			d.calm = i
		}
		d.close()
		return
	}
	if d.calmAt(v) {
		if d.calm < 0 {
			d.calm, d.calmFor = i, 0
		}
		if d.calmFor++; d.calmFor >= calmSamples {
			d.close()
			d.inside = i
		}
		return
	}
	d.calm, d.calmFor = -1, 0
	d.open.Last = i
	d.peak(i)
}

func (d *detection) close() {
	d.open.After = d.calm
	d.episodes = append(d.episodes, *d.open)
	d.open, d.calm, d.calmFor = nil, -1, 0
}

func (d *detection) finish() {
	if d.open != nil {
		d.close() // After is the first calm sample, or -1: still outside
	}
}

func (d *detection) peak(i int) {
	if v := d.samples[i].V; finite(v) && math.Abs(v-d.band.Median) > math.Abs(d.samples[d.open.Peak].V-d.band.Median) {
		d.open.Peak = i
	}
}

func (d *detection) outside(v float64) int {
	switch {
	case v > d.band.High && d.rule.Direction != "down":
		return 1
	case v < d.band.Low && d.rule.Direction != "up":
		return -1
	}
	return 0
}

func (d *detection) calmAt(v float64) bool {
	if d.side > 0 {
		return v <= d.band.InnerHigh
	}
	return v >= d.band.InnerLow
}

// merge joins episodes of one direction that are close to each other.
func merge(samples []sample, episodes []Episode, median float64) []Episode {
	within := max(mergeWithin.Milliseconds(), 8*spacing(samples))
	var merged []Episode
	for _, e := range episodes {
		if n := len(merged); n > 0 && merged[n-1].Up == e.Up && samples[e.First].T-samples[merged[n-1].Last].T <= within {
			last := &merged[n-1]
			last.Last, last.After = e.Last, e.After
			if math.Abs(samples[e.Peak].V-median) > math.Abs(samples[last.Peak].V-median) {
				last.Peak = e.Peak
			}
			continue
		}
		merged = append(merged, e)
	}
	return merged
}

// spacing is the smallest distance between neighbours, in ms.
func spacing(samples []sample) int64 {
	least := int64(0)
	for i := 1; i < len(samples); i++ {
		if gap := samples[i].T - samples[i-1].T; gap > 0 && (least == 0 || gap < least) {
			least = gap
		}
	}
	return least
}

// quantile interpolates between the order statistics of a sorted list.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
