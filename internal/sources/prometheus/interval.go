package prometheus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/common/model"
)

// fallbackInterval is taken when the data does not show how often it was scraped:
// Prometheus's default scrape_interval.
const fallbackInterval = time.Minute

// usual are the scrape intervals that people configure; a measured bound is
// rounded down to one.
var usual = [...]time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second,
	10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
}

// interval is how often a metric is scraped.
type interval struct {
	every   time.Duration
	assumed bool // nothing showed it
}

// rateWindow is four scrape intervals, as Grafana's $__rate_interval: a rate then
// survives a lost scrape. It is never shorter than the step, so that no sample
// falls between two evaluations.
func (i interval) rateWindow(step time.Duration) time.Duration { return max(4*i.every, step) }

// everyScrape is the metric that shows how often Prometheus scrapes at all.
const everyScrape = "up"

// findIntervals measures the scrape intervals of `up` and of the packs' anchors.
func (a *asker) findIntervals(ctx context.Context) {
	anchors := []string{everyScrape}
	for _, name := range a.cfg.Packs {
		if p, ok := packNamed(name); ok {
			anchors = append(anchors, p.Anchor)
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, anchor := range anchors {
		wg.Go(func() {
			found := a.findInterval(ctx, anchor)
			mu.Lock()
			defer mu.Unlock()
			a.intervals[anchor] = found
		})
	}
	wg.Wait()
}

// findInterval bounds the scrape interval from the number of samples in windows
// of three lengths: n samples in a window are at most window/(n-1) apart, however
// much of the window the history covers.
func (a *asker) findInterval(ctx context.Context, metric string) interval {
	sel := selector(metric, scopeMatchers(a.cfg.ClusterLabel, a.req.Scope)...)
	windows := []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute}
	promql := ""
	for i, w := range windows {
		if i > 0 {
			promql += " or "
		}
		promql += fmt.Sprintf(`label_replace(max(count_over_time(%s[%s])), "window", "%d", "", "")`, sel, model.Duration(w), i)
	}
	step := max(10*time.Second, a.observed.Duration()/60).Truncate(time.Second)
	q := asked{PromQL: promql, From: a.observed.From, To: a.observed.To, StepMS: step.Milliseconds()}
	matrix, _, err := a.oneRange(ctx, promql, split(q.From, q.To, step)[0])
	if err != nil {
		return interval{fallbackInterval, true}
	}
	bound := time.Duration(0)
	for _, s := range matrix {
		var i int
		if _, err := fmt.Sscan(string(s.Metric["window"]), &i); err != nil || i < 0 || i >= len(windows) {
			continue
		}
		most := 0.0
		for _, p := range s.Values {
			most = max(most, float64(p.Value))
		}
		if most < 2 {
			continue
		}
		if b := time.Duration(float64(windows[i]) / (most - 1)); bound == 0 || b < bound {
			bound = b
		}
	}
	return roundDown(bound)
}

func roundDown(bound time.Duration) interval {
	found := interval{fallbackInterval, true}
	for _, u := range usual {
		if bound >= u {
			found = interval{u, false}
		}
	}
	return found
}
