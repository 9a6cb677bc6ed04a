package prometheus

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The detector's own scale in these tests: a baseline of 60 samples and a window
// of 240, at one a second.
const (
	testBaseline = 60
	testWindow   = 240
	second       = time.Second
	rateOf4      = 4 * time.Second
)

// noise is a shape of quiet data.
type noise struct {
	name string
	rule Rule
	next func(r *rand.Rand) func() float64
}

func shapes() []noise {
	custom := Rule{Direction: "both", MinRatio: defaultRatio, Samples: defaultSamples}
	return []noise{
		{"constant", custom, func(*rand.Rand) func() float64 { return func() float64 { return 7 } }},
		{"zero", custom, func(*rand.Rand) func() float64 { return func() float64 { return 0 } }},
		{"normal", custom, func(r *rand.Rand) func() float64 { return func() float64 { return 100 + 10*r.NormFloat64() } }},
		{"normal around zero", custom, func(r *rand.Rand) func() float64 { return func() float64 { return r.NormFloat64() } }},
		{"uniform", custom, func(r *rand.Rand) func() float64 { return r.Float64 }},
		{"exponential", custom, func(r *rand.Rand) func() float64 { return r.ExpFloat64 }},
		{"lognormal", custom, func(r *rand.Rand) func() float64 { return func() float64 { return math.Exp(r.NormFloat64()) } }},
		{"threads", up(8, 1), func(r *rand.Rand) func() float64 { return func() float64 { return float64(2 + poisson(r, 2)) } }},
		{"rate of a busy counter", both(20, 0.6).overRates(rateOf4, second, true), func(r *rand.Rand) func() float64 {
			return smoothed(4, func() float64 { return float64(poisson(r, 300)) })
		}},
		{"rate of a rare counter", up(0.2, 1).overRates(rateOf4, second, true), func(r *rand.Rand) func() float64 {
			return smoothed(4, func() float64 { return float64(poisson(r, 0.02)) })
		}},
		{"own rate of a rare counter", custom.overRates(rateOf4, second, false), func(r *rand.Rand) func() float64 {
			return smoothed(4, func() float64 { return float64(poisson(r, 0.001)) })
		}},
		{"habits", custom, func(r *rand.Rand) func() float64 {
			i := 0
			return func() float64 { i++; return 10 + r.NormFloat64() + 90*in(i%25, 0, 5) }
		}},
		{"autocorrelated", custom, func(r *rand.Rand) func() float64 {
			x := 0.0
			return func() float64 { x = 0.9*x + r.NormFloat64(); return 50 + 2*x }
		}},
		{"seasonal", custom, func(r *rand.Rand) func() float64 {
			i := 0.0
			return func() float64 { i++; return 100 + 20*math.Sin(i/25) + 5*r.NormFloat64() }
		}},
		{"drifting", custom, func(r *rand.Rand) func() float64 {
			i := 0.0
			return func() float64 { i++; return 100 + i/10 + 3*r.NormFloat64() }
		}},
		{"two levels", custom, func(r *rand.Rand) func() float64 {
			return func() float64 { return float64(10 + 4*r.IntN(2)) }
		}},
		{"single spikes", custom, func(r *rand.Rand) func() float64 {
			return func() float64 {
				if r.IntN(50) == 0 {
					return 1000
				}
				return 10 + r.Float64()
			}
		}},
		{"with NaN", custom, func(r *rand.Rand) func() float64 {
			return func() float64 {
				if r.IntN(5) == 0 {
					return math.NaN()
				}
				return 10 + r.NormFloat64()
			}
		}},
	}
}

func poisson(r *rand.Rand, mean float64) int {
	k, p, limit := 0, 1.0, math.Exp(-mean)
	if mean > 30 {
		return max(0, int(mean+math.Sqrt(mean)*r.NormFloat64()+0.5))
	}
	for {
		if p *= r.Float64(); p <= limit {
			return k
		}
		k++
	}
}

// smoothed averages the last n values, as a rate over n scrapes does.
func smoothed(n int, next func() float64) func() float64 {
	var last []float64
	return func() float64 {
		for len(last) < n {
			last = append(last, next())
		}
		last = append(last[1:], next())
		sum := 0.0
		for _, v := range last {
			sum += v
		}
		return sum / float64(n)
	}
}

func series(n int, value func(i int) float64) []sample {
	out := make([]sample, n)
	for i := range out {
		out[i] = sample{int64(i) * 1000, value(i)}
	}
	return out
}

