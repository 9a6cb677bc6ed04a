package prometheus

import (
	"context"
	"fmt"
	"slices"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// maxPoints is Prometheus's limit of evaluations in one range query: "exceeded
// maximum resolution of 11,000 points per timeseries" (web/api/v1/api.go).
const maxPoints = 11000

// maxRequests is how many range queries one question may be split into; beyond
// it the step becomes coarser. It is reached at 1 s after 30 hours.
const maxRequests = 10

// curve is one series of a range: its labels and its values in time order.
type curve struct {
	target string
	labels map[string]string
	points []model.SamplePair
}

// split cuts [from, to] into ranges of at most maxPoints evaluations. Together
// they have the evaluations of the uncut range, each once.
func split(from, to time.Time, step time.Duration) []promv1.Range {
	var parts []promv1.Range
	for start := from; !start.After(to); start = start.Add(maxPoints * step) {
		end := start.Add((maxPoints - 1) * step)
		if end.After(to) {
			end = to
		}
		parts = append(parts, promv1.Range{Start: start, End: end, Step: step})
	}
	return parts
}

// affordable is the step, made coarser where a range would need too many requests.
func affordable(from, to time.Time, step time.Duration) time.Duration {
	least := to.Sub(from) / (maxPoints * maxRequests)
	if step > least {
		return step
	}
	return (least/time.Second + 1) * time.Second
}

// align moves a range's start back onto a multiple of the step, so that the same
// window gives the same evaluations, and caches in front of Prometheus hit.
func align(from time.Time, step time.Duration) time.Time {
	ms, stepMS := from.UnixMilli(), step.Milliseconds()
	return time.UnixMilli(ms - ms%stepMS).UTC()
}

// queryRange asks for the question's range, in as many requests as it takes, and
// keeps the series that the scope includes, in the order of their labels.
func (a *asker) queryRange(ctx context.Context, q asked) ([]curve, []string, error) {
	byLabels := map[string]*curve{}
	var said []string
	for _, r := range split(q.From, q.To, q.step()) {
		matrix, more, err := a.oneRange(ctx, q.PromQL, r)
		if err != nil {
			return nil, nil, err
		}
		said = append(said, more...)
		for _, s := range matrix {
			key := s.Metric.String()
			c := byLabels[key]
			if c == nil {
				labels := make(map[string]string, len(s.Metric))
				for k, v := range s.Metric {
					labels[string(k)] = string(v)
				}
				target, in := a.admit.admit(labels)
				if !in {
					continue
				}
				c = &curve{target: target, labels: a.admit.mask(labels)}
				byLabels[key] = c
			}
			c.points = append(c.points, s.Values...)
		}
	}
	slices.Sort(said)
	keys := make([]string, 0, len(byLabels))
	for key := range byLabels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	curves := make([]curve, 0, len(keys))
	for _, key := range keys {
		curves = append(curves, *byLabels[key])
	}
	return curves, slices.Compact(said), nil
}

func (a *asker) oneRange(ctx context.Context, promql string, r promv1.Range) (model.Matrix, []string, error) {
	release, err := a.slot(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	v, warnings, infos, err := a.api.QueryRange(ctx, promql, r, limit(ctx)...)
	if err != nil {
		return nil, nil, a.explain(ctx, err)
	}
	matrix, ok := v.(model.Matrix)
	if !ok {
		return nil, nil, fmt.Errorf("the answer to a range query is not a matrix: %w", errNoData)
	}
	return matrix, a.said(warnings, infos), nil
}
