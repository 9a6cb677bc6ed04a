package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"collector/internal/sources"
)

// probeEvery is how often the daemon tries what is asked only for an incident, so
// that a source which is gone is known before.
const probeEvery = 5 * time.Minute

// mysqlKind is the source that its recorder tries all the time.
const mysqlKind = "mysql"

// probe tries the sources again and again until the daemon stops.
func (d *daemon) probe(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			d.probeOnce(ctx)
			select {
			case <-ctx.Done():
				return
			case <-time.After(probeEvery):
			}
		}
	})
	return func(limit context.Context) error {
		cancel()
		return waitFor(limit, &wg)
	}, nil
}

// probeOnce tries all sources, side by side, within their limits. A check that does
// not come back is left behind.
func (d *daemon) probeOnce(ctx context.Context) {
	var wg sync.WaitGroup
	for _, t := range d.current().trials() {
		if t.Kind() != mysqlKind {
			wg.Go(func() { d.probeSource(ctx, t) })
		}
	}
	wg.Wait()
}

func (d *daemon) probeSource(ctx context.Context, t trial) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	began := time.Now()
	found := make(chan []sources.Diagnosis, 1)
	go func() { found <- t.Check(ctx) }()
	worst := sources.Failed
	select {
	case diagnoses := <-found:
		worst = sources.OK
		for _, diagnosis := range diagnoses {
			worst = max(worst, diagnosis.Level)
		}
	case <-ctx.Done():
	}
	if ctx.Err() == context.Canceled {
		return // we stop: that says nothing about the source
	}
	d.probed(t.label(), worst, began)
}

// probed takes how a check ended, and logs when that changes.
func (d *daemon) probed(label string, worst sources.Level, began time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.ContainsFunc(d.inForce.trials(), func(t trial) bool { return t.label() == label }) {
		return // a reload has removed it meanwhile
	}
	d.metrics.up.WithLabelValues(label).Set(truth(worst != sources.Failed))
	d.metrics.degraded.WithLabelValues(label).Set(truth(worst == sources.Degraded))
	d.metrics.checkDuration.WithLabelValues(label).Set(time.Since(began).Seconds())
	d.metrics.checkedAt.WithLabelValues(label).Set(unixTime(time.Now()))
	before, known := d.levels[label]
	d.levels[label] = worst
	switch {
	case known && before == worst, !known && worst == sources.OK:
	case worst == sources.OK:
		d.log.Info("the source works again", "source", label)
	default:
		d.log.Warn("the source does not work as it should, see `collector check`", "source", label, "level", worst.String())
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
