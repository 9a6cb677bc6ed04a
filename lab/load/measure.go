package load

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// Plan says how the measurement goes.
type Plan struct {
	Pairs  int           // of each monitor, at least 7
	Block  time.Duration // of one stretch with, or without, a monitor
	Settle time.Duration // of a stretch that is not counted: a monitor starts, a cache warms
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

// Measure interleaves stretches without and with each monitor, again and again.
func Measure(ctx context.Context, s *Sysbench, plan Plan, monitors []Monitor, say func(format string, args ...any)) ([]Loss, error) {
	losses := make([]Loss, len(monitors))
	for i, m := range monitors {
		losses[i].Monitor = m.Name
	}
	before, err := stretch(ctx, s, plan, Nothing())
	if err != nil {
		return nil, err
	}
	for pair := range plan.Pairs {
		for i, m := range monitors {
			with, err := stretch(ctx, s, plan, m)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
			after, err := stretch(ctx, s, plan, Nothing())
			if err != nil {
				return nil, err
			}
			loss := 1 - with/((before+after)/2)
			losses[i].Pairs = append(losses[i].Pairs, loss)
			say("pair %d of %d, %s: %.0f, %.0f, %.0f transactions/s, %+.2f %%", pair+1, plan.Pairs, m.Name, before, with, after, -100*loss)
			before = after
		}
	}
	return losses, nil
}

// stretch is the throughput while a monitor runs.
func stretch(ctx context.Context, s *Sysbench, plan Plan, m Monitor) (tps float64, err error) {
	stop, err := m.Start(ctx)
	if err != nil {
		return 0, err
	}
	if err = wait(ctx, plan.Settle); err == nil {
		from := time.Now()
		if err = wait(ctx, plan.Block); err == nil {
			tps, err = s.Mean(from, time.Now())
		}
	}
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	return tps, err
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
