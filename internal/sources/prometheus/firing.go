package prometheus

import (
	"context"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Firing is what a Prometheus says about its alerts now.
type Firing struct {
	rules  map[string]bool // by name
	alerts []model.LabelSet
}

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
	f := Firing{rules: map[string]bool{}}
	for _, r := range readRules(rules).Alerts {
		f.rules[r.Name] = true
	}
	for _, a := range list.Alerts {
		if a.State == promv1.AlertStateFiring {
			f.alerts = append(f.alerts, a.Labels)
		}
	}
	return f, nil
}

// Knows reports whether there is a rule for an alert of this name: else this
// Prometheus can say nothing about it.
func (f Firing) Knows(name string) bool { return f.rules[name] }

// Lists reports whether an alert fires. What is sent to Alertmanager may have more
// labels than the alert here (external_labels) and others less (alert_relabel_configs),
// so that it is the same alert unless a label that both have differs.
func (f Firing) Lists(labels map[string]string) bool {
	for _, alert := range f.alerts {
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
