package prometheus

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const kindImpact = "impact"

// impactQuestion is asked once, at the end of what was observed.
type impactQuestion struct {
	asked
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// impactAnswer is the sum over the series that came back; nil when none did.
type impactAnswer struct {
	Series int      `json:"series"`
	Value  *float64 `json:"value"`
}

func (a *asker) impactTasks() []task {
	tasks := make([]task, 0, len(a.cfg.Impact))
	for _, im := range a.cfg.Impact {
		tasks = append(tasks, func(ctx context.Context) ([]timeline.Evidence, error) { return a.askImpact(ctx, im) })
	}
	return tasks
}

func (a *asker) askImpact(ctx context.Context, im ImpactConfig) ([]timeline.Evidence, error) {
	length := a.observed.To.Sub(a.req.Window.From).Round(time.Second)
	promql := strings.ReplaceAll(im.Query, "$window", windowText(length))
	q := impactQuestion{
		asked: asked{Kind: kindImpact, Prometheus: a.cfg.Name, PromQL: promql, From: a.req.Window.From, To: a.observed.To},
		Name:  im.Name, Unit: im.Unit,
	}
	v, said, err := a.instant(ctx, promql, a.observed.To)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	q.Warnings = said
	answer, err := a.total(v)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	e, err := a.answer(q.asked, q, answer)
	return []timeline.Evidence{e}, err
}

// windowText writes a length as PromQL does, in minutes where it can be: 225m.
func windowText(length time.Duration) string {
	length = max(length, time.Second)
	if length%time.Minute == 0 {
		return fmt.Sprintf("%dm", length/time.Minute)
	}
	return fmt.Sprintf("%ds", length/time.Second)
}

// total adds up the series that the scope includes.
func (a *asker) total(v model.Value) (impactAnswer, error) {
	var answer impactAnswer
	add := func(value float64) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		answer.Series++
		if answer.Value == nil {
			answer.Value = new(float64)
		}
		*answer.Value += value
	}
	switch v := v.(type) {
	case *model.Scalar:
		add(float64(v.Value))
	case model.Vector:
		for _, s := range v {
			labels := make(map[string]string, len(s.Metric))
			for k, v := range s.Metric {
				labels[string(k)] = string(v)
			}
			if _, in := a.admit.admit(labels); in {
				add(float64(s.Value))
			}
		}
	default:
		return answer, fmt.Errorf("the query gives a %s, and a figure needs an instant vector or a scalar", v.Type())
	}
	return answer, nil
}
