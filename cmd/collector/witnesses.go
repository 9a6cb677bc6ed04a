package main

import (
	"fmt"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/sources/alertmanager"
	"collector/internal/sources/deploylog"
	"collector/internal/sources/github"
	"collector/internal/sources/gitlab"
	"collector/internal/sources/grafana"
	"collector/internal/sources/history"
	"collector/internal/sources/loki"
	"collector/internal/sources/mysql"
	"collector/internal/sources/notes"
	"collector/internal/sources/prometheus"
	"collector/internal/sources/pushed"
	"collector/internal/sources/webhook"
	"collector/internal/store"
	"collector/internal/timeline"
)

// witness is a source and how long it may take.
type witness struct {
	sources.Source
	limit time.Duration
}

// label is how a witness is named in progress, gaps and checks: prometheus/main.
func (w witness) label() string { return w.Kind() + "/" + w.Name() }

// localLimit is how long a source may take that reads from this machine's disk.
const localLimit = time.Minute

// witnesses is the explicit list of everything that can be asked. What Alertmanager
// told, and what was pushed and noted, is asked where there is a book or a journal of it.
func witnesses(c *config.Config) ([]witness, error) {
	var all []witness
	targets := c.Targets()
	for _, p := range c.Prometheus {
		source, err := prometheus.New(p, targets)
		if err != nil {
			return nil, fmt.Errorf("prometheus %s: %w", p.Name, err)
		}
		all = append(all, witness{source, p.Timeout.Duration})
	}
	managers, err := alertmanagers(c)
	if err != nil {
		return nil, err
	}
	all = append(all, managers...)
	for _, m := range c.MySQL {
		all = append(all, witness{mysql.New(m, c.Storage.Path), localLimit})
	}
	for _, d := range c.Deploys {
		source, err := deploylog.New(d)
		if err != nil {
			return nil, fmt.Errorf("deploys %s: %w", d.Name, err)
		}
		all = append(all, witness{source, localLimit})
	}
	for _, l := range c.Loki {
		source, err := loki.New(l, targets)
		if err != nil {
			return nil, err
		}
		all = append(all, witness{source, time.Duration(l.Timeout)})
	}
	for _, g := range c.GitHub {
		source, err := github.New(g)
		if err != nil {
			return nil, err
		}
		all = append(all, witness{source, source.Timeout()})
	}
	for _, g := range c.GitLab {
		source, err := gitlab.New(g)
		if err != nil {
			return nil, err
		}
		all = append(all, witness{source, source.Timeout()})
	}
	if c.Grafana != nil {
		source, err := grafana.New(*c.Grafana, targets)
		if err != nil {
			return nil, err
		}
		all = append(all, witness{source, time.Duration(c.Grafana.Timeout)})
	}
	if len(all) > 0 && incident.Exists(c.Storage.Path) {
		all = append(all, received(c))
	}
	if len(all) > 0 && store.JournalExists(c.Storage.Path) {
		all = append(all, journalWitnesses(c)...)
	}
	if len(all) > 0 && c.History.Drafts > 0 {
		all = append(all, witness{history.New(c.Report.Out, c.History), localLimit})
	}
	return all, nil
}

// interpreters is the same list for evidence that is already on disk.
func interpreters() map[string]sources.Interpreter {
	return map[string]sources.Interpreter{
		report.RequestSource: interpretOwn,
		"prometheus":         prometheus.Interpret,
		"mysql":              mysql.Interpret,
		"deploylog":          deploylog.Interpret,
		alertmanager.Kind:    alertmanager.Interpret,
		github.Kind:          github.Interpret,
		gitlab.Kind:          gitlab.Interpret,
		"grafana":            grafana.Interpret,
		history.Kind:         history.Interpret,
		loki.Kind:            loki.Interpret,
		webhook.Kind:         webhook.Interpret,
		pushed.Kind:          pushed.Interpret,
		notes.Kind:           notes.Interpret,
	}
}

// interpretOwn reads collector's own records: the request of the draft shows
// nothing, a source that could not be asked at all is a gap.
func interpretOwn(w timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	found := timeline.Findings{Evidence: records}
	for _, r := range records {
		var q silenceQuestion
		failed, err := sources.Read(r, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		if failed != "" {
			found.Gaps = append(found.Gaps, timeline.Gap{
				Source: q.Source, Target: r.Target, From: w.From, To: w.To, Reason: failed, Evidence: []string{r.ID},
			})
		}
	}
	return found, nil
}
