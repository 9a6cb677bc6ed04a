package prometheus

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

const (
	kindAlerts      = "alerts"
	kindAlertsSince = "alerts_for_state"
)

// fallbackEvaluation is the evaluation interval when no rule tells its own.
const fallbackEvaluation = 15 * time.Second

// alertsQuestion is asked as count_over_time(ALERTS{…}[step]): was the alert
// pending or firing at any evaluation since the last step. No sample falls between
// two steps, however long they are, and none is seen again after it ended.
type alertsQuestion struct {
	asked
	Rule         string `json:"rule"`          // how times became runs
	RulesLoaded  int    `json:"rules_loaded"`  // alerting rules known to the rules API; -1 when it did not answer
	ClusterLabel string `json:"cluster_label"` //
}

// runsAnswer is the answer of alerts, scrapes and coverage.
type runsAnswer struct {
	Series []runSeries `json:"series"`
}

// alertSelectors are the configured selectors on one of the two alert metrics.
func (a *asker) alertSelectors(metric string, extra ...matcher) []string {
	own := scopeMatchers(a.cfg.ClusterLabel, a.req.Scope)
	texts := a.cfg.Alerts
	if len(texts) == 0 {
		texts = []string{"{}"}
	}
	var selectors []string
	for _, text := range texts {
		ms, err := parseSelector(text)
		if err != nil {
			continue // Validate has reported it
		}
		all := append(append(append([]matcher{}, extra...), ms...), own...)
		selectors = append(selectors, selector(metric, all...))
	}
	return selectors
}

// evaluation is the step of the alert questions: never coarser than the rules
// are evaluated, unless the range would take too many requests.
func (a *asker) evaluation() time.Duration {
	want := a.ruleSet.shortest()
	if want == 0 {
		want = fallbackEvaluation
		if up := a.intervals[everyScrape]; !up.assumed && up.every > 0 {
			want = min(want, up.every)
		}
	}
	return affordable(a.observed.From, a.observed.To, want)
}

func (a *asker) alertsQuestion(kind, promql string) alertsQuestion {
	step := a.evaluation()
	q := alertsQuestion{
		asked: asked{
			Kind: kind, Prometheus: a.cfg.Name, PromQL: promql,
			From: align(a.observed.From, step), To: a.observed.To, StepMS: step.Milliseconds(),
		},
		Rule: runRule, RulesLoaded: -1, ClusterLabel: a.cfg.ClusterLabel,
	}
	if a.ruleSet.Known {
		q.RulesLoaded = len(a.ruleSet.Alerts)
	}
	return q
}

// askAlerts asks when alerts were pending and firing.
func (a *asker) askAlerts(ctx context.Context) ([]timeline.Evidence, error) {
	var parts []string
	for _, s := range a.alertSelectors("ALERTS", matcher{"alertstate", "=~", "pending|firing"}) {
		parts = append(parts, "count_over_time("+s+"["+a.stepText()+"])")
	}
	q := a.alertsQuestion(kindAlerts, strings.Join(parts, " or "))
	return a.askRuns(ctx, q, func(c curve) []run {
		return runsOf(c.points, a.expected(q, c))
	})
}

// askAlertsSince asks since when alerts had been active, which Prometheus writes
// as the value of ALERTS_FOR_STATE, in whole seconds.
func (a *asker) askAlertsSince(ctx context.Context) ([]timeline.Evidence, error) {
	var parts []string
	for _, s := range a.alertSelectors("ALERTS_FOR_STATE") {
		parts = append(parts, "last_over_time("+s+"["+a.stepText()+"])")
	}
	q := a.alertsQuestion(kindAlertsSince, strings.Join(parts, " or "))
	q.Rule = "runs of equal values no more than 1.5 evaluation intervals apart"
	return a.askRuns(ctx, q, func(c curve) []run { return valueRuns(c.points, a.expected(q, c)*3/2) })
}

// expected is how far apart the samples of an alert should be.
func (a *asker) expected(q alertsQuestion, c curve) time.Duration {
	if r, ok := a.ruleSet.find(c.labels); ok {
		return max(q.step(), time.Duration(r.EveryMS)*time.Millisecond)
	}
	return q.step()
}

// stepText is the step of the alert questions in PromQL's notation.
func (a *asker) stepText() string {
	return model.Duration(a.evaluation()).String()
}

func (a *asker) askRuns(ctx context.Context, q alertsQuestion, runs func(curve) []run) ([]timeline.Evidence, error) {
	curves, said, err := a.queryRange(ctx, q.asked)
	if err != nil {
		return a.failure(q.asked, q, err)
	}
	q.Warnings = said
	series := make([]runSeries, 0, len(curves))
	for _, c := range curves {
		series = append(series, runSeries{c.target, c.labels, runs(c)})
	}
	again := func(part asked) any { q.asked = part; return q }
	return seal(a, q.asked, again, series, func(part []runSeries) any { return runsAnswer{notNil(part)} })
}

// notNil keeps an empty list a list in JSON: [] is an answer, null is none.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
