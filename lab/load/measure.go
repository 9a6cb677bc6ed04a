package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Plan says how the measurement goes.
type Plan struct {
	Pairs  int           // of each monitor, at least 7
	Block  time.Duration // of one stretch with, or without, a monitor; a second longer than what is counted
	Settle time.Duration // at the start of a stretch, not counted
}

// Loss is what a monitor cost: for each pair the part of the throughput that was
// missing while it ran, against the mean of the stretches before and after.
type Loss struct {
	Monitor string
	Pairs   []float64
}

// Median is the middle of the pairs.
func (l Loss) Median() float64 { return quantile(l.Pairs, 0.5) }

// Spread is the range of the middle half.
func (l Loss) Spread() (low, high float64) { return quantile(l.Pairs, 0.25), quantile(l.Pairs, 0.75) }

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Measure lets each monitor run and pause by turns, again and again.
func Measure(ctx context.Context, s *Sysbench, plan Plan, monitors []Monitor, say func(format string, args ...any)) ([]Loss, error) {
	var losses []Loss
	for _, m := range monitors {
		loss, err := measure(ctx, s, plan, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		low, high := loss.Spread()
		say("%s: %+.2f %% lost (middle half %+.2f to %+.2f) in %d pairs", m.Name, 100*loss.Median(), 100*low, 100*high, len(loss.Pairs))
		losses = append(losses, loss)
	}
	return losses, nil
}

// measure compares each stretch with the monitor with those before and after, in
// which it is paused: what drifts slowly drops out.
func measure(ctx context.Context, s *Sysbench, plan Plan, m Monitor) (loss Loss, err error) {
	loss.Monitor = m.Name
	w, err := m.Start(ctx)
	if err != nil {
		return loss, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := errors.Join(wait(ctx, 3*plan.Settle), w.Pause()); err != nil {
		return loss, err
	}
	before, err := stretch(ctx, s, plan)
	if err != nil {
		return loss, err
	}
	for range plan.Pairs {
		if err := w.Resume(); err != nil {
			return loss, err
		}
		with, err := stretch(ctx, s, plan)
		if err = errors.Join(err, w.Pause()); err != nil {
			return loss, err
		}
		after, err := stretch(ctx, s, plan)
		if err != nil {
			return loss, err
		}
		loss.Pairs = append(loss.Pairs, 1-with/((before+after)/2))
		before = after
	}
	return loss, nil
}

// stretch is the throughput from now on, after what has to settle.
func stretch(ctx context.Context, s *Sysbench, plan Plan) (float64, error) {
	if err := wait(ctx, plan.Settle); err != nil {
		return 0, err
	}
	from := time.Now()
	if err := wait(ctx, plan.Block); err != nil {
		return 0, err
	}
	return s.Mean(from, time.Now())
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Print writes the table. The noise is the loss of a monitor that does nothing.
func Print(w io.Writer, flavour string, losses []Loss) error {
	_, err := fmt.Fprintf(w, "throughput lost, %s, sysbench oltp_read_write, 64 threads\n%-66s %8s  %18s  %s\n", flavour, "MONITOR", "MEDIAN", "MIDDLE HALF", "PAIRS")
	for _, l := range losses {
		if err != nil {
			return err
		}
		low, high := l.Spread()
		_, err = fmt.Fprintf(w, "%-66s %7.2f%%  %7.2f%% … %6.2f%%  %d\n", l.Monitor, 100*l.Median(), 100*low, 100*high, len(l.Pairs))
	}
	return err
}
