package prometheus

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// runRule names how sample times are written in a record: samples no further
// apart than 1.5 times their usual distance are one run of first, last and number.
// The usual distance is the median of the series' own distances when there are at
// least four, else the interval that the question names.
const runRule = "runs of samples no more than 1.5 usual intervals apart"

// run is an unbroken stretch of samples.
type run struct {
	First int64   `json:"first"` // ms since 1970
	Last  int64   `json:"last"`
	N     int     `json:"n"`
	Value float64 `json:"value,omitempty"` // only where samples of unlike values are different runs
}

// every is the distance of a run's samples; 0 when it has only one.
func (r run) every() int64 {
	if r.N < 2 {
		return 0
	}
	return (r.Last - r.First) / int64(r.N-1)
}

// sampleTimes are the distinct values of timestamp(…), in seconds, as
// milliseconds: the times at which the samples really are.
func sampleTimes(points []model.SamplePair) []int64 {
	times := make([]int64, 0, len(points))
	for _, p := range points {
		ms := int64(float64(p.Value)*1000 + 0.5)
		if len(times) == 0 || times[len(times)-1] != ms {
			times = append(times, ms)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}

// runsOf groups sample times by the run rule; slack is the factor, 1.5 there.
func runsOf(times []int64, expected time.Duration, slack float64) []run {
	usual := float64(expected.Milliseconds())
	if len(times) > 4 {
		gaps := make([]int64, 0, len(times)-1)
		for i := 1; i < len(times); i++ {
			gaps = append(gaps, times[i]-times[i-1])
		}
		slices.Sort(gaps)
		usual = float64(gaps[len(gaps)/2])
	}
	var runs []run
	for _, t := range times {
		if n := len(runs); n > 0 && float64(t-runs[n-1].Last) <= slack*usual {
			runs[n-1].Last = t
			runs[n-1].N++
			continue
		}
		runs = append(runs, run{First: t, Last: t, N: 1})
	}
	return runs
}

// runSeries is one series of a record that holds runs.
type runSeries struct {
	Target string            `json:"target"`
	Labels map[string]string `json:"labels"`
	Runs   []run             `json:"runs"`
}

// valueRuns groups the points of a range by value: neighbours in the range with
// one value are a run. It is for series whose value is a state, such as
// ALERTS_FOR_STATE.
func valueRuns(points []model.SamplePair, step time.Duration) []run {
	var runs []run
	for _, p := range points {
		t, v := int64(p.Timestamp), float64(p.Value)
		if n := len(runs); n > 0 && runs[n-1].Value == v && t-runs[n-1].Last <= step.Milliseconds() {
			runs[n-1].Last = t
			runs[n-1].N++
			continue
		}
		runs = append(runs, run{First: t, Last: t, N: 1, Value: v})
	}
	return runs
}
