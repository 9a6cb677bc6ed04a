package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// batchAlerts is how many alerts one transaction takes, give or take one
// notification: what waits longer than that many take is no longer cheap.
const batchAlerts = 2000

// delivery is a notification on its way to the disk.
type delivery struct {
	episodes []Episode
	answer   chan<- error // has room for one
}

// Receive keeps a notification; when it returns nil everything is on disk and will
// be acted on. Notifications that come at the same time share one transaction. The
// same notification may come any number of times. An error other than [ErrInvalid]
// may pass: the sender shall try again.
func (b *Book) Receive(ctx context.Context, n Notification) error {
	if err := n.validate(); err != nil {
		return err
	}
	if n.ReceivedAt.IsZero() {
		n.ReceivedAt = b.opt.Now()
	}
	n.ReceivedAt = whole(n.ReceivedAt)
	answer := make(chan error, 1)
	d := delivery{answer: answer, episodes: make([]Episode, 0, len(n.Alerts))}
	for _, a := range n.Alerts {
		d.episodes = append(d.episodes, told(n, a))
	}
	select {
	case b.queue <- d:
	case <-b.ending:
		return errStopped
	case <-ctx.Done():
		return fmt.Errorf("keeping a notification: %w", ctx.Err())
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("keeping a notification: %w", ctx.Err())
	}
}

var errStopped = errors.New("keeping a notification: the book is being closed")

// keep writes notifications until the book is closed: each transaction takes everything that
// has arrived while the one before was on its way to the disk.
func (b *Book) keep(ctx context.Context) {
	for {
		var batch []delivery
		select {
		case <-ctx.Done():
			return
		case d := <-b.queue:
			batch = append(batch, d)
		}
		batch = b.drain(batch)
		unstopped := context.WithoutCancel(ctx) // who waits hears what became of it
		err := b.write(unstopped, "keeping a notification", func(tx *sql.Tx) error { return b.writeBatch(unstopped, tx, batch) })
		for _, d := range batch {
			d.answer <- err
		}
		if err == nil {
			b.tell()
		}
	}
}

// drain takes what waits.
func (b *Book) drain(batch []delivery) []delivery {
	alerts := len(batch[0].episodes)
	for alerts < batchAlerts {
		select {
		case d := <-b.queue:
			batch = append(batch, d)
			alerts += len(d.episodes)
		default:
			return batch
		}
	}
	return batch
}

// writeBatch adds what the notifications tell to the episodes there are.
func (b *Book) writeBatch(ctx context.Context, tx *sql.Tx, batch []delivery) error {
	find, put := tx.StmtContext(ctx, b.find), tx.StmtContext(ctx, b.put)
	defer func() { _, _ = find.Close(), put.Close() }() // the transaction closes them too
	for _, d := range batch {
		for _, e := range d.episodes {
			old, err := scanEpisode(find.QueryRowContext(ctx, e.Fingerprint, e.StartsAt.UnixMilli()))
			switch {
			case err == nil:
				e = old.with(e)
			case !errors.Is(err, sql.ErrNoRows):
				return err
			}
			if err := writeEpisode(ctx, put, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// millis is a time on disk; 0 is never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
