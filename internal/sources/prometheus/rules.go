package prometheus

import (
	"context"
	"slices"
	"strings"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"collector/internal/timeline"
)

const kindRules = "rules"

// alertRule is what a rule says about its alerts. The rules API knows only the
// rules of now; a rule that changed since the window is told as it is now.
type alertRule struct {
	Name    string            `json:"name"`
	Group   string            `json:"group"`
	EveryMS int64             `json:"evaluated_every_ms"`
	ForMS   int64             `json:"for_ms"`
	Labels  map[string]string `json:"labels,omitempty"` // of the rule, templates unexpanded
	Summary string            `json:"summary,omitempty"`
	Runbook string            `json:"runbook_url,omitempty"`
}

// ruleSet is the answer to the rules question.
type ruleSet struct {
	Known  bool        `json:"-"`
	Alerts []alertRule `json:"alerts"`
}

// askRules asks for the alerting rules: how often they are evaluated, how long
// they wait, and what they tell people.
func (a *asker) askRules(ctx context.Context) ([]timeline.Evidence, error) {
	q := asked{Kind: kindRules, Prometheus: a.cfg.Name, From: a.req.Window.From, To: a.req.Window.To}
	release, err := a.slot(ctx)
	if err != nil {
		return a.failure(q, q, err)
	}
	defer release()
	result, err := a.api.Rules(ctx, nil)
	if err != nil {
		return a.failure(q, q, a.explain(ctx, err))
	}
	a.ruleSet = readRules(result)
	return seal(a, q, func(q asked) any { return q }, a.ruleSet.Alerts, func(part []alertRule) any { return ruleSet{Alerts: notNil(part)} })
}

func readRules(result promv1.RulesResult) ruleSet {
	set := ruleSet{Known: true, Alerts: []alertRule{}}
	for _, g := range result.Groups {
		for _, r := range g.Rules {
			ar, ok := r.(promv1.AlertingRule)
			if !ok {
				continue
			}
			labels := map[string]string{}
			for k, v := range ar.Labels {
				labels[string(k)] = string(v)
			}
			set.Alerts = append(set.Alerts, alertRule{
				Name: ar.Name, Group: g.Name, EveryMS: int64(g.Interval * 1000), ForMS: int64(ar.Duration * 1000),
				Labels: labels, Summary: clip(string(ar.Annotations["summary"])), Runbook: clip(string(ar.Annotations["runbook_url"])),
			})
		}
	}
	slices.SortStableFunc(set.Alerts, func(x, y alertRule) int {
		if c := strings.Compare(x.Name, y.Name); c != 0 {
			return c
		}
		return strings.Compare(x.Group, y.Group)
	})
	return set
}

// shortest is the shortest evaluation interval of any alerting rule; 0 when
// no rule is known.
func (s ruleSet) shortest() time.Duration {
	least := int64(0)
	for _, r := range s.Alerts {
		if r.EveryMS > 0 && (least == 0 || r.EveryMS < least) {
			least = r.EveryMS
		}
	}
	return time.Duration(least) * time.Millisecond
}

// find is the rule that an alert's labels come from: one of its name whose own
// labels the alert carries. Rules whose labels are templates match by name.
func (s ruleSet) find(labels map[string]string) (alertRule, bool) {
	for _, r := range s.Alerts {
		if r.Name == labels["alertname"] && carriesRule(labels, r.Labels) {
			return r, true
		}
	}
	return alertRule{}, false
}

func carriesRule(labels, want map[string]string) bool {
	for k, v := range want {
		if !strings.Contains(v, "{{") && labels[k] != v {
			return false
		}
	}
	return true
}

// expand puts labels into a rule's annotation. The rest of a template (the
// value, a query) is not known any more and becomes an ellipsis.
func expand(annotation string, labels map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(annotation, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return b.String() + "…"
		}
		b.WriteString(expression(strings.Trim(inside, "- \t"), labels))
		annotation = after
	}
}

func expression(inside string, labels map[string]string) string {
	for _, prefix := range []string{"$labels.", ".Labels."} {
		if name, ok := strings.CutPrefix(inside, prefix); ok {
			if v, known := labels[name]; known {
				return v
			}
		}
	}
	return "…"
}
