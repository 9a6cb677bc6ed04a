package incident

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"collector/internal/store"
)

// Notice is what one notifier shall be told about an incident. It waits in the book
// until that notifier has taken it, whatever becomes of the process.
type Notice struct {
	Number   int64     // the book's, in the order in which they were queued
	Notifier string    // who is to be told
	Incident string    // the incident's ID
	Kind     string    // which step of the incident
	Key      string    // the book's: the same at every attempt, and of no other step
	At       time.Time // when the step was taken
	Attempts int       // that failed
	Next     time.Time // when to try again; zero at once
	Body     []byte    // what to tell, in the words of whoever queued it
}

// outboxSchema makes the table of what waits. Times are Unix milliseconds, 0 is never.
const outboxSchema = `
CREATE TABLE outbox (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	notifier TEXT NOT NULL,
	incident TEXT NOT NULL,
	kind     TEXT NOT NULL,
	key      TEXT NOT NULL,
	at       INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	next_at  INTEGER NOT NULL DEFAULT 0,
	body     BLOB NOT NULL,
	UNIQUE (notifier, key)
) STRICT;
`

// Opened records that there is an incident, and queues the notices that say so.
func (b *Book) Opened(ctx context.Context, i Incident, at time.Time, notices ...Notice) error {
	return b.change(ctx, i.ID, func(d *Draft) { d.Opened = at }, notices...)
}

// putNotices queues notices about an incident in the transaction that records the
// step: a process that dies has done both or neither. drafts is how many drafts the
// incident has had: it tells two steps of one kind apart.
func putNotices(ctx context.Context, tx *sql.Tx, id string, drafts int, notices []Notice) error {
	for _, n := range notices {
		key := fmt.Sprintf("%s/%s/%d", id, n.Kind, drafts)
		_, err := tx.ExecContext(ctx, `INSERT INTO outbox (notifier, incident, kind, key, at, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (notifier, key) DO UPDATE SET at = excluded.at, body = excluded.body`, n.Notifier, id, n.Kind, key, millis(n.At), n.Body)
		if err != nil {
			return err
		}
	}
	return nil
}

// Waiting are the notices that a notifier has not taken yet, in the order in which
// they were queued, without their bodies.
func (b *Book) Waiting(ctx context.Context, notifier string) ([]Notice, error) {
	var waiting []Notice
	err := each(ctx, b.reader, func(r row) error {
		n := Notice{Notifier: notifier}
		var at, next int64
		err := r.Scan(&n.Number, &n.Incident, &n.Kind, &n.Key, &at, &n.Attempts, &next)
		n.At, n.Next = fromMillis(at), fromMillis(next)
		waiting = append(waiting, n)
		return err
	}, `SELECT number, incident, kind, key, at, attempts, next_at FROM outbox WHERE notifier = ? ORDER BY number`, notifier)
	return waiting, store.Explain("reading", b.path, err)
}

// ErrTaken says that a notice does not wait any more.
var ErrTaken = errors.New("the notice does not wait any more")

// Body is what a notice tells.
//
// Errors: [ErrTaken].
func (b *Book) Body(ctx context.Context, number int64) (body []byte, err error) {
	err = b.reader.QueryRowContext(ctx, `SELECT body FROM outbox WHERE number = ?`, number).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrTaken
	}
	return body, store.Explain("reading", b.path, err)
}

// Postpone records that a notice could not be delivered, and when to try again.
func (b *Book) Postpone(ctx context.Context, number int64, attempts int, next time.Time) error {
	return b.write(ctx, "postponing a notice", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE outbox SET attempts = ?, next_at = ? WHERE number = ?`, attempts, millis(next), number)
		return err
	})
}

// Discard takes notices out of the book: they were delivered, or never will be.
func (b *Book) Discard(ctx context.Context, numbers ...int64) error {
	return b.write(ctx, "discarding notices", func(tx *sql.Tx) error {
		for _, number := range numbers {
			if _, err := tx.ExecContext(ctx, `DELETE FROM outbox WHERE number = ?`, number); err != nil {
				return err
			}
		}
		return nil
	})
}

// Notifiers are those for whom notices wait.
func (b *Book) Notifiers(ctx context.Context) (names []string, err error) {
	err = each(ctx, b.reader, func(r row) error {
		var name string
		err := r.Scan(&name)
		names = append(names, name)
		return err
	}, `SELECT DISTINCT notifier FROM outbox ORDER BY notifier`)
	return names, store.Explain("reading", b.path, err)
}
