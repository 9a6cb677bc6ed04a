package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/internal/incident"
	"collector/internal/sources/alertmanager"
	"collector/internal/sources/prometheus"
)

// memory is how long an Alertmanager has to run until it knows of everything that
// fires. It keeps alerts in its memory only; who sends them repeats them within its
// resolve_timeout (5m by default), else they end by themselves.
const memory = 5 * time.Minute

// word is what one server says about one alert. It says nothing about one of which it
// would not know.
type word struct {
	fires  bool
	at     time.Time // when it last fired, as far as the server knows
	denies bool      // it would know, and it does not fire
	unsure bool      // it may come to know
}

// about is what one server says about alerts.
type about func(incident.Alert) word

// stillFiring asks every Prometheus and every Alertmanager whether alerts fire of
// which nothing was heard for a while: a "resolved" may have been lost, and that of a
// silenced alert is never sent.
func (d *daemon) stillFiring(ctx context.Context, alerts []incident.Alert) (map[string]incident.Answer, error) {
	return stillFiring(ctx, d.current(), alerts, memory)
}

func stillFiring(ctx context.Context, p prepared, alerts []incident.Alert, memory time.Duration) (map[string]incident.Answer, error) {
	said, err := askWhatFires(ctx, p, memory)
	now := time.Now()
	answers := map[string]incident.Answer{}
	for _, a := range alerts {
		words := make([]word, len(said))
		for i, of := range said {
			words[i] = of(a)
		}
		if fires, at := firing(words); fires {
			answers[a.Key()] = incident.Answer{Firing: true, At: at}
		} else if err == nil && over(words) {
			answers[a.Key()] = incident.Answer{At: now}
		}
	}
	return answers, err
}

// firing reports whether anybody has it firing, and when it last did.
func firing(words []word) (fires bool, at time.Time) {
	for _, w := range words {
		if w.fires {
			fires = true
			if w.at.After(at) {
				at = w.at
			}
		}
	}
	return fires, at
}

// over reports whether an alert that nobody has firing has ended: one at least would
// know of it, and none may come to know.
func over(words []word) bool {
	denied := false
	for _, w := range words {
		if w.unsure {
			return false
		}
		denied = denied || w.denies
	}
	return denied
}

// askWhatFires asks everybody at once, so that nobody waits for one who hangs. The
// error names those who did not answer.
func askWhatFires(ctx context.Context, p prepared, memory time.Duration) ([]about, error) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		said []about
		errs []error
	)
	ask := func(label string, question func() (about, error)) {
		wg.Go(func() {
			of, err := question()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", label, err))
				return
			}
			said = append(said, of)
		})
	}
	for _, w := range p.witnesses {
		switch source := w.Source.(type) {
		case *prometheus.Source:
			ask(w.label(), func() (about, error) { return askPrometheus(ctx, source) })
		case *alertmanager.Source:
			ask(w.label(), func() (about, error) { return askAlertmanager(ctx, source.Client, memory) })
		}
	}
	wg.Wait()
	return said, errors.Join(errs...)
}

// askPrometheus asks one that evaluates rules: it knows of the alerts of its own.
func askPrometheus(ctx context.Context, source *prometheus.Source) (about, error) {
	asked := time.Now()
	f, err := source.Firing(ctx)
	if err != nil {
		return nil, err
	}
	return func(a incident.Alert) word {
		says := f.Of(a.Labels)
		return word{fires: says == prometheus.Fires, at: asked, denies: says == prometheus.Inactive, unsure: says == prometheus.Undecided}
	}, nil
}

// askAlertmanager asks one of those that tell us of alerts: it knows of all that we
// are told. How long it has been running is asked last: one that was restarted in
// between has forgotten what it said.
func askAlertmanager(ctx context.Context, m *alertmanager.Client, memory time.Duration) (about, error) {
	held, err := m.Active(ctx)
	if err != nil {
		return nil, err
	}
	status, err := m.Status(ctx)
	if err != nil {
		return nil, err
	}
	return func(a incident.Alert) word {
		if at, fires := held.Fired(a.Fingerprint); fires {
			return word{fires: true, at: at}
		}
		return word{denies: status.Running >= memory, unsure: status.Running < memory}
	}, nil
}
