package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/klauspost/compress/zstd"
)

const (
	// blockTicks is how many ticks a block has that is not merged any more.
	blockTicks = 512
	// sessionTicks is the same for sessions: an hour at one second. What a block's
	// dictionary takes is paid once in it, and a server of a thousand statements has
	// a large one.
	sessionTicks = 4096
	// mergeFactor is how many blocks of a stream and level are merged.
	mergeFactor = 8
)

// Levels of blocks: small ones come from the tail, middle ones from merging eight
// of those, large ones from merging eight of these, or from being full already.
const (
	small  = 0
	middle = 1
	large  = 2
)

// compactor turns ticks of the tail into blocks, and blocks into larger
// ones. It is not safe for concurrent use. Its packer and unpackers have grown by some
// MiB when it is done, which are a large part of what a daemon with ten servers holds:
// it has them only while it works.
type compactor struct {
	packer   *packer
	thorough bool // the packer is
	pool     *unpackers
	units    map[int64]*[2]int64 // of each target's sessions
}

func newCompactor() *compactor { return &compactor{units: map[int64]*[2]int64{}} }

// begin is called before it works, rest after it.
func (c *compactor) begin() (err error) {
	c.packer, err = newPacker(zstd.SpeedFastest)
	c.pool = &unpackers{}
	return err
}

func (c *compactor) rest() { c.packer, c.thorough, c.pool = nil, false, nil }

// deepen is called before blocks are merged: they stay as they are then, while those of
// the tail are merged within minutes. A thorough packer makes MiBs of tables first,
// which was two fifths of the work on a tail.
func (c *compactor) deepen() (err error) {
	if c.thorough {
		return nil
	}
	c.packer, err = newPacker(zstd.SpeedBetterCompression)
	c.thorough = err == nil
	return err
}

// built is a block that is ready to be written.
type built struct {
	stream      stream
	level       int
	first, last int64
	ticks       int
	body        []byte
}

// blockEncoder collects the ticks of one stream into a block.
type blockEncoder[T any] interface {
	encoder
	put(v T) (fits bool, err error)
	full() bool // there is nothing to gain by merging it
}