// TestQuietOnQuietData is the detector's promise: the share of quiet series of
// five minutes in which it sees anything stays under half a percent, per shape.
// The bar is far above what was measured, see docs/detector.md.
func TestQuietOnQuietData(t *testing.T) {
	const runs, bar = 4000, 0.005
	for _, shape := range shapes() {
		t.Run(shape.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			wrong := 0
			for range runs {
				next := shape.next(r)
				s := series(testBaseline+testWindow, func(int) float64 { return next() })
				if band, ok := shape.rule.Band(s[:testBaseline]); ok && len(shape.rule.Detect(s, band)) > 0 {
					wrong++
				}
			}
			rate := float64(wrong) / runs
			t.Logf("%d of %d series", wrong, runs)
			if rate > bar {
				t.Errorf("false positives in %.2f %% of quiet series, the bar is %.2f %%", 100*rate, 100*bar)
			}
		})
	}
}

// TestFindsDepartures puts departures into noise and asks for their times.
func TestFindsDepartures(t *testing.T) {
	const from, to = 120, 180 // the disturbance, in samples
	rule := Rule{Direction: "both", MinRatio: defaultRatio, Samples: defaultSamples}
	tests := []struct {
		name              string
		value             func(i int, noise float64) float64
		first, last       int // what the episode should be
		slackIn, slackOut int
		up                bool
	}{
		{"step up", func(i int, n float64) float64 { return 10 + n + 20*in(i, from, to) }, from, to - 1, 0, 0, true},
		{"step down", func(i int, n float64) float64 { return 100 + 3*n - 80*in(i, from, to) }, from, to - 1, 0, 0, false},
		{"to zero", func(i int, n float64) float64 { return (100 + 3*n) * (1 - in(i, from, to)) }, from, to - 1, 0, 0, false},
		{"shortest spike", func(i int, n float64) float64 { return 10 + n + 100*in(i, from, from+3) }, from, from + 2, 0, 0, true},
		// The ramp rises by 1 a sample and leaves the band, about 6.4 wide, at the seventh.
		{"ramp", func(i int, n float64) float64 { return 10 + n/2 + float64(i-from)*in(i, from, to) }, from + 5, to - 1, 6, 0, true},
		{"from a constant", func(i int, _ float64) float64 { return 5 + 100*in(i, from, to) }, from, to - 1, 0, 0, true},
		{"from zero", func(i int, _ float64) float64 { return 0.5 * in(i, from, to) }, from, to - 1, 0, 0, true},
		{"with a pause", func(i int, n float64) float64 { return 10 + n + 50*(in(i, from, to)-in(i, 140, 150)) }, from, to - 1, 0, 0, true},
		{"baseline disturbed", func(i int, n float64) float64 {
			return 10 + n + 15*in(i, 0, 3) + 300*in(i, from, to)
		}, from, to - 1, 0, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for range 200 {
				s := series(testBaseline+testWindow, func(i int) float64 { return tt.value(i, r.NormFloat64()) })
				band, ok := rule.Band(s[:testBaseline])
				if !ok {
					t.Fatal("no baseline")
				}
				got := slices.DeleteFunc(rule.Detect(s, band), func(e Episode) bool { return e.Last < testBaseline })
				if len(got) != 1 {
					t.Fatalf("%d episodes: %+v", len(got), got)
				}
				e := got[0]
				if abs(e.First-tt.first) > tt.slackIn || abs(e.Last-tt.last) > tt.slackOut+calmSamples || e.Up != tt.up {
					t.Fatalf("episode %+v, want %d to %d", e, tt.first, tt.last)
				}
				if e.After <= e.Last || e.Before != e.First-1 || e.Peak < e.First || e.Peak > e.Last {
					t.Fatalf("episode %+v: its neighbours are wrong", e)
				}
			}
		})
	}
}

func in(i, from, to int) float64 {
	if i >= from && i < to {
		return 1
	}
	return 0
}

func abs(i int) int { return max(i, -i) }

