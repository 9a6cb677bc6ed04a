package main

import (
	"context"
	"log/slog"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
	"collector/internal/timeline"
)

const (
	// followEvery is how often the journal is looked at: other processes write it too.
	followEvery = 2 * time.Second
	// quietFor is how long nothing more is told before a draft is asked for.
	quietFor = 5 * time.Second
	// quietMost is how long a draft waits at most for that.
	quietMost = 30 * time.Second
	// askPause is the shortest pause between two drafts of one incident that are asked for.
	askPause = 15 * time.Second
	// followStep is how many entries are read at once.
	followStep = 1000
	// followMark is the follower's mark in the journal.
	followMark = "drafts"
)

// redrafter is the part of the book of incidents that the follower needs.
type redrafter interface {
	Incidents(ctx context.Context, now time.Time) ([]incident.Incident, error)
	Redraft(ctx context.Context, id string, at time.Time) error
}

// follower asks for a new draft of every incident about which something new was told:
// soon, and not once for each of many. What it has dealt with is marked in the journal,
// so that whoever dies in between goes on where he was.
type follower struct {
	book    redrafter
	journal *store.Journal
	scope   func(incident.Incident) timeline.Scope
	now     func() time.Time
	log     *slog.Logger

	started bool
	read    int64 // the last entry that was looked at
	marked  int64 // the last one that the mark in the journal covers
	waiting map[string]*wish
	asked   map[string]time.Time // by incident
	failing bool
}

// wish is that an incident's draft be made again.
type wish struct{ first, last time.Time }

func newFollower(book redrafter, j *store.Journal, scope func(incident.Incident) timeline.Scope, log *slog.Logger) *follower {
	return &follower{book: book, journal: j, scope: scope, now: time.Now, log: log, waiting: map[string]*wish{}, asked: map[string]time.Time{}}
}

func (f *follower) run(ctx context.Context) {
	for {
		err := f.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !f.failing:
			f.log.Error("what was pushed and noted cannot be followed; drafts have it at their next refresh", "err", err)
		case err == nil && f.failing:
			f.log.Info("what was pushed and noted is followed again")
		}
		f.failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-time.After(followEvery):
		}
	}
}

// look takes up what is new, and asks for the drafts that have waited long enough.
func (f *follower) look(ctx context.Context) error {
	if !f.started {
		mark, err := f.journal.Mark(ctx, followMark)
		if err != nil {
			return err
		}
		f.read, f.marked, f.started = mark, mark, true
	}
	fresh, err := f.journal.After(ctx, f.read, followStep)
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		incidents, err := f.book.Incidents(ctx, f.now())
		if err != nil {
			return err
		}
		f.take(incidents, fresh)
	}
	if err := f.ask(ctx); err != nil {
		return err
	}
	if len(f.waiting) == 0 && f.read > f.marked {
		if err := f.journal.SetMark(ctx, followMark, f.read); err != nil {
			return err
		}
		f.marked = f.read
	}
	return nil
}

// take notes which incidents new entries concern. One that has no draft yet will have
// them in its first.
func (f *follower) take(incidents []incident.Incident, fresh []store.Entry) {
	now := f.now()
	for _, i := range incidents {
		if i.Draft.First.IsZero() {
			continue
		}
		scope := f.scope(i)
		for _, e := range fresh {
			if !concerns(i, scope, e) {
				continue
			}
			if f.waiting[i.ID] == nil {
				f.waiting[i.ID] = &wish{first: now}
			}
			f.waiting[i.ID].last = now
			break
		}
	}
	f.read = fresh[len(fresh)-1].Number
}

// ask asks for what is due.
func (f *follower) ask(ctx context.Context) error {
	now := f.now()
	for id, w := range f.waiting {
		if now.Sub(w.last) < quietFor && now.Sub(w.first) < quietMost || now.Sub(f.asked[id]) < askPause {
			continue
		}
		if err := f.book.Redraft(ctx, id, now); err != nil {
			return err
		}
		f.log.Info("something was pushed or noted about the incident: its draft is made again", "incident", id)
		f.asked[id] = now
		delete(f.waiting, id)
	}
	for id, at := range f.asked {
		if now.Sub(at) >= askPause {
			delete(f.asked, id)
		}
	}
	return nil
}