// rebuild moves all ticks that m yields into as many blocks as they need.
func rebuild[T any](m *merger[T], s stream, c *compactor, fresh func() blockEncoder[T], at func(T) int64) ([]built, error) {
	m.pool = c.pool
	defer m.giveBack()
	var all []built
	e, now := fresh(), built{stream: s}
	finish := func() error {
		body, err := e.pack(nil, c.packer)
		if err != nil {
			return err
		}
		now.body, now.ticks = body, e.ticks()
		if e.full() {
			now.level = large
		}
		all = append(all, now)
		e, now = fresh(), built{stream: s}
		return nil
	}
	var failed error
	err := m.run(math.MinInt64, math.MaxInt64, func(v T) bool {
		fits, err := e.put(v)
		if err == nil && !fits {
			if err = finish(); err == nil {
				_, err = e.put(v)
			}
		}
		if e.ticks() == 1 {
			now.first = at(v)
		}
		now.last = at(v)
		failed = err
		return err == nil
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	if e.ticks() > 0 {
		return all, finish()
	}
	return all, nil
}

// rebuildStream is rebuild for a stream that is known by its number.
func (c *compactor) rebuildStream(target int64, s stream, segments []segment, fetch func(segment) ([]byte, error)) ([]built, error) {
	switch s {
	case heartbeats:
		m := &merger[Heartbeat]{segments: segments, fetch: fetch, build: func(u *unpacker, in *interner) decoder[Heartbeat] { return &heartbeatDecoder{u: u, in: in} }}
		return rebuild(m, s, c, func() blockEncoder[Heartbeat] { return &heartbeatEncoder{} }, func(v Heartbeat) int64 { return v.At.UnixMilli() })
	case sessions:
		units := c.units[target]
		if units == nil {
			units = &[2]int64{1000, 1000}
			c.units[target] = units
		}
		m := &merger[SessionsAt]{segments: segments, fetch: fetch, build: func(u *unpacker, in *interner) decoder[SessionsAt] { return &sessionDecoder{u: u, in: in} }}
		return rebuild(m, s, c, func() blockEncoder[SessionsAt] { return newSessionEncoder(units) }, func(v SessionsAt) int64 { return v.At.UnixMilli() })
	case replicas:
		m := &merger[ReplicasAt]{segments: segments, fetch: fetch, build: func(u *unpacker, in *interner) decoder[ReplicasAt] { return &replicaDecoder{u: u, in: in} }}
		return rebuild(m, s, c, func() blockEncoder[ReplicasAt] { return &replicaEncoder{} }, func(v ReplicasAt) int64 { return v.At.UnixMilli() })
	case statuses:
		m := &merger[StatusAt]{segments: segments, fetch: fetch, build: func(u *unpacker, in *interner) decoder[StatusAt] { return &statusDecoder{u: u, in: in} }}
		return rebuild(m, s, c, func() blockEncoder[StatusAt] { return newStatusEncoder() }, func(v StatusAt) int64 { return v.At.UnixMilli() })
	case waits:
		return rebuildRows(c, waitForm(), segments, fetch)
	case digests:
		return rebuildRows(c, digestForm(), segments, fetch)
	case facts:
		return rebuildRows(c, factForm(), segments, fetch)
	}
	return nil, fmt.Errorf("merging blocks: unknown %s", s)
}

// compactTail turns the whole tail of a server into blocks. One transaction
// writes the blocks and deletes the ticks.
func (s *Store) compactTail(ctx context.Context, target int64) (ticks int, err error) {
	segments, records, last, err := s.tailOf(ctx, target)
	if err != nil || len(segments) == 0 {
		return 0, err
	}
	var blocks []built
	for _, stream := range streams() {
		more, err := s.compactor.rebuildStream(target, stream, segments, func(one segment) ([]byte, error) {
			return recordPart(records[one.id], stream)
		})
		if err != nil {
			return 0, fmt.Errorf("compacting %s: %w", stream, err)
		}
		blocks = append(blocks, more...)
	}
	return len(segments), s.replace(ctx, target, blocks, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM tail WHERE target = ? AND id <= ?`, target, last)
		return err
	})
}

// tailLimit bounds how many ticks one compaction takes, and so its memory.
const tailLimit = 256

// tailOf reads the oldest ticks of a server's tail, as they came; the segments
// are ordered by time.
func (s *Store) tailOf(ctx context.Context, target int64) (segments []segment, records map[int64][]byte, last int64, err error) {
	rows, err := s.Reader.db.QueryContext(ctx, `
		SELECT id, at, body FROM (SELECT id, at, body FROM tail WHERE target = ? ORDER BY id LIMIT ?) ORDER BY at, id`, target, tailLimit)
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() { _ = rows.Close() }()
	records = make(map[int64][]byte)
	for rows.Next() {
		one := segment{tail: true}
		var body []byte
		if err := rows.Scan(&one.id, &one.first, &body); err != nil {
			return nil, nil, 0, err
		}
		one.last = one.first
		segments = append(segments, one)
		records[one.id] = body
		last = max(last, one.id)
	}
	return segments, records, last, rows.Err()
}

// replace writes blocks and, in the same transaction, removes what they came from.
func (s *Store) replace(ctx context.Context, target int64, blocks []built, remove func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo once committed
	for _, b := range blocks {
		_, err := tx.ExecContext(ctx, `INSERT INTO block (target, stream, level, first, last, ticks, size, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			target, b.stream, b.level, b.first, b.last, b.ticks, len(b.body), b.body)
		if err != nil {
			return err
		}
	}
	if err := remove(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// mergeBlocks merges blocks of one stream of a server into larger ones as long as
// there are enough of a level.
func (s *Store) mergeBlocks(ctx context.Context, target int64, stream stream) error {
	for level := small; level < large; level++ {
		if err := s.mergeLevel(ctx, target, stream, level); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) mergeLevel(ctx context.Context, target int64, stream stream, level int) error {
	for {
		segments, err := s.blocksOf(ctx, target, stream, level)
		if err != nil || len(segments) < mergeFactor {
			return err
		}
		if err := s.compactor.deepen(); err != nil {
			return err
		}
		blocks, err := s.compactor.rebuildStream(target, stream, segments, func(one segment) (body []byte, err error) {
			err = s.Reader.db.QueryRowContext(ctx, `SELECT body FROM block WHERE id = ?`, one.id).Scan(&body)
			return body, err
		})
		if err != nil {
			return fmt.Errorf("merging %s: %w", stream, err)
		}
		for i := range blocks {
			blocks[i].level = max(blocks[i].level, level+1)
		}
		err = s.replace(ctx, target, blocks, func(tx *sql.Tx) error {
			for _, one := range segments {
				if _, err := tx.ExecContext(ctx, `DELETE FROM block WHERE id = ?`, one.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// blocksOf lists the oldest blocks of a stream and level.
func (s *Store) blocksOf(ctx context.Context, target int64, stream stream, level int) ([]segment, error) {
	rows, err := s.Reader.db.QueryContext(ctx, `SELECT id, first, last FROM block
		WHERE level = ? AND target = ? AND stream = ? ORDER BY first, id LIMIT ?`, level, target, stream, mergeFactor)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []segment
	for rows.Next() {
		var one segment
		if err := rows.Scan(&one.id, &one.first, &one.last); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
