package incident

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Due are the incidents that need a draft at now, the oldest first.
func (b *Book) Due(ctx context.Context, now time.Time) ([]Work, error) {
	_, work, err := b.Look(ctx, now)
	return work, err
}

// Look reads once what whoever writes the drafts wants to know at now: the incidents
// that are not sealed, and which of them are due.
func (b *Book) Look(ctx context.Context, now time.Time) (unsealed []Incident, due []Work, err error) {
	if err := b.see(ctx, func(v *view) { unsealed = v.incidents(now) }); err != nil {
		return nil, nil, err
	}
	for _, i := range unsealed {
		if i.Unnamed {
			continue // its ID comes with the next look of Run
		}
		if step, ok := i.due(now, i.pace(now, b.rules())); ok {
			due = append(due, Work{i, step})
		}
	}
	return unsealed, due, nil
}

// Drafted records that a draft of the incident was written into dir, and queues the
// notices that say so. i is the incident as [Book.Due] gave it: what was told in the
// meantime makes it due again.
func (b *Book) Drafted(ctx context.Context, i Incident, dir string, at time.Time, final bool, notices ...Notice) error {
	return b.change(ctx, i.ID, func(d *Draft) {
		d.Count++
		if d.First.IsZero() {
			d.First = at
		}
		d.Dir, d.Last, d.Final, d.Version, d.Answered = dir, at, final, i.Version(), i.Draft.Asks
		d.Failures, d.FailedAt, d.Failure = 0, time.Time{}, ""
	}, notices...)
}

// DraftFailed records that a draft could not be written: it is due again after a
// while, which doubles from one failure to the next.
func (b *Book) DraftFailed(ctx context.Context, id string, at time.Time, reason error) error {
	return b.change(ctx, id, func(d *Draft) {
		d.Failures++
		d.FailedAt, d.Failure = at, reason.Error()
	})
}

// SnapshotPending records whether Grafana still owes the incident's snapshots. While
// it does, the final draft is due again and again, at the pace of refreshes.
func (b *Book) SnapshotPending(ctx context.Context, id string, pending bool) error {
	return b.change(ctx, id, func(d *Draft) { d.SnapshotPending = pending })
}

// change changes what is recorded of an incident's draft, and queues what is to be
// told of the change.
func (b *Book) change(ctx context.Context, id string, change func(*Draft), notices ...Notice) error {
	return b.write(ctx, "recording a draft", func(tx *sql.Tx) error {
		var text string
		if err := tx.QueryRowContext(ctx, `SELECT draft FROM incident WHERE id = ?`, id).Scan(&text); err != nil {
			return fmt.Errorf("incident %q: %w", id, err)
		}
		d, _ := decodeDraft(text) // where it is damaged the draft is made again from nothing
		change(&d)
		if err := putNotices(ctx, tx, id, d.Count, notices); err != nil {
			return err
		}
		return putDraft(ctx, tx, id, d)
	})
}
