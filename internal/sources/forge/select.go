package forge

import (
	"context"
	"errors"
	"time"

	"collector/internal/timeline"
)

// touches reports whether any part of a deployment lies in the window. Nothing is known
// of an unfinished one after its start, so it counts for `around` only.
func touches(w timeline.Window, start timeline.Instant, end *timeline.Instant, around time.Duration) bool {
	if end == nil {
		return w.Overlaps(start.Earliest, start.Latest.Add(around))
	}
	return w.Overlaps(start.Earliest, end.Latest)
}

// tell records the deployments that touch the window and, for each environment without
// one, the last before it.
func (l *listing) tell(ctx context.Context) {
	busy := map[string]bool{}
	around := l.source.settings.Lookaround
	for i := range l.found {
		t := &l.found[i]
		if t.CreatedAt.Before(l.window.From.Add(-around)) && t.last().Before(l.window.From) {
			continue
		}
		if err := l.fill(ctx, t); err != nil {
			if l.stop != nil || errors.Is(err, errBudget) {
				l.failLimit(l.place, t.CreatedAt, err)
				return
			}
			l.failOne(l.place, *t, err)
			busy[t.Environment] = true // whatever was before, it may not have been the last
			continue
		}
		course := l.source.forge.Course(t.tidy())
		if course.Waits {
			l.answer.Waiting++
			continue
		}
		start, end, _ := course.span()
		if !touches(l.window, start, end, around) {
			continue
		}
		busy[t.Environment] = true
		answer := l.story(ctx, i)
		l.remember(answer.Deployment.Commit)
		l.tellOne(l.place, answer)
	}
	l.tellBefore(ctx, busy)
}

// tellBefore records the last deployment before the window to each quiet environment.
func (l *listing) tellBefore(ctx context.Context, busy map[string]bool) {
	tried := map[string]int{}
	for i := range l.found {
		t := &l.found[i]
		if busy[t.Environment] || !t.CreatedAt.Before(l.window.From) || tried[t.Environment] == maxTries || len(tried) > maxBefore {
			continue
		}
		tried[t.Environment]++
		if l.fill(ctx, t) != nil {
			busy[t.Environment] = true // it would be guessed
			continue
		}
		course := l.source.forge.Course(t.tidy())
		if course.Waits || course.Start.After(l.window.From) {
			continue
		}
		busy[t.Environment] = true
		l.tellOne(l.place, deploymentAnswer{Deployment: l.mask(l.place).deployment(*t)})
	}
}

// fill completes a deployment by what was reported about it, once.
func (l *listing) fill(ctx context.Context, t *Told) error {
	if err, known := l.complete[t.ID]; known {
		return err
	}
	if l.stop != nil {
		return l.stop
	}
	if l.left == 0 {
		return errBudget
	}
	l.left--
	err := l.fails(l.api.Statuses(ctx, l.place.Repository, t))
	l.complete[t.ID] = err
	return err
}

// story is a deployment with what makes it a rollback, if anything does.
func (l *listing) story(ctx context.Context, i int) deploymentAnswer {
	m := l.mask(l.place)
	told := deploymentAnswer{Deployment: m.deployment(l.found[i])}
	if again, other := l.history(ctx, i); again != nil {
		a, o := m.deployment(*again), m.deployment(*other)
		a.Statuses, o.Statuses = decisive(a.Statuses), decisive(o.Statuses)
		told.Again, told.Other = &a, &o
	}
	return told
}

// decisive are the statuses that show a success: what came later is another's story.
func decisive(list []Status) []Status {
	for i, s := range list {
		if s.State == stateSuccess {
			return list[:i+1]
		}
	}
	return list
}

// stateSuccess is GitHub's word, and GitLab's, for what both forges call a success.
const stateSuccess = "success"

// history finds, among the deployments before the i-th, the last successful one of
// another commit and, before that, of the same commit. Both or none.
func (l *listing) history(ctx context.Context, i int) (again, other *Told) {
	d := &l.found[i]
	if !l.repeats(i) {
		return nil, nil
	}
	tries := 0
	for j := i + 1; j < len(l.found) && tries < maxTries; j++ {
		t := &l.found[j]
		same := t.Commit == d.Commit
		if t.Environment != d.Environment || t.Commit == "" || same != (other != nil) {
			continue
		}
		tries++
		if l.fill(ctx, t) != nil {
			return nil, nil
		}
		switch c := l.source.forge.Course(t.tidy()); {
		case c.Waits || c.Outcome != Finished:
		case same:
			return t, other
		default:
			other = t
		}
	}
	return nil, nil
}

// repeats reports whether the commit of the i-th deployment was deployed before another
// one was, by the list alone.
func (l *listing) repeats(i int) bool {
	d, between := l.found[i], false
	if d.Commit == "" {
		return false
	}
	for _, t := range l.found[i+1:] {
		switch {
		case t.Environment != d.Environment || t.Commit == "":
		case t.Commit != d.Commit:
			between = true
		case between:
			return true
		}
	}
	return false
}
