package main

import (
	"context"
	"time"

	"collector/internal/config"
	"collector/internal/sources"
	"collector/internal/sources/alertmanager"
)

// trial is an outside system that `collector check` and the daemon try.
type trial struct {
	checker
	limit time.Duration
}

type checker interface {
	Kind() string
	Name() string
	Check(ctx context.Context) []sources.Diagnosis
}

// label is how a trial is named in checks and metrics: alertmanager/main.
func (t trial) label() string { return t.Kind() + "/" + t.Name() }

// trials is the list of everything that can be tried.
func trials(all []witness) []trial {
	list := make([]trial, 0, len(all))
	for _, w := range all {
		list = append(list, trial{w, w.limit})
	}
	return list
}

// alertmanagers is the list of those that the configuration names.
func alertmanagers(c *config.Config) ([]witness, error) {
	var all []witness
	for _, m := range c.Alertmanager {
		source, err := alertmanager.NewSource(m, alertmanager.Options{Targets: c.Targets(), ClusterLabels: clusterLabels(c)})
		if err != nil {
			return nil, err
		}
		limit := alertmanager.Questions * source.Timeout()
		if source.ReadsFiles() {
			limit = max(limit, localLimit)
		}
		all = append(all, witness{source, limit})
	}
	return all, nil
}
