package main

import (
	"context"
	"fmt"

	"collector/internal/incident"
	"collector/internal/sources/prometheus"
)

// stillFiring asks every Prometheus whether alerts fire of which nothing was heard
// for a while: a "resolved" may have been lost. An alert for which none has a rule is
// somebody else's, and is not given up.
func (d *daemon) stillFiring(ctx context.Context, alerts []incident.Alert) (map[string]bool, error) {
	var said []prometheus.Firing
	for _, w := range d.current().witnesses {
		p, ok := w.Source.(*prometheus.Source)
		if !ok {
			continue
		}
		f, err := p.Firing(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.label(), err)
		}
		said = append(said, f)
	}
	firing := map[string]bool{}
	for _, a := range alerts {
		firing[a.Key()] = fires(said, a.Labels)
	}
	return firing, nil
}

func fires(said []prometheus.Firing, labels map[string]string) bool {
	known := false
	for _, f := range said {
		if f.Lists(labels) {
			return true
		}
		known = known || f.Knows(labels["alertname"])
	}
	return !known
}
