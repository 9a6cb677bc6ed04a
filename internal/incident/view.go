package incident

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"collector/internal/store"
)

// view is the book in memory, but for the alerts of sealed incidents. It reads what
// was changed since it was read last, and arranges that alone.
type view struct {
	arranged *arrangement
	entries  []entry        // in the order in which they were made
	numbers  map[string]int // of the entries, by ID
	damaged  map[place]damage
	reopened map[string]bool                                // sealed incidents that cannot be read as they were sealed
	read     struct{ episodes, incidents, decisions int64 } // the last change of each table; see counted
	pulse    int64                                          // of the file, before it was read last; 0 before the first time
}

// entry is a row of the table incident.
type entry struct {
	Naming
	draft  Draft
	sealed *Incident // nil while it is not
}

func newView(c *Config) *view {
	v := &view{arranged: newArrangement(c), numbers: map[string]int{}, damaged: map[place]damage{}, reopened: map[string]bool{}}
	v.read.episodes, v.read.incidents, v.read.decisions = -1, -1, -1 // rows of version 1 have 0
	return v
}

// see shows the book as it is now.
func (b *Book) see(ctx context.Context, show func(*view)) error {
	err := b.refreshNow(ctx, show)
	if err = store.Explain("reading", b.path, err); errors.Is(err, store.ErrCorrupt) {
		b.broken.Store(&err)
	} else if err == nil {
		b.broken.Store(nil)
	}
	return err
}

// refreshNow reads the file only when somebody wrote to it since: there is a look each
// second at least, and nearly never anything new.
func (b *Book) refreshNow(ctx context.Context, show func(*view)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	pulse, err := b.pulse.Read(ctx)
	if err == nil && pulse == b.live.pulse {
		show(b.live)
		return nil
	}
	tx, err := b.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	if err := b.show(ctx, tx, show); err != nil {
		return err
	}
	b.live.pulse = pulse
	return nil
}

// refresh is see for who holds the file's write lock and has not written yet.
func (b *Book) refresh(ctx context.Context, tx *sql.Tx, show func(*view)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.show(ctx, tx, show)
}

func (b *Book) show(ctx context.Context, tx *sql.Tx, show func(*view)) error {
	if err := b.live.refresh(ctx, tx); err != nil {
		b.live = newView(b.rules()) // of what was changed it may have read a part
		return err
	}
	b.nameDamage()
	show(b.live)
	return nil
}

// refresh reads what was changed, in a transaction. After an error, and when what the
// transaction itself wrote is rolled back, the view is to be thrown away.
func (v *view) refresh(ctx context.Context, db queryer) error {
	if err := v.readIncidents(ctx, db); err != nil {
		return err
	}
	if err := v.readDecisions(ctx, db); err != nil {
		return err
	}
	return v.readEpisodes(ctx, db)
}

// readIncidents reads the IDs that were given, and what was done with the incidents.
func (v *view) readIncidents(ctx context.Context, db queryer) error {
	last, renamed := v.read.incidents, false
	var again []string // incidents whose alerts are in the view, or not, from now on
	err := each(ctx, db, func(r row) error {
		var e entry
		var number, starts, rev int64
		var record, draft string
		if err := r.Scan(&number, &e.ID, &e.Anchor.Fingerprint, &starts, &record, &draft, &rev); err != nil {
			return err
		}
		e.Anchor.StartsAt, last = time.UnixMilli(starts).UTC(), max(last, rev)
		if v.readEntry(&e, number, record, draft) {
			again = append(again, e.ID)
		}
		renamed = v.enter(e) || renamed
		return nil
	}, `SELECT number, id, fingerprint, starts_at, record, draft, rev FROM incident WHERE rev > ? ORDER BY number`, v.read.incidents)
	if err != nil {
		return err
	}
	if renamed {
		v.arranged.name(v.names())
	}
	for _, id := range again {
		if _, err := v.takeEpisodes(ctx, db, selectEpisodes+` WHERE sealed = ?`, id); err != nil {
			return err
		}
	}
	v.read.incidents = last
	return nil
}

