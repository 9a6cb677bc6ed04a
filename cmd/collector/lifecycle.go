package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopLimit bounds how long all steps together may take to stop.
const stopLimit = 10 * time.Second

// step is one part of a daemon. start returns what undoes it; failed receives
// the error of a part that ends by itself.
type step struct {
	name  string
	start func(ctx context.Context, failed chan<- error) (stop func(context.Context) error, err error)
}

// runSteps starts the steps in order, waits until ctx ends or a part fails, and
// stops what was started in reverse order and in bounded time.
func runSteps(ctx context.Context, steps []step) (err error) {
	failed := make(chan error, len(steps))
	var stops []func(context.Context) error
	defer func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		for i := len(stops) - 1; i >= 0; i-- {
			if stopErr := stops[i](limit); stopErr != nil {
				err = errors.Join(err, fmt.Errorf("stopping %s: %w", steps[i].name, stopErr))
			}
		}
	}()
	for _, s := range steps {
		stop, err := s.start(ctx, failed)
		if err != nil {
			return fmt.Errorf("starting %s: %w", s.name, err)
		}
		stops = append(stops, stop)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}
