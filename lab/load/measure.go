package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"collector/lab/servers"
)

// Plan says how the measurement goes.
type Plan struct {
	Pairs  int           // of each monitor, at least 7
	Block  time.Duration // of one stretch with, or without, a monitor; a second longer than what is counted
	Settle time.Duration // at the start of a stretch, not counted
}

// Loss is what a monitor cost: for each pair the part of the throughput that was
// missing while it ran, against the mean of the stretches before and after; and the
// processor time that it took in them.
type Loss struct {
	Monitor string
	Pairs   []float64
	CPU     CPU
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

// Measure lets each monitor of a server under load run and pause by turns, again and
// again.
func Measure(ctx context.Context, db *servers.DB, s *Sysbench, plan Plan, monitors []Monitor, say func(format string, args ...any)) ([]Loss, error) {
	if err := countCPU(ctx, db); err != nil {
		return nil, err
	}
	var losses []Loss
	for _, m := range monitors {
		loss, err := measure(ctx, db, s, plan, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		low, high := loss.Spread()
		say("%s: %+.2f %% lost (middle half %+.2f to %+.2f) in %d pairs; %.2f %% of the server's processor time, %.2f %% of the machine's in its own processes",
			m.Name, 100*loss.Median(), 100*low, 100*high, len(loss.Pairs), 100*loss.CPU.InServer(), 100*loss.CPU.OnMachine())
		losses = append(losses, loss)
	}
	return losses, nil
}

// measure compares each stretch with the monitor with those before and after, in
// which it is paused: what drifts slowly drops out.
func measure(ctx context.Context, db *servers.DB, s *Sysbench, plan Plan, m Monitor) (loss Loss, err error) {
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
		with, spent, err := watched(ctx, db, s, plan, m, w)
		if err != nil {
			return loss, err
		}
		loss.CPU = loss.CPU.plus(spent)
		after, err := stretch(ctx, s, plan)
		if err != nil {
			return loss, err
		}
		loss.Pairs = append(loss.Pairs, 1-with/((before+after)/2))
		before = after
	}
	return loss, nil
}

// watched is a stretch with the monitor: the throughput, and what was spent.
func watched(ctx context.Context, db *servers.DB, s *Sysbench, plan Plan, m Monitor, w Watch) (with float64, spent CPU, err error) {
	before, err := readCPU(ctx, db, m, w)
	if err != nil {
		return 0, spent, err
	}
	if err := w.Resume(); err != nil {
		return 0, spent, err
	}
	with, err = stretch(ctx, s, plan)
	if err = errors.Join(err, w.Pause()); err != nil {
		return 0, spent, err
	}
	after, err := readCPU(ctx, db, m, w)
	return with, after.minus(before), err
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

// Print writes the table. The noise is the loss of a monitor that does nothing. The
// last columns are the monitor's part of the server's processor time and of the machine's.
func Print(w io.Writer, flavour string, losses []Loss) error {
	_, err := fmt.Fprintf(w, "throughput lost, %s, sysbench oltp_read_write, 64 threads\n%-66s %8s  %18s  %5s  %10s  %9s\n", flavour, "MONITOR", "MEDIAN", "MIDDLE HALF", "PAIRS", "SERVER CPU", "OWN CPU")
	for _, l := range losses {
		if err != nil {
			return err
		}
		low, high := l.Spread()
		_, err = fmt.Fprintf(w, "%-66s %7.2f%%  %7.2f%% … %6.2f%%  %5d  %9.2f%%  %8.2f%%\n", l.Monitor, 100*l.Median(), 100*low, 100*high, len(l.Pairs), 100*l.CPU.InServer(), 100*l.CPU.OnMachine())
	}
	return err
}
