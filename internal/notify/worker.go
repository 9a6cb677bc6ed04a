package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/internal/incident"
)

// The retries of a notification: after a second, then twice as long each time, or
// as long as the receiver asks. One that was tried in vain and is so old is old news.
const (
	firstPause    = time.Second
	maxPause      = time.Minute
	maxRetryAfter = 15 * time.Minute
	giveUp        = 24 * time.Hour
	// idle is how often the outbox is read when nobody says that there is something.
	idle = time.Minute
)

// backOff is how long to wait after so many failed attempts.
func backOff(attempts int) time.Duration {
	return min(firstPause<<min(attempts-1, 10), maxPause)
}

// run delivers what waits, one after the other, until the context ends.
func (w *webhook) run(ctx context.Context, outbox Outbox) {
	w.outbox = outbox
	for {
		rest := w.next(ctx)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		case <-w.news:
		}
	}
}

// next makes the attempt that is due, if any, and says how long there is nothing to do.
func (w *webhook) next(ctx context.Context) (rest time.Duration) {
	waiting, err := w.waiting(ctx)
	if err != nil {
		if !w.ailing && ctx.Err() == nil {
			w.log.Error("what waits to be told cannot be read; nobody is told", "err", err)
		}
		w.ailing = true
		return idle
	}
	w.ailing = false
	now := time.Now()
	n, at, found := first(waiting, now)
	if !found {
		return idle
	}
	if at.Before(w.resume) {
		at = w.resume
	}
	if at.After(now) {
		return min(at.Sub(now), idle)
	}
	w.attempt(ctx, n)
	return 0
}

// waiting reads what has to be told, and takes out of the outbox what has not.
func (w *webhook) waiting(ctx context.Context) ([]incident.Notice, error) {
	if len(w.spent) > 0 {
		w.discard(ctx) // it failed before
	}
	all, err := w.outbox.Waiting(ctx, w.config.Name)
	if err != nil {
		return nil, err
	}
	kept, superfluous, excess := sift(w.unspent(all))
	for _, n := range superfluous {
		w.metrics.ended(w.config.Name, superseded)
		w.spent[n.Number] = true
	}
	for _, n := range excess {
		w.metrics.ended(w.config.Name, dropped)
		w.spent[n.Number] = true
	}
	if len(excess) > 0 {
		w.log.Error("too many notifications wait; the oldest are dropped", "dropped", len(excess), "waiting", len(kept))
	}
	if len(superfluous)+len(excess) > 0 {
		w.discard(ctx)
	}
	w.metrics.queued.WithLabelValues(w.config.Name).Set(float64(len(kept)))
	return kept, nil
}

// unspent leaves out what is done and only still stands in the outbox because that
// could not be written: a full disk must not make us tell it again and again.
func (w *webhook) unspent(all []incident.Notice) (left []incident.Notice) {
	for _, n := range all {
		if !w.spent[n.Number] {
			left = append(left, n)
		}
	}
	return left
}

// discard takes what is done out of the outbox, also while we stop.
func (w *webhook) discard(ctx context.Context) {
	numbers := make([]int64, 0, len(w.spent))
	for number := range w.spent {
		numbers = append(numbers, number)
	}
	if err := w.outbox.Discard(context.WithoutCancel(ctx), numbers...); err != nil {
		w.log.Error("what was told could not be noted; after a restart it is told again", "err", err)
		return
	}
	clear(w.spent)
}

// attempt tries once to deliver a notice, and keeps what became of it.
func (w *webhook) attempt(ctx context.Context, n incident.Notice) {
	after, err := w.tell(ctx, n)
	if errors.Is(err, incident.ErrTaken) || ctx.Err() != nil && err != nil {
		return // somebody took it out, or we stop: then it waits for the next run
	}
	if err != nil {
		w.metrics.failures.WithLabelValues(w.config.Name).Inc()
	}
	var final refused
	switch {
	case err == nil:
		w.failed, w.resume = 0, time.Time{}
		w.metrics.ended(w.config.Name, delivered)
	case errors.As(err, &final):
		w.failed, w.resume = 0, time.Time{} // it does answer
		w.giveUp(n, err)
	default:
		now := time.Now()
		w.failed++
		w.resume = now.Add(max(w.pause(w.failed), after))
		if age := now.Sub(n.At); age <= giveUp {
			w.postpone(ctx, n, now.Add(max(w.pause(n.Attempts+1), after)), err)
			return
		}
		w.giveUp(n, err)
	}
	w.spent[n.Number] = true
	w.discard(ctx)
}

// postpone keeps when a notice is tried again. When that cannot be written, the
// pause of the whole webhook still holds.
func (w *webhook) postpone(ctx context.Context, n incident.Notice, next time.Time, reason error) {
	if n.Attempts == 0 {
		w.log.Warn("a notification was not delivered; it is tried again", "step", n.Kind, "incident", n.Incident, "err", reason)
	}
	if err := w.outbox.Postpone(context.WithoutCancel(ctx), n.Number, n.Attempts+1, next); err != nil {
		w.log.Error("a failed notification could not be noted", "err", err)
	}
}

// giveUp counts and logs a notice that nobody is told of.
func (w *webhook) giveUp(n incident.Notice, reason error) {
	w.metrics.ended(w.config.Name, failed)
	w.log.Error("a notification is given up", "step", n.Kind, "incident", n.Incident, "taken", n.At, "attempts", n.Attempts+1, "err", reason)
}

// tell makes one attempt at a notice. after is how long the receiver asks us to wait.
func (w *webhook) tell(ctx context.Context, n incident.Notice) (after time.Duration, err error) {
	kept, err := w.outbox.Body(ctx, n.Number)
	if err != nil {
		return 0, err
	}
	var s Step
	if err := json.Unmarshal(kept, &s); err != nil {
		return 0, refused{fmt.Errorf("what was kept of the step: %w", err)}
	}
	s.Key = n.Key
	text, err := w.body.render(s)
	if err != nil {
		return 0, refused{fmt.Errorf("template: %w", err)}
	}
	return w.post(ctx, text, n.Key)
}