// readEntry decodes what was done with an incident, and the incident itself where it
// is sealed. One that cannot be read as it was sealed is derived from its alerts
// again: it reports when that begins or ends.
func (v *view) readEntry(e *entry, number int64, record, draft string) (again bool) {
	var err error
	e.draft, err = decodeDraft(draft)
	v.note(damagedDraft(number, e.ID), err)
	err = nil
	if record != "" {
		var i Incident
		if i, err = decodeRecord(record); err == nil {
			i.Draft = e.draft
			e.sealed = &i
		}
	}
	v.note(damagedRecord(number, e.ID), err)
	before := v.reopened[e.ID]
	if err != nil {
		v.reopened[e.ID] = true
	} else {
		delete(v.reopened, e.ID)
	}
	return before != (err != nil)
}

// enter adds an entry, or replaces it, and reports whether that changes a name.
func (v *view) enter(e entry) bool {
	v.arranged.seen[e.ID] = e.draft.Recovery
	n, known := v.numbers[e.ID]
	if !known {
		v.numbers[e.ID] = len(v.entries)
		v.entries = append(v.entries, e)
		return true
	}
	before := v.entries[n]
	v.entries[n] = e
	return before.Anchor.key() != e.Anchor.key()
}

// readDecisions reads all decisions when there is a new one: they are few.
func (v *view) readDecisions(ctx context.Context, db queryer) error {
	last := v.read.decisions
	var all []Decision
	err := each(ctx, db, func(r row) error {
		var d Decision
		var number, at, rev int64
		var alerts string
		if err := r.Scan(&number, &at, &d.Kind, &d.Incident, &d.Other, &alerts, &rev); err != nil {
			return err
		}
		d.At, last = fromMillis(at), max(last, rev)
		if d.Kind == SplitDecision {
			var err error
			d.Alerts, err = decodeAnchors(alerts)
			v.note(damagedSplit(number, d), err)
		}
		all = append(all, d)
		return nil
	}, `SELECT number, at, kind, incident, other, alerts, rev FROM decision WHERE EXISTS (SELECT 1 FROM decision WHERE rev > ?) ORDER BY number`, last)
	if err == nil && all != nil {
		v.arranged.decide(all)
	}
	v.read.decisions = last
	return err
}

func (v *view) readEpisodes(ctx context.Context, db queryer) (err error) {
	if v.read.episodes >= 0 {
		v.read.episodes, err = v.takeEpisodes(ctx, db, selectEpisodes+` WHERE rev > ?`, v.read.episodes)
		return err
	}
	if _, err := v.takeEpisodes(ctx, db, selectEpisodes+` WHERE sealed = ''`); err != nil {
		return err
	}
	return each(ctx, db, func(r row) error { return r.Scan(&v.read.episodes) }, `SELECT coalesce(max(rev), 0) FROM episode`)
}

// takeEpisodes takes what a query finds, and returns the last change that it met.
func (v *view) takeEpisodes(ctx context.Context, db queryer, query string, args ...any) (last int64, err error) {
	last = v.read.episodes
	err = each(ctx, db, func(r row) error {
		e, err := scanEpisode(r)
		if err != nil {
			return err
		}
		last = max(last, e.rev)
		known := e.sealed == "" || v.reopened[e.sealed]
		if known {
			v.arranged.put(e.Episode)
		} else {
			v.arranged.remove(e.key())
		}
		if d := damagedEpisode(e); known && e.Damaged {
			v.damaged[d.place] = d
		} else {
			delete(v.damaged, d.place)
		}
		return nil
	}, query, args...)
	return last, err
}

// names are the IDs that were given.
func (v *view) names() []Naming {
	names := make([]Naming, len(v.entries))
	for n, e := range v.entries {
		names[n] = e.Naming
	}
	return names
}

// incidents are those that are not sealed.
func (v *view) incidents(now time.Time) []Incident {
	all := v.arranged.incidents(now)
	for n := range all {
		i := &all[n]
		if at, named := v.numbers[i.ID]; named {
			i.Draft = v.entries[at].draft
		}
		i.damage = v.damageOf(*i)
	}
	return all
}

// sealed are those that are, without their alerts.
func (v *view) sealed() []Incident {
	var all []Incident
	for _, e := range v.entries {
		if e.sealed != nil {
			i := *e.sealed
			i.damage = v.damageOf(i)
			all = append(all, i)
		}
	}
	return all
}
