package prometheus

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
)

// runRule names how the times of samples are written in a record: evaluations
// that saw a sample, no further apart than 1.5 times their usual distance, are one
// run of first, last and number. The usual distance is the median of the series'
// own when there are more than four, else the interval that the question expects.
const runRule = "runs of evaluations with a sample no more than 1.5 usual intervals apart"

// run is an unbroken stretch of samples.
type run struct {
	First int64   `json:"first"` // ms since 1970
	Last  int64   `json:"last"`
	N     int     `json:"n"`               // samples
	Value float64 `json:"value,omitempty"` // only where samples of unlike values are different runs
}

// every is the distance of a run's samples; 0 when it has only one.
func (r run) every() int64 {
	if r.N < 2 {
		return 0
	}
	return (r.Last - r.First) / int64(r.N-1)
}

// runSlack is the factor of the run rule.
const runSlack = 1.5

// runsOf groups the points of a range by the run rule. The points are counts of samples, which add up to a run's number.
func runsOf(points []model.SamplePair, expected time.Duration) []run {
	usual := float64(expected.Milliseconds())
	if len(points) > 4 {
		gaps := make([]int64, 0, len(points)-1)
		for i := 1; i < len(points); i++ {
			gaps = append(gaps, int64(points[i].Timestamp-points[i-1].Timestamp))
		}
		slices.Sort(gaps)
		usual = float64(gaps[len(gaps)/2])
	}
	var runs []run
	for _, p := range points {
		t, count := int64(p.Timestamp), max(1, int(p.Value))
		if n := len(runs); n > 0 && float64(t-runs[n-1].Last) <= runSlack*usual {
			runs[n-1].Last = t
			runs[n-1].N += count
			continue
		}
		runs = append(runs, run{First: t, Last: t, N: count})
	}
	return runs
}

// runSeries is one series of a record that holds runs.
type runSeries struct {
	Target string            `json:"target"`
	Labels map[string]string `json:"labels"`
	Runs   []run             `json:"runs"`
}

// valueRuns groups the points of a range by value: points of one value no further
// apart than within are a run. It is for series whose value is a state, such as
// ALERTS_FOR_STATE.
func valueRuns(points []model.SamplePair, within time.Duration) []run {
	var runs []run
	for _, p := range points {
		t, v := int64(p.Timestamp), float64(p.Value)
		if n := len(runs); n > 0 && runs[n-1].Value == v && t-runs[n-1].Last <= within.Milliseconds() {
			runs[n-1].Last = t
			runs[n-1].N++
			continue
		}
		runs = append(runs, run{First: t, Last: t, N: 1, Value: v})
	}
	return runs
}
