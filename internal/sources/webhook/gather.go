package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

const (
	kindAlerts = "received_alerts"
	// query is the question in words: there is no language to ask it in.
	query = "alerts of received notifications that touch the window"
	// maxAlerts is how many alerts the evidence of one draft holds; of those beyond,
	// the latest starts, only the number is kept.
	maxAlerts = 5000
)

// question is all that the interpreter needs to know.
type question struct {
	Kind   string          `json:"kind"`
	Window timeline.Window `json:"window"`
	Scope  timeline.Scope  `json:"scope"`
	Part   int             `json:"part,omitempty"` // of Parts, from 1
	Parts  int             `json:"parts,omitempty"`
}

// alert is a Told as evidence: who is named in it is masked, and it is of bearable size.
type alert struct {
	Fingerprint string            `json:"fingerprint"`
	Target      string            `json:"target"`
	Labels      map[string]string `json:"labels"`
	Summary     string            `json:"summary,omitempty"`
	Runbook     string            `json:"runbook_url,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	From        time.Time         `json:"counts_from"`
	EndsAt      time.Time         `json:"ends_at,omitzero"`
	Ended       string            `json:"ended,omitempty"`
	Received    time.Time         `json:"first_received"`
	Repeated    time.Time         `json:"last_received"`
	Group       string            `json:"group"`
	Truncated   int               `json:"truncated,omitempty"`
}

type answer struct {
	Alerts  []alert `json:"alerts"`
	LeftOut int     `json:"left_out,omitempty"` // alerts beyond maxAlerts; in the first part
}

// Gather reads what was received of the window.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	q := question{Kind: kindAlerts, Window: req.Window, Scope: req.Scope}
	ask := sources.Ask{Source: Kind, Target: name, Query: query, Question: q, Observed: req.Window}
	told, err := s.opt.Read(ctx, req.Window)
	if errors.Is(err, ErrNever) {
		return nil, nil
	}
	if err != nil {
		record, err := sources.Failure(ask, fmt.Errorf("the notifications that were received cannot be read: %w", err), req.Now())
		return []timeline.Evidence{record}, err
	}
	m := masker{req.Roles}
	var alerts []alert
	leftOut := 0
	for _, t := range told {
		target := s.opt.Targets.Resolve(t.Labels)
		if !req.Scope.Includes(s.cluster(t.Labels, target), target) {
			continue
		}
		if len(alerts) == maxAlerts {
			leftOut++
			continue
		}
		alerts = append(alerts, m.alert(t, target))
	}
	req.Notify(fmt.Sprintf("%d alerts received", len(alerts)+leftOut))
	return records(ask, q, alerts, leftOut, req.Now())
}

// cluster is the one that an alert names, else that of the server it is about.
func (s *Source) cluster(labels map[string]string, target string) string {
	for _, label := range s.opt.ClusterLabels {
		if v := labels[label]; v != "" {
			return v
		}
	}
	for _, t := range s.opt.Targets {
		if t.Name == target {
			return t.Cluster
		}
	}
	return ""
}

// records puts the alerts into records of bearable size, one at least.
func records(ask sources.Ask, q question, alerts []alert, leftOut int, at time.Time) ([]timeline.Evidence, error) {
	parts, err := sources.Parts(alerts)
	if err != nil {
		return nil, err
	}
	var out []timeline.Evidence
	for i, part := range parts {
		if len(parts) > 1 {
			q.Part, q.Parts = i+1, len(parts)
		}
		ask.Question = q
		record, err := sources.Answer(ask, answer{part, leftOut}, at)
		if err != nil {
			return nil, err
		}
		leftOut = 0 // it is said once
		out = append(out, record)
	}
	return out, nil
}
