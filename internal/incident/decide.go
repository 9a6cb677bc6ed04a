package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// errOperator marks what an operator asked for and cannot have; the texts of such
// errors are whole.
var errOperator = errors.New("cannot be done")

// ErrUnknown says that there is no such incident.
var ErrUnknown = errors.New("there is no incident")

// operatorError is an error whose text is for the operator alone.
type operatorError struct{ error }

func (operatorError) Is(target error) bool { return target == errOperator }
func (e operatorError) Unwrap() error      { return e.error }

func refuse(format string, args ...any) error { return operatorError{fmt.Errorf(format, args...)} }

// End closes an incident at at, whatever still fires in it: an alert that starts
// later begins another.
//
// Errors: [ErrUnknown].
func (b *Book) End(ctx context.Context, id string, at time.Time) error {
	return b.decide(ctx, "closing an incident", at, []string{id}, func(tx *sql.Tx, v *view, found []Incident) error {
		i := found[0]
		if i.State == StateClosed {
			return refuse("%s is closed already, at %s by %s", i.ID, stamp(i.ClosedAt), i.ClosedBy)
		}
		for _, part := range append([]string{i.ID}, i.Aliases...) {
			if err := putDecision(ctx, tx, Decision{At: at, Kind: CloseDecision, Incident: part}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Merge makes one incident part of another, whose ID and draft stay.
//
// Errors: [ErrUnknown].
func (b *Book) Merge(ctx context.Context, id, other string, at time.Time) error {
	return b.decide(ctx, "merging incidents", at, []string{id, other}, func(tx *sql.Tx, _ *view, found []Incident) error {
		if found[0].ID == found[1].ID {
			return refuse("%s and %s are one incident already", id, other)
		}
		return putDecision(ctx, tx, Decision{At: at, Kind: MergeDecision, Incident: found[0].ID, Other: found[1].ID})
	})
}

// Split moves alerts of an incident, named by their fingerprints or alert names, into
// a new one, and returns its ID.
//
// Errors: [ErrUnknown].
func (b *Book) Split(ctx context.Context, id string, alerts []string, at time.Time) (string, error) {
	var fresh string
	err := b.decide(ctx, "splitting an incident", at, []string{id}, func(tx *sql.Tx, v *view, found []Incident) error {
		moved, stay, err := found[0].pick(alerts)
		if err != nil {
			return err
		}
		first := moved[0]
		fresh = newIDs(v.names()).give(&cluster{members: moved, labels: groupOf(first.First.Labels, b.rules().GroupBy)})
		d := Decision{At: at, Kind: SplitDecision, Incident: found[0].ID, Other: fresh}
		for _, m := range moved {
			d.Alerts = append(d.Alerts, Anchor{m.Fingerprint, m.StartsAt})
		}
		if err := reanchor(ctx, tx, v, moved, stay[0]); err != nil {
			return err
		}
		if err := putName(ctx, tx, Naming{fresh, d.Alerts[0]}, at); err != nil {
			return err
		}
		return putDecision(ctx, tx, d)
	})
	return fresh, err
}

// pick takes alerts out of an incident by what an operator calls them.
func (i Incident) pick(names []string) (moved, stay []*Member, err error) {
	used := map[string]bool{}
	for _, m := range i.Alerts {
		n := slices.IndexFunc(names, func(name string) bool { return name == m.Fingerprint || name == m.Name() })
		if n < 0 {
			stay = append(stay, m)
			continue
		}
		used[names[n]] = true
		moved = append(moved, m)
	}
	for _, name := range names {
		if !used[name] {
			return nil, nil, refuse("%w: %s has no alert %q; it has %s", ErrNoAlert, i.ID, name, strings.Join(i.alertNames(), ", "))
		}
	}
	if len(stay) == 0 {
		return nil, nil, refuse("these are all alerts of %s: leave at least one in it", i.ID)
	}
	return moved, stay, nil
}

// ErrNoAlert says that an incident has no such alert.
var ErrNoAlert = errors.New("there is no such alert")

// alertNames are the incident's alerts as an operator can name them.
func (i Incident) alertNames() []string {
	var names []string
	for _, m := range i.Alerts {
		if name := fmt.Sprintf("%s (%s)", m.Fingerprint, m.Name()); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// reanchor lets the IDs that hang on alerts which move hang on one that stays.
func reanchor(ctx context.Context, tx *sql.Tx, v *view, moved []*Member, stays *Member) error {
	for _, n := range v.names() {
		if !slices.ContainsFunc(moved, func(m *Member) bool { return m.key() == n.Anchor.key() }) {
			continue
		}
		_, err := tx.ExecContext(ctx, `UPDATE incident SET fingerprint = ?, starts_at = ? WHERE id = ?`, stays.Fingerprint, stays.StartsAt.UnixMilli(), n.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// Redraft marks an incident as in need of a new draft.
//
// Errors: [ErrUnknown].
func (b *Book) Redraft(ctx context.Context, id string, at time.Time) error {
	return b.decide(ctx, "asking for a draft", at, []string{id}, func(tx *sql.Tx, _ *view, found []Incident) error {
		d := found[0].Draft
		d.Asked, d.Failures = at, 0
		d.Asks++
		return putDraft(ctx, tx, found[0].ID, d)
	})
}

// decide runs a decision about incidents in one transaction. It sees the book as it
// is then; the incidents have their IDs in it, and are not sealed any more.
func (b *Book) decide(ctx context.Context, doing string, at time.Time, ids []string, do func(tx *sql.Tx, v *view, found []Incident) error) error {
	err := b.write(ctx, doing, func(tx *sql.Tx) error {
		v := newView(b.rules())
		if err := v.refresh(ctx, tx); err != nil {
			return err
		}
		for _, id := range ids {
			i, err := find(append(v.sealed(), v.incidents(at)...), id)
			if err != nil {
				return operatorError{err}
			}
			if i.Sealed {
				err = unseal(ctx, tx, i.ID)
			} else if i.Unnamed {
				err = putName(ctx, tx, Naming{i.ID, Anchor{i.Alerts[0].Fingerprint, i.Alerts[0].StartsAt}}, at)
			}
			if err != nil {
				return err
			}
		}
		if err := v.refresh(ctx, tx); err != nil {
			return err
		}
		var found []Incident
		for _, id := range ids {
			i, err := find(v.incidents(at), id)
			if err != nil {
				return operatorError{err}
			}
			found = append(found, i)
		}
		return do(tx, v, found)
	})
	if err == nil {
		b.tell()
	}
	return err
}

func putDecision(ctx context.Context, tx *sql.Tx, d Decision) error {
	alerts, err := encodeAnchors(d.Alerts)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO decision (at, kind, incident, other, alerts) VALUES (?, ?, ?, ?, ?)`,
		millis(d.At), string(d.Kind), d.Incident, d.Other, alerts)
	return err
}

// putName keeps an ID, unless another process has just named the incident of the
// same anchor, or another incident so: then the next look at the book decides.
func putName(ctx context.Context, tx *sql.Tx, n Naming, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO incident (id, given_at, fingerprint, starts_at)
		SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM incident WHERE id = ?1 OR fingerprint = ?3 AND starts_at = ?4)`,
		n.ID, millis(at), n.Anchor.Fingerprint, n.Anchor.StartsAt.UnixMilli())
	return err
}

func putDraft(ctx context.Context, tx *sql.Tx, id string, d Draft) error {
	text, err := d.encode()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE incident SET draft = ? WHERE id = ?`, text, id)
	return err
}

// unseal lets the rules look at a sealed incident again.
func unseal(ctx context.Context, tx *sql.Tx, id string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE episode SET sealed = '' WHERE sealed = ?`, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE incident SET record = '' WHERE id = ?`, id)
	return err
}
