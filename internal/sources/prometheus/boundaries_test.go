package prometheus

import (
	"math"
	"testing"

	"collector/internal/timeline"
)

// ramped evaluates every second the rate over four seconds of a counter that is
// scraped every second, phase ms after the full one. The counter counts 100 a
// second between the two times, in ms, and 10 otherwise.
func ramped(phase, from, to int64) (out []sample) {
	counted := func(ms int64) float64 {
		return 0.01*float64(ms) + 0.09*float64(min(max(ms, from), to)-from)
	}
	for t := int64(10_000); t <= 100_000; t += 1000 {
		last := t - (t-phase)%1000
		first := last - 3000
		out = append(out, sample{t, 1000 * (counted(last) - counted(first)) / 3000})
	}
	return out
}

func TestARampTellsWhenTheChangeWas(t *testing.T) {
	const span, scrape = 4000, 1000
	q := signalQuestion{Rate: true, SpanMS: span, ScrapedMS: scrape, Rule: Rule{Direction: "both", MinRatio: 0.5, Samples: 3}}
	for _, flipped := range []float64{1, -1} {
		for phase := int64(0); phase < scrape; phase += 130 {
			for began := int64(50_000); began < 51_000; began += 170 {
				ended := began + 20_300
				samples := ramped(phase, began, ended)
				for i := range samples {
					samples[i].V *= flipped
				}
				band, _ := q.Rule.Band(samples[:30])
				found := q.Rule.Detect(samples, band)
				if len(found) != 1 || found[0].After < 0 {
					t.Fatalf("phase %d: episodes %+v, want one that ended", phase, found)
				}
				for what, x := range map[string]struct {
					got   timeline.Instant
					truth int64
				}{
					"start": {onset(q, samples, band.Median, found[0]), began},
					"end":   {calmed(q, samples, band.Median, found[0]), ended},
				} {
					if err := x.got.Validate(); err != nil {
						t.Fatalf("phase %d: %s: %v", phase, what, err)
					}
					off := x.got.At.UnixMilli() - x.truth
					if math.Abs(float64(off)) > scrape/2 || at(x.truth).Before(x.got.Earliest) || at(x.truth).After(x.got.Latest) {
						t.Errorf("scraped %d ms after the second: %s at %d is said to be %+v, off by %d ms", phase, what, x.truth, x.got, off)
					}
				}
			}
		}
	}
}

// A backlog that is worked off within one scrape makes the rate jump: the change
// cannot have come before the last value that knew nothing of it.
func TestABurstIsNoRamp(t *testing.T) {
	q := signalQuestion{Rate: true, SpanMS: 4000, ScrapedMS: 1000}
	var samples []sample
	for i, v := range []float64{10, 10, 10, 10, 300, 300, 300, 10, 10, 10} {
		samples = append(samples, sample{int64(i) * 1000, v})
	}
	got := onset(q, samples, 10, Episode{Before: 3, First: 4, Peak: 4, Last: 6, After: 7, Up: true})
	if want := at(2500); !got.At.Equal(want) || !got.Earliest.Equal(at(-1000)) || !got.Latest.Equal(at(4000)) {
		t.Errorf("start %+v, want %s", got, want)
	}
}

func TestASeriesThatBeginsOutsideHasNoRamp(t *testing.T) {
	q := signalQuestion{Rate: true, SpanMS: 4000, ScrapedMS: 1000}
	samples := []sample{{10_000, 5}, {11_000, 5}, {12_000, 5}}
	got := onset(q, samples, 0, Episode{Before: -1, First: 0, Last: 2, After: -1, Up: true})
	if want := timeline.Between(at(5000), at(10_000)); got != want {
		t.Errorf("start %+v, want %+v", got, want)
	}
}

// A gauge says nothing of the time before its scrape.
func TestAGaugeChangedBetweenTwoScrapes(t *testing.T) {
	q := signalQuestion{SpanMS: 1000, ScrapedMS: 1000}
	samples := []sample{{10_000, 1}, {11_000, 1}, {12_000, 25}, {13_000, 25}, {14_000, 1}}
	e := Episode{Before: 1, First: 2, Peak: 2, Last: 3, After: 4, Up: true}
	if got, want := onset(q, samples, 1, e), timeline.Between(at(10_000), at(12_000)); got != want {
		t.Errorf("start %+v, want %+v", got, want)
	}
	if got, want := calmed(q, samples, 1, e), timeline.Between(at(12_000), at(14_000)); got != want {
		t.Errorf("end %+v, want %+v", got, want)
	}
}
