package prometheus

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const kindSignal = "signal"

// sharpPoints is how many evaluations a signal's range has at most, unless the
// configuration sets a resolution: at 1 s an hour and a half, at 15 s a day.
const sharpPoints = 6000

// signalQuestion holds all that the detector needs beside the samples.
type signalQuestion struct {
	asked
	Signal     string    `json:"signal"`
	Pack       string    `json:"pack,omitempty"`
	Unit       string    `json:"unit"`
	Window     time.Time `json:"window_from"` // what comes before is the baseline
	Detector   string    `json:"detector"`
	Rule       Rule      `json:"detector_rule"`
	SpanMS     int64     `json:"span_ms"` // of what a value is computed from: a scrape interval, or a rate's window
	Rate       bool      `json:"rate"`    // the span is a rate's window
	ScrapedMS  int64     `json:"scraped_every_ms"`
	Assumed    bool      `json:"interval_assumed,omitempty"`
	Downsample string    `json:"downsampled,omitempty"`
}

// signalAnswer is the series of a signal.
type signalAnswer struct {
	Series []signalSeries `json:"series"`
}

type signalSeries struct {
	Target string            `json:"target"`
	Labels map[string]string `json:"labels"`
	Points []stretch         `json:"points"`
}

func (a *asker) signalTasks() []task {
	var tasks []task
	for _, name := range a.cfg.Packs {
		p, ok := packNamed(name)
		if !ok {
			continue
		}
		for _, s := range p.Signals {
			tasks = append(tasks, a.signalTask(s, p.Name, a.intervals[p.Anchor]))
		}
	}
	for _, s := range a.cfg.Signals {
		tasks = append(tasks, a.signalTask(packSignal{Name: s.Name, Query: s.Query, Unit: s.Unit, Rule: s.rule()}, "", a.intervals[everyScrape]))
	}
	return tasks
}

// rule is the detector's rule of a configured signal.
func (s SignalConfig) rule() Rule {
	r := Rule{Direction: s.Direction, MinRatio: defaultRatio, Samples: defaultSamples}
	if r.Direction == "" {
		r.Direction = "both"
	}
	if s.MinChange != nil {
		r.MinChange, r.MinRatio = *s.MinChange, 0
	}
	return r
}

// leastEvents is how many events make a rate of rare events worth a word.
const leastEvents = 5

// overRates fits a rule to rates over a span. One burst is in as many values as
// the span has steps: so many more must be outside. And a single rare event in a
// short span is a high rate.
func (r Rule) overRates(span, step time.Duration, events bool) Rule {
	r.Samples += int((span+step-1)/step) - 1
	if events {
		r.MinChange = max(r.MinChange, leastEvents/span.Seconds())
	}
	return r
}

func (a *asker) signalTask(s packSignal, pack string, scraped interval) task {
	return func(ctx context.Context) ([]timeline.Evidence, error) { return a.askSignal(ctx, s, pack, scraped) }
}

func (a *asker) askSignal(ctx context.Context, s packSignal, pack string, scraped interval) ([]timeline.Evidence, error) {
	q := a.signalQuestion(s, pack, scraped)
	curves, said, err := a.queryRange(ctx, q.asked)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	q.Warnings = said
	series := make([]signalSeries, 0, len(curves))
	for _, c := range curves {
		kept, thinned := thin(fromPairs(c.points), q.Rule, q.Window.UnixMilli())
		if thinned {
			q.Downsample = thinRule
		}
		series = append(series, signalSeries{c.target, c.labels, stretches(kept)})
	}
	again := func(part asked) any { q.asked = part; return q }
	return seal(a, q.asked, again, series, func(part []signalSeries) any { return signalAnswer{notNil(part)} })
}

func (a *asker) signalQuestion(s packSignal, pack string, scraped interval) signalQuestion {
	if scraped.every == 0 {
		scraped = interval{fallbackInterval, true}
	}
	step := a.cfg.Resolution.Duration
	if step == 0 {
		step = max(scraped.every, roundUp(a.observed.Duration()/sharpPoints))
	}
	step = affordable(a.observed.From, a.observed.To, step)
	window := scraped.rateWindow(step)
	promql := strings.ReplaceAll(s.Query, "$__rate_interval", model.Duration(window).String())
	promql = a.scoped(promql)
	span, rate := spanOf(promql, scraped.every)
	rule := s.Rule
	if rate {
		rule = rule.overRates(span, step, s.Events)
	}
	return signalQuestion{
		asked: asked{
			Kind: kindSignal, Prometheus: a.cfg.Name, PromQL: promql,
			From: align(a.observed.From, step), To: a.observed.To, StepMS: step.Milliseconds(),
		},
		Signal: s.Name, Pack: pack, Unit: s.Unit, Window: a.req.Window.From, Detector: detectorName, Rule: rule,
		SpanMS: span.Milliseconds(), Rate: rate, ScrapedMS: scraped.every.Milliseconds(), Assumed: scraped.assumed,
	}
}

// scoped puts the scope's matchers in the place that a pack's query left for them.
func (a *asker) scoped(promql string) string {
	var texts []string
	for _, m := range scopeMatchers(a.cfg.ClusterLabel, a.req.Scope) {
		texts = append(texts, m.String())
	}
	scope := strings.Join(texts, ",")
	if scope == "" {
		promql = strings.ReplaceAll(promql, "$scope,", "")
		promql = strings.ReplaceAll(promql, "{$scope}", "")
	}
	return strings.ReplaceAll(promql, "$scope", scope)
}

var rangeSelector = regexp.MustCompile(`\[([0-9][0-9a-z]*)(?::[0-9a-z]*)?\]`)

// spanOf is how much of the past one value speaks of: the longest range in the
// query, or for a plain gauge the time since its last scrape.
func spanOf(promql string, scraped time.Duration) (span time.Duration, rate bool) {
	span = scraped
	for _, m := range rangeSelector.FindAllStringSubmatch(promql, -1) {
		if d, err := model.ParseDuration(m[1]); err == nil && time.Duration(d) > span {
			span, rate = time.Duration(d), true
		}
	}
	return span, rate
}

// roundUp makes a step one that people can read.
func roundUp(step time.Duration) time.Duration {
	for _, u := range usual {
		if u >= step {
			return u
		}
	}
	return (step/time.Minute + 1) * time.Minute
}
