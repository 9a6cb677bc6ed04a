package prometheus

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const (
	kindScrapes  = "scrapes"
	kindCoverage = "coverage"
)

// coverageSlack is how many scrape intervals without a sample of any target are a
// hole: one lost scrape is none.
const coverageSlack = 3

// scrapesQuestion is asked about `up`, for failed scrapes or for any at all.
type scrapesQuestion struct {
	asked
	Rule    string `json:"rule"`
	EveryMS int64  `json:"scraped_every_ms"`
	Assumed bool   `json:"interval_assumed,omitempty"`
}

func (q scrapesQuestion) every() time.Duration { return time.Duration(q.EveryMS) * time.Millisecond }

func (a *asker) scrapesQuestion(kind, rule string) scrapesQuestion {
	every := a.intervals[everyScrape]
	if every.every == 0 {
		every = interval{fallbackInterval, true}
	}
	step := affordable(a.observed.From, a.observed.To, every.every)
	return scrapesQuestion{
		asked: asked{
			Kind: kind, Prometheus: a.cfg.Name,
			From: align(a.observed.From, step), To: a.observed.To, StepMS: step.Milliseconds(),
		},
		Rule: rule, EveryMS: every.every.Milliseconds(), Assumed: every.assumed,
	}
}

// askScrapes asks when scrapes failed: how many did since the last step.
func (a *asker) askScrapes(ctx context.Context) ([]timeline.Evidence, error) {
	up := selector(everyScrape, scopeMatchers(a.cfg.ClusterLabel, a.req.Scope)...)
	q := a.scrapesQuestion(kindScrapes, runRule)
	over := "_over_time(" + up + "[" + model.Duration(q.step()).String() + "])"
	q.PromQL = fmt.Sprintf("count%s - sum%s > 0", over, over)
	return a.askTimes(ctx, q, func(points []model.SamplePair) []run {
		return runsOf(points, max(q.every(), q.step()))
	})
}

// askCoverage asks when any target of this Prometheus was scraped at all, in or
// out of scope. Prometheus was not observing where none was.
func (a *asker) askCoverage(ctx context.Context) ([]timeline.Evidence, error) {
	q := a.scrapesQuestion(kindCoverage, fmt.Sprintf("runs of evaluations with a sample in the last %d scrape intervals; a run ends where its last sample is", coverageSlack))
	lookback := max(coverageSlack*q.every(), q.step())
	q.PromQL = fmt.Sprintf("max(count_over_time(up[%s]))", model.Duration(lookback))
	return a.askTimes(ctx, q, func(points []model.SamplePair) []run {
		runs := runsOf(points, q.step())
		for i := range runs {
			// The evaluations go on to see the last sample for the rest of the lookback.
			runs[i].Last = max(runs[i].First, runs[i].Last-(lookback-q.step()).Milliseconds())
		}
		if n := len(runs); n > 0 && runs[n-1].Last+lookback.Milliseconds() >= q.To.UnixMilli() {
			// The range ends before the lookback does.
			runs[n-1].Last = int64(points[len(points)-1].Timestamp)
		}
		return runs
	})
}

func (a *asker) askTimes(ctx context.Context, q scrapesQuestion, runs func([]model.SamplePair) []run) ([]timeline.Evidence, error) {
	curves, said, err := a.queryRange(ctx, q.asked)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	q.Warnings = said
	series := make([]runSeries, 0, len(curves))
	for _, c := range curves {
		series = append(series, runSeries{c.target, c.labels, runs(c.points)})
	}
	again := func(part asked) any { q.asked = part; return q }
	return seal(a, q.asked, again, series, func(part []runSeries) any { return runsAnswer{notNil(part)} })
}
