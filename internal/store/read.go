package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"collector/internal/timeline"
)

// Heartbeats yields every tick of a server in the window, in time order. A
// server that was never recorded has none. The first error ends it.
func (r *Reader) Heartbeats(ctx context.Context, target string, w timeline.Window) iter.Seq2[Heartbeat, error] {
	return ticks(ctx, r, target, w, heartbeats, func(u *unpacker, in *interner) decoder[Heartbeat] { return &heartbeatDecoder{u: u, in: in} })
}

// Sessions yields every look at a server's processlist in the window, in time
// order. The rows and the idle counts of a look are overwritten by the next
// step of the loop: copy what must stay. Its strings may be kept.
func (r *Reader) Sessions(ctx context.Context, target string, w timeline.Window) iter.Seq2[SessionsAt, error] {
	return ticks(ctx, r, target, w, sessions, func(u *unpacker, in *interner) decoder[SessionsAt] { return &sessionDecoder{u: u, in: in} })
}

// Replicas yields every look at a server's replication in the window, in time
// order. The channels of a look are overwritten by the next step of the loop.
func (r *Reader) Replicas(ctx context.Context, target string, w timeline.Window) iter.Seq2[ReplicasAt, error] {
	return ticks(ctx, r, target, w, replicas, func(u *unpacker, in *interner) decoder[ReplicasAt] { return &replicaDecoder{u: u, in: in} })
}

// Status yields every reading of a server's status in the window, in time
// order. The map of a reading is overwritten by the next step of the loop.
func (r *Reader) Status(ctx context.Context, target string, w timeline.Window) iter.Seq2[StatusAt, error] {
	return ticks(ctx, r, target, w, statuses, func(u *unpacker, in *interner) decoder[StatusAt] { return &statusDecoder{u: u, in: in} })
}

// Waits yields every look at who waits for whom in the window, in time order. The
// rows of a look are overwritten by the next step of the loop.
func (r *Reader) Waits(ctx context.Context, target string, w timeline.Window) iter.Seq2[WaitsAt, error] {
	return ticks(ctx, r, target, w, waits, rowDecoders(waitForm(), waitsAt))
}

// Digests yields what the statements of a server did in the window, in time
// order. The rows are overwritten by the next step of the loop.
func (r *Reader) Digests(ctx context.Context, target string, w timeline.Window) iter.Seq2[DigestsAt, error] {
	return ticks(ctx, r, target, w, digests, rowDecoders(digestForm(), digestsAt))
}

// Facts yields what was noticed of a server in the window, in time order. The
// rows are overwritten by the next step of the loop.
func (r *Reader) Facts(ctx context.Context, target string, w timeline.Window) iter.Seq2[FactsAt, error] {
	return ticks(ctx, r, target, w, facts, rowDecoders(factForm(), factsAt))
}

// decoder reads the blocks of one stream, one after the other.
type decoder[T any] interface {
	open(block []byte) error
	// next moves to the block's next tick; false without an error is its end.
	next() (at int64, ok bool, err error)
	value() T
}

// ticks is the iterator over one stream of a server.
func ticks[T any](ctx context.Context, r *Reader, target string, w timeline.Window, s stream, build func(*unpacker, *interner) decoder[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := walk(ctx, r, target, w, s, build, func(v T) bool { return yield(v, nil) }); err != nil {
			var zero T
			yield(zero, fmt.Errorf("reading %s of %s: %w", s, target, explain("reading", r.path, err)))
		}
	}
}

func walk[T any](ctx context.Context, r *Reader, target string, w timeline.Window, s stream, build func(*unpacker, *interner) decoder[T], yield func(T) bool) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	segments, err := segmentsOf(ctx, tx, target, w, s)
	if err != nil || len(segments) == 0 {
		return err
	}
	m := &merger[T]{build: build, fetch: fetcher(ctx, tx, s), segments: segments}
	return m.run(w.From.UnixMilli(), w.To.UnixMilli(), yield)
}

// segment is a block, or one tick of the tail, that has not been opened yet.
type segment struct {
	id          int64
	first, last int64
	tail        bool
}

// segmentsOf lists what may hold ticks of the window, ordered by its start.
func segmentsOf(ctx context.Context, tx *sql.Tx, target string, w timeline.Window, s stream) ([]segment, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT 0, id, first, last FROM block
		WHERE target = (SELECT id FROM target WHERE name = ?1) AND stream = ?2 AND first < ?4 AND last >= ?3
		UNION ALL
		SELECT 1, id, at, at FROM tail
		WHERE target = (SELECT id FROM target WHERE name = ?1) AND at < ?4 AND at >= ?3
		ORDER BY 3, 1, 2`, target, s, w.From.UnixMilli(), w.To.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []segment
	for rows.Next() {
		var one segment
		if err := rows.Scan(&one.tail, &one.id, &one.first, &one.last); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// fetcher returns a function that reads a segment's block; nil when a tick of
// the tail has nothing of this stream.
func fetcher(ctx context.Context, tx *sql.Tx, s stream) func(segment) ([]byte, error) {
	return func(one segment) ([]byte, error) {
		query := `SELECT body FROM block WHERE id = ?`
		if one.tail {
			query = `SELECT body FROM tail WHERE id = ?`
		}
		var body []byte
		if err := tx.QueryRowContext(ctx, query, one.id).Scan(&body); err != nil {
			return nil, err
		}
		if one.tail {
			return recordPart(body, s)
		}
		return body, nil
	}
}

func (s stream) String() string {
	switch s {
	case heartbeats:
		return "heartbeats"
	case sessions:
		return "sessions"
	case replicas:
		return "replication"
	case statuses:
		return "status"
	case waits:
		return "lock waits"
	case digests:
		return "statement digests"
	case facts:
		return "facts"
	}
	return fmt.Sprintf("stream %d", uint8(s))
}
