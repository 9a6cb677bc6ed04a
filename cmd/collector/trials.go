package main

import (
	"context"
	"time"

	"collector/internal/config"
	"collector/internal/sources"
	"collector/internal/sources/alertmanager"
)

// trial is an outside system that `collector check` and the daemon try: a witness of
// drafts, or an Alertmanager, which is asked about alerts.
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

// trialQuestions is how many questions the check of an Alertmanager asks.
const trialQuestions = 2

// trials is the list of everything that can be tried.
func trials(all []witness, managers []*alertmanager.Client) []trial {
	list := make([]trial, 0, len(all)+len(managers))
	for _, w := range all {
		list = append(list, trial{w, w.limit})
	}
	for _, m := range managers {
		list = append(list, trial{m, trialQuestions * m.Timeout()})
	}
	return list
}

// alertmanagers is the list of those that the configuration names.
func alertmanagers(c *config.Config) ([]*alertmanager.Client, error) {
	all := make([]*alertmanager.Client, 0, len(c.Alertmanager))
	for _, m := range c.Alertmanager {
		client, err := alertmanager.New(m)
		if err != nil {
			return nil, err
		}
		all = append(all, client)
	}
	return all, nil
}
