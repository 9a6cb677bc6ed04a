package prometheus

import (
	"context"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Firing is what a Prometheus says about its alerts now.
type Firing struct {
	rules   map[string]bool // by name: whether all of the name were evaluated
	firing  []model.LabelSet
	pending []model.LabelSet
}

// Says is what a Prometheus says about one alert.
type Says int

// The answers.
const (
	NoRule    Says = iota // it has no rule of that name, and can say nothing about it
	Inactive              // it does not fire
	Undecided             // it may fire: it waits for the rule's `for`, as after a restart, or the rule could not be evaluated
	Fires
)

// Firing asks which alerts fire now.
func (s *Source) Firing(ctx context.Context) (Firing, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout.Duration)
	defer cancel()
	rules, err := s.api.Rules(ctx, nil)
	if err != nil {
		return Firing{}, s.client.Error(err)
	}
	list, err := s.api.Alerts(ctx)
	if err != nil {
		return Firing{}, s.client.Error(err)
	}
	return readFiring(rules, list), nil
}

func readFiring(rules promv1.RulesResult, list promv1.AlertsResult) Firing {
	f := Firing{rules: map[string]bool{}}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if rule, ok := r.(promv1.AlertingRule); ok {
				others, known := f.rules[rule.Name]
				evaluated := rule.Health != promv1.RuleHealthUnknown && rule.Health != promv1.RuleHealthBad
				f.rules[rule.Name] = evaluated && (others || !known)
			}
		}
	}
	for _, a := range list.Alerts {
		switch a.State {
		case promv1.AlertStateFiring:
			f.firing = append(f.firing, a.Labels)
		case promv1.AlertStatePending:
			f.pending = append(f.pending, a.Labels)
		}
	}
	return f
}

// Of is what it says about the alert with these labels.
func (f Firing) Of(labels map[string]string) Says {
	evaluated, known := f.rules[labels[model.AlertNameLabel]]
	switch {
	case lists(f.firing, labels):
		return Fires
	case lists(f.pending, labels), known && !evaluated:
		return Undecided
	case known:
		return Inactive
	}
	return NoRule
}

// lists reports whether an alert is among others. What is sent to Alertmanager may
// have more labels than the alert here (external_labels) and others less
// (alert_relabel_configs), so that it is the same alert unless a label that both have
// differs.
func lists(alerts []model.LabelSet, labels map[string]string) bool {
	for _, alert := range alerts {
		if string(alert[model.AlertNameLabel]) == labels[model.AlertNameLabel] && agree(alert, labels) {
			return true
		}
	}
	return false
}

func agree(alert model.LabelSet, labels map[string]string) bool {
	for name, value := range alert {
		if other, both := labels[string(name)]; both && other != string(value) {
			return false
		}
	}
	return true
}
