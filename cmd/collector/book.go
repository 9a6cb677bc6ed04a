package main

import (
	"context"
	"sync"

	"collector/internal/incident"
)

// openBook opens the book of incidents and keeps an eye on it.
func (d *daemon) openBook(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	b, err := incident.Open(ctx, incident.Options{Path: d.config.Storage.Path, Config: d.config.Incidents, StillFiring: d.stillFiring, Log: d.log})
	if err != nil {
		return nil, err
	}
	d.book = b
	d.registry.MustRegister(newIncidentStates(func() map[string]int { return countIncidents(b) }), damagedRows(b.DamagedRows))
	watch, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { b.Run(watch) })
	return func(limit context.Context) error {
		cancel()
		if err := waitFor(limit, &wg); err != nil {
			return err
		}
		return b.Close()
	}, nil
}
