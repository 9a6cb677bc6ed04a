package incident

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"
)

const (
	// lookEvery is how often the book is looked at when nothing new was told: an
	// incident settles and closes by the passing of time alone.
	lookEvery = 5 * time.Second
	// lookPause is the shortest pause between two looks; one that takes long, in a storm
	// of alerts, is followed by a pause of lookShare times as long.
	lookPause = time.Second
	lookShare = 9
	// idleEvery is the same while every incident is closed: time alone seals them.
	idleEvery = time.Minute
	// sealAfter is how long after its closing an incident is sealed. What is not sealed
	// is read at every look.
	sealAfter = 24 * time.Hour
)

// Run names new incidents, seals those that are long over and looks for lost
// resolves, until ctx ends. It logs what becomes of incidents.
func (b *Book) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { b.seek(ctx) })
	w := watcher{book: b, states: map[string]State{}}
	for {
		began := time.Now()
		w.look(ctx)
		pause := max(lookPause, lookShare*time.Since(began))
		select {
		case <-ctx.Done():
			return
		case <-time.After(w.rest()):
		case <-b.news:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// watcher is what Run remembers from one look to the next.
type watcher struct {
	book    *Book
	states  map[string]State
	failing bool
	busy    bool // an incident is not closed
}

// rest is how long nothing may be looked at when nothing new is told.
func (w *watcher) rest() time.Duration {
	if w.busy || w.failing {
		return lookEvery
	}
	return idleEvery
}

func (w *watcher) look(ctx context.Context) {
	b, now := w.book, w.book.opt.Now()
	all, err := b.Advance(ctx, now)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil && !w.failing:
		b.opt.Log.Error("looking at incidents fails; notifications are still kept", "err", err)
	case err == nil && w.failing:
		b.opt.Log.Info("looking at incidents works again")
	}
	w.failing = err != nil
	w.busy = slices.ContainsFunc(all, func(i Incident) bool { return i.State != StateClosed })
	for _, i := range all {
		if before := w.states[i.ID]; before != i.State {
			b.opt.Log.Info("incident "+string(i.State), "incident", i.ID, "alerts", i.Count, "firing", i.Firing(), "closed_by", string(i.ClosedBy))
			w.states[i.ID] = i.State
		}
	}
}

// Advance gives new incidents their IDs and seals those that are long over. It
// returns those that are not sealed.
func (b *Book) Advance(ctx context.Context, now time.Time) (all []Incident, err error) {
	if err := b.see(ctx, func(v *view) { all = v.incidents(now) }); err != nil {
		return nil, err
	}
	fresh := slices.ContainsFunc(all, func(i Incident) bool { return i.Unnamed })
	if fresh {
		err = b.write(ctx, "naming incidents", func(tx *sql.Tx) error { return nameAll(ctx, tx, all, now) })
		if err != nil {
			return all, err
		}
	}
	over := func(i Incident) bool { return i.long(now, b.rules()) }
	if !slices.ContainsFunc(all, over) {
		return all, nil
	}
	return all, b.write(ctx, "sealing incidents", func(tx *sql.Tx) error {
		var still []Incident // an operator may have decided something about them
		err := b.refresh(ctx, tx, func(v *view) {
			still = slices.DeleteFunc(v.incidents(now), func(i Incident) bool { return !over(i) })
		})
		if err != nil {
			return err
		}
		return sealAll(ctx, tx, still)
	})
}

func nameAll(ctx context.Context, tx *sql.Tx, all []Incident, now time.Time) error {
	for _, i := range all {
		if !i.Unnamed {
			continue
		}
		first := i.Alerts[0]
		if err := putName(ctx, tx, Naming{i.ID, Anchor{first.Fingerprint, first.StartsAt}}, now); err != nil {
			return err
		}
	}
	return nil
}

// long reports that an incident is over for so long that nothing joins it any more,
// and that nothing is to be done with it.
func (i Incident) long(now time.Time, c *Config) bool {
	return i.State == StateClosed && !i.Unnamed && now.Sub(i.ClosedAt) > sealAfter+c.gap() && i.finished(now, c.maxOpen()) && !i.Draft.Wanted()
}

// sealAll puts incidents aside as they are.
func sealAll(ctx context.Context, tx *sql.Tx, over []Incident) error {
	for _, i := range over {
		text, err := encodeRecord(i)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE incident SET record = ? WHERE id = ?`, text, i.ID); err != nil {
			return err
		}
		for _, m := range i.Alerts {
			_, err := tx.ExecContext(ctx, `UPDATE episode SET sealed = ? WHERE fingerprint = ? AND starts_at = ?`, i.ID, m.Fingerprint, m.StartsAt.UnixMilli())
			if err != nil {
				return err
			}
		}
	}
	return nil
}
