package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/lab/servers"
)

// Plan says how the measurement goes.
type Plan struct {
	Pairs  int           // of each monitor, at least 7
	Block  time.Duration // of one stretch with, or without, a monitor
	Settle time.Duration // at the start of a stretch, not counted
	Steady time.Duration // of the stretch in which processor time is counted
	Turns  int           // seconds with a monitor that looks once in each, and as many without
}

// Loss is what a monitor cost: for each pair the part of the throughput that was
// missing while it ran, against the mean of the stretches before and after, and the
// same of a stretch in which nothing ran, which is the noise; and the processor time
// that it took.
type Loss struct {
	Monitor string
	Pairs   []float64
	Noise   []float64
	CPU     CPU

	Turns     Turns   // the same within the seconds; empty where it cannot be told
	InWindows float64 // the share of its work that is where the turns look
}

// Measure lets each monitor of a server under load run and pause by turns, again and
// again.
func Measure(ctx context.Context, db *servers.DB, running *Running, plan Plan, monitors []Monitor, say func(format string, args ...any)) ([]Loss, error) {
	if err := countCPU(ctx, db); err != nil {
		return nil, err
	}
	var losses []Loss
	for _, m := range monitors {
		loss, err := measure(ctx, db, running, plan, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		say("%s: %s lost, noise %s, in %d pairs; at its turns %s, noise %s, in %d seconds, with %.0f %% of its work: %s in all beyond the noise; %.2f %% of the server's processor time, %.2f %% of the machine's in its own processes",
			m.Name, middle(loss.Pairs), middle(loss.Noise), len(loss.Pairs), middle(loss.Turns.Lost), middle(loss.Turns.Noise), loss.Turns.Seconds, 100*loss.InWindows, loss.Beyond(), 100*loss.CPU.InServer(), 100*loss.CPU.OnMachine())
		losses = append(losses, loss)
	}
	return losses, nil
}

// measure compares each stretch with the monitor with those before and after, in
// which it is paused: what drifts slowly drops out. A stretch without it is compared
// in the same way.
func measure(ctx context.Context, db *servers.DB, running *Running, plan Plan, m Monitor) (loss Loss, err error) {
	loss.Monitor = m.Name
	w, err := m.Start(ctx)
	if err != nil {
		return loss, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := wait(ctx, 3*time.Second); err != nil { // it logs in
		return loss, err
	}
	if loss.CPU, loss.InWindows, err = steady(ctx, db, plan, m, w); err != nil {
		return loss, err
	}
	if err := w.Pause(); err != nil {
		return loss, err
	}
	if phase, known := w.Phase(); known {
		if loss.Turns, err = takeTurns(ctx, running, w, phase, plan.Turns); err != nil {
			return loss, err
		}
	}
	idle := func() (float64, error) { return stretch(ctx, running, plan) }
	watched := func() (float64, error) {
		if err := w.Resume(); err != nil {
			return 0, err
		}
		with, err := stretch(ctx, running, plan)
		return with, errors.Join(err, w.Pause())
	}
	before, err := idle()
	for range plan.Pairs {
		if err != nil {
			return loss, err
		}
		var lost, noise float64
		if lost, before, err = compare(before, watched, idle); err != nil {
			return loss, err
		}
		noise, before, err = compare(before, idle, idle)
		loss.Pairs, loss.Noise = append(loss.Pairs, lost), append(loss.Noise, noise)
	}
	return loss, err
}

// compare is the part of the throughput that was missing in a stretch, against the
// mean of the one before and the one after.
func compare(before float64, of, next func() (float64, error)) (lost, after float64, err error) {
	with, err := of()
	if err != nil {
		return 0, 0, err
	}
	after, err = next()
	return 1 - with/((before+after)/2), after, err
}

// steady is what was spent in a stretch in which the monitor ran without a pause, and
// the share of it in the windows of its turns: what it does once a minute is in it as
// often as it should be.
func steady(ctx context.Context, db *servers.DB, plan Plan, m Monitor, w Watch) (spent CPU, in float64, err error) {
	before, err := readCPU(ctx, db, m, w)
	if err != nil {
		return spent, 0, err
	}
	if phase, known := w.Phase(); known {
		in, err = inWindows(ctx, db, m, w, phase, plan.Steady)
	} else {
		err = wait(ctx, plan.Steady)
	}
	if err != nil {
		return spent, 0, err
	}
	after, err := readCPU(ctx, db, m, w)
	return after.minus(before), in, err
}

// stretch is the throughput from now on, after what has to settle: answered statements
// per second.
func stretch(ctx context.Context, running *Running, plan Plan) (float64, error) {
	if err := wait(ctx, plan.Settle); err != nil {
		return 0, err
	}
	began := time.Now()
	first, err := running.Statements()
	if err != nil {
		return 0, err
	}
	if err := wait(ctx, plan.Block); err != nil {
		return 0, err
	}
	ended := time.Now()
	last, err := running.Statements()
	switch {
	case err != nil:
		return 0, err
	case last <= first:
		return 0, errors.New("no statement of sysbench was answered in this stretch")
	}
	return float64(last-first) / ended.Sub(began).Seconds(), nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