// TestEdges has the cases in which a detector of this kind usually fails.
func TestEdges(t *testing.T) {
	rule := Rule{Direction: "both", MinRatio: defaultRatio, Samples: defaultSamples}
	t.Run("still outside", func(t *testing.T) {
		s := series(100, func(i int) float64 { return 1 + 9*in(i, 80, 100) })
		band, _ := rule.Band(s[:60])
		got := rule.Detect(s, band)
		if len(got) != 1 || got[0].After != -1 {
			t.Errorf("%+v, want one that has not ended", got)
		}
	})
	t.Run("began in the baseline", func(t *testing.T) {
		s := series(100, func(i int) float64 { return 1 + 9*in(i, 50, 80) })
		band, _ := rule.Band(s[:60])
		got := rule.Detect(s, band)
		if len(got) != 1 || got[0].First != 50 {
			t.Errorf("%+v, want one from 50", got)
		}
	})
	t.Run("began in the noisy baseline", func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		s := series(100, func(i int) float64 { return 10 + r.NormFloat64() + 90*in(i, 40, 80) })
		band, _ := rule.Band(s[:60])
		got := rule.Detect(s, band)
		if len(got) != 1 || got[0].First != 40 {
			t.Errorf("%+v, want one from 40", got)
		}
	})
	t.Run("outside from the first sample", func(t *testing.T) {
		s := series(100, func(i int) float64 { return 1 + 9*in(i, 0, 10) })
		band, _ := rule.Band(s[:60])
		if got := rule.Detect(s, band); len(got) != 1 || got[0].Before != -1 {
			t.Errorf("%+v, want one without a sample before it", got)
		}
	})
	t.Run("other side", func(t *testing.T) {
		s := series(300, func(i int) float64 { return 100 + 100*in(i, 100, 150) - 100*in(i, 150, 200) })
		band, _ := rule.Band(s[:60])
		got := rule.Detect(s, band)
		if len(got) != 2 || !got[0].Up || got[1].Up || got[0].Last != 149 || got[1].First != 150 {
			t.Errorf("%+v, want up, then down", got)
		}
	})
	t.Run("direction", func(t *testing.T) {
		s := series(200, func(i int) float64 { return 100 - 100*in(i, 100, 150) })
		only := up(0, 0.5)
		band, _ := only.Band(s[:60])
		if got := only.Detect(s, band); len(got) != 0 {
			t.Errorf("%+v from a rule that only looks up", got)
		}
	})
	t.Run("short baseline", func(t *testing.T) {
		s := series(leastBaseline-1, func(int) float64 { return 1 })
		if _, ok := rule.Band(s); ok {
			t.Error("a verdict from too few samples")
		}
		nan := series(100, func(int) float64 { return math.NaN() })
		if _, ok := rule.Band(nan); ok {
			t.Error("a verdict from values that are none")
		}
		if _, ok := rule.Band(nil); ok {
			t.Error("a verdict from nothing")
		}
	})
	t.Run("gap in the data", func(t *testing.T) {
		s := series(200, func(i int) float64 { return 1 + 9*in(i, 100, 150) })
		s = append(s[:120:120], s[140:]...)
		band, _ := rule.Band(s[:60])
		got := rule.Detect(s, band)
		if len(got) != 1 || s[got[0].First].T != 100_000 || s[got[0].Last].T != 149_000 {
			t.Errorf("%+v, want one from 100 s to 149 s", got)
		}
	})
	t.Run("min_change", func(t *testing.T) {
		s := series(200, func(i int) float64 { return 5 * in(i, 100, 150) })
		floor := Rule{Direction: "both", MinChange: 5, Samples: 3}
		band, _ := floor.Band(s[:60])
		if got := floor.Detect(s, band); len(got) != 0 {
			t.Errorf("%+v: a departure of exactly min_change is not over it", got)
		}
		floor.MinChange = 4.9
		band, _ = floor.Band(s[:60])
		if got := floor.Detect(s, band); len(got) != 1 {
			t.Errorf("%+v, want one", got)
		}
	})
	t.Run("infinite values", func(t *testing.T) {
		s := series(200, func(i int) float64 { return 1 / (1 - in(i, 100, 110)) })
		band, _ := rule.Band(s[:60])
		if got := rule.Detect(s, band); len(got) != 0 {
			t.Errorf("%+v from infinities, which are no values", got)
		}
	})
}

// FuzzDetector looks for series that break the detector's invariants.
func FuzzDetector(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 200, 200, 1, 1, 1}, uint8(9), 0.5, 0.0)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}, uint8(8), 0.0, 1.0)
	f.Fuzz(func(t *testing.T, raw []byte, split uint8, ratio, change float64) {
		rule := Rule{Direction: "both", MinRatio: ratio, MinChange: change, Samples: defaultSamples}
		s := series(len(raw), func(i int) float64 {
			if raw[i] == 254 {
				return math.NaN()
			}
			return float64(raw[i])
		})
		band, ok := rule.Band(s[:min(int(split), len(s))])
		if !ok {
			return
		}
		last := -1
		for _, e := range rule.Detect(s, band) {
			if e.First <= last || e.Last < e.First || e.Peak < e.First || e.Peak > e.Last || e.Before >= e.First || e.After >= 0 && e.After <= e.Last {
				t.Fatalf("%+v", e)
			}
			last = e.Last
		}
	})
}
