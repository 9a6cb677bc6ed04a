package main

import (
	"context"
	"errors"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/sources/webhook"
	"collector/internal/store"
	"collector/internal/timeline"
)

// received is the witness of what Alertmanager told. It reads the book of incidents.
func received(c *config.Config) witness {
	dir, rules := c.Storage.Path, c.Incidents
	read := func(ctx context.Context, w timeline.Window) ([]webhook.Told, error) {
		members, err := incident.Told(ctx, dir, rules, w)
		if errors.Is(err, incident.ErrNeverTold) || errors.Is(err, store.ErrMissing) {
			return nil, webhook.ErrNever
		}
		told := make([]webhook.Told, 0, len(members))
		for _, m := range members {
			told = append(told, webhook.Told{
				Fingerprint: m.Fingerprint, Labels: m.Latest.Labels, Annotations: m.Latest.Annotations,
				StartsAt: m.StartsAt, From: m.From, EndsAt: m.To, Ended: string(m.Ended),
				Received: m.Received, Repeated: m.LastTold(), Group: m.Group(), Truncated: m.Truncated,
			})
		}
		return told, err
	}
	return witness{webhook.New(webhook.Options{Read: read, Targets: c.Targets(), ClusterLabels: clusterLabels(c)}), localLimit}
}

// clusterLabels are the labels that may name an alert's cluster.
func clusterLabels(c *config.Config) []string {
	labels := []string{"cluster"}
	for _, p := range c.Prometheus {
		labels = append(labels, p.ClusterLabel)
	}
	return labels
}
