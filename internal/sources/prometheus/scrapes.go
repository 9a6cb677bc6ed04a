package prometheus

import (
	"context"
	"fmt"
	"time"

	"collector/internal/timeline"
)

const (
	kindScrapes  = "scrapes"
	kindCoverage = "coverage"
)

// coverageSlack is how many usual intervals without a sample of any target are a
// hole: one lost scrape is none.
const coverageSlack = 2.5

// scrapesQuestion is asked about `up`, for failed scrapes or for any at all.
type scrapesQuestion struct {
	asked
	Rule    string `json:"rule"`
	EveryMS int64  `json:"scraped_every_ms"`
	Assumed bool   `json:"interval_assumed,omitempty"`
}

func (a *asker) scrapesQuestion(kind, promql, rule string) scrapesQuestion {
	every := a.intervals[everyScrape]
	if every.every == 0 {
		every = interval{fallbackInterval, true}
	}
	step := affordable(a.observed.From, a.observed.To, every.every)
	return scrapesQuestion{
		asked: asked{
			Kind: kind, Prometheus: a.cfg.Name, PromQL: promql,
			From: align(a.observed.From, step), To: a.observed.To, StepMS: step.Milliseconds(),
		},
		Rule: rule, EveryMS: every.every.Milliseconds(), Assumed: every.assumed,
	}
}

// askScrapes asks when exactly scrapes failed.
func (a *asker) askScrapes(ctx context.Context) ([]timeline.Evidence, error) {
	up := selector(everyScrape, scopeMatchers(a.cfg.ClusterLabel, a.req.Scope)...)
	q := a.scrapesQuestion(kindScrapes, fmt.Sprintf("timestamp(%s) and %s == 0", up, up), runRule)
	return a.askTimes(ctx, q, 1.5)
}

// askCoverage asks when any target of this Prometheus was scraped at all, in or
// out of scope. Prometheus was not observing where none was.
func (a *asker) askCoverage(ctx context.Context) ([]timeline.Evidence, error) {
	rule := fmt.Sprintf("runs of samples no more than %g usual intervals apart", coverageSlack)
	q := a.scrapesQuestion(kindCoverage, "max(timestamp(up))", rule)
	return a.askTimes(ctx, q, coverageSlack)
}

func (a *asker) askTimes(ctx context.Context, q scrapesQuestion, slack float64) ([]timeline.Evidence, error) {
	curves, said, err := a.queryRange(ctx, q.asked)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	q.Warnings = said
	expected := max(time.Duration(q.EveryMS)*time.Millisecond, q.step())
	series := make([]runSeries, 0, len(curves))
	for _, c := range curves {
		series = append(series, runSeries{c.target, c.labels, runsOf(sampleTimes(c.points), expected, slack)})
	}
	again := func(part asked) any { q.asked = part; return q }
	return seal(a, q.asked, again, series, func(part []runSeries) any { return runsAnswer{notNil(part)} })
}
