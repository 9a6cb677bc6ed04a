package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"math"
	"os"
	"time"

	"collector/internal/timeline"
)

// Inventory is what a store holds.
type Inventory struct {
	Path      string // of the file
	Schema    int    // version of its tables
	Format    int    // version of its blocks
	FileBytes int64  // with its free pages
	FreeBytes int64  // that new blocks take before the file grows
	LogBytes  int64  // of the write-ahead log
	Servers   []Holding
}

// Holding is what a store holds of one server. The zero times mean no tick.
type Holding struct {
	Server      string
	First, Last time.Time     // of its ticks
	Ticks       int64         // of any outcome
	Answered    int64         // of them
	Skipped     int64         // that the recorder itself left out
	Tail        int64         // ticks that are not in blocks yet
	Interval    time.Duration // configured at the last tick
	Holes       int64         // places where ticks are missing
	Missing     time.Duration // the length of all of them
	Longest     timeline.Window
	Streams     []StreamHolding
}

// StreamHolding is what a store holds of one stream of a server.
type StreamHolding struct {
	Name   string // heartbeats, sessions, replication, status, waits, digests, facts
	Ticks  int64  // that have it
	Rows   int64  // sessions, channels, values ...
	Blocks int64
	Bytes  int64 // as stored, packed; without what SQLite takes
}

// Inventory reads the whole store and says what is inside. Every checksum is
// looked at on the way: a damaged block is an error that names it.
//
// Errors: [ErrCorrupt], [ErrNewer].
func (r *Reader) Inventory(ctx context.Context) (Inventory, error) {
	all := Inventory{Path: r.path, Schema: int(recording().version()), Format: blockVersion}
	var err error
	if all.FileBytes, all.FreeBytes, all.LogBytes, err = r.sizes(ctx); err != nil {
		return all, explain("reading", r.path, err)
	}
	names, err := r.Targets(ctx)
	if err != nil {
		return all, err
	}
	for _, name := range names {
		h, err := r.holding(ctx, name)
		if err != nil {
			return all, explain("reading", r.path, err)
		}
		all.Servers = append(all.Servers, h)
	}
	return all, nil
}

func (r *Reader) sizes(ctx context.Context) (file, free, log int64, err error) {
	f, err := footprintOf(ctx, r.db)
	if err != nil {
		return 0, 0, 0, err
	}
	info, err := os.Stat(r.path + "-wal")
	switch {
	case err == nil:
		log = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return 0, 0, 0, err
	}
	return f.total(), f.free * f.pageSize, log, nil
}

// holding reads one server in one transaction, so that its numbers agree.
func (r *Reader) holding(ctx context.Context, name string) (Holding, error) {
	h := Holding{Server: name}
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return h, err
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	if err := h.beats(ctx, tx); err != nil {
		return h, err
	}
	u, err := newUnpacker()
	if err != nil {
		return h, err
	}
	for _, s := range streams() {
		held := StreamHolding{Name: s.name()}
		segments, err := segmentsOf(ctx, tx, name, always(), s)
		if err != nil {
			return h, err
		}
		fetch := fetcher(ctx, tx, s)
		for _, one := range segments {
			block, err := fetch(one)
			if err == nil && block != nil {
				err = held.add(u, s, one, block)
			}
			if err != nil {
				return h, damaged(one, err)
			}
		}
		h.Streams = append(h.Streams, held)
	}
	return h, nil
}

// always is the window of all times.
func always() timeline.Window {
	return timeline.Window{From: time.UnixMilli(math.MinInt64 / 2), To: time.UnixMilli(math.MaxInt64 / 2)}
}

// beats walks the heartbeats, which say when nobody looked.
func (h *Holding) beats(ctx context.Context, tx *sql.Tx) error {
	segments, err := segmentsOf(ctx, tx, h.Server, always(), heartbeats)
	if err != nil {
		return err
	}
	for _, one := range segments {
		if one.tail {
			h.Tail++
		}
	}
	m := &merger[Heartbeat]{
		build: func(u *unpacker, in *interner) decoder[Heartbeat] { return &heartbeatDecoder{u: u, in: in} },
		fetch: fetcher(ctx, tx, heartbeats), segments: segments,
	}
	return m.run(math.MinInt64, math.MaxInt64, func(b Heartbeat) bool {
		h.beat(&b)
		return true
	})
}

// beat counts a tick. A step of more than one and a half intervals is a hole; it
// is as long as what lies between the tick that was due and the one that came.
func (h *Holding) beat(b *Heartbeat) {
	if h.Ticks == 0 {
		h.First = b.At
	} else if step := b.At.Sub(h.Last); b.Interval > 0 && step > b.Interval*3/2 {
		hole := timeline.Window{From: h.Last.Add(b.Interval), To: b.At}
		h.Holes++
		h.Missing += hole.Duration()
		if hole.Duration() > h.Longest.Duration() {
			h.Longest = hole
		}
	}
	h.Ticks++
	h.Last, h.Interval = b.At, b.Interval
	switch b.Outcome {
	case Answered:
		h.Answered++
	case Skipped:
		h.Skipped++
	}
}

// add counts a block, or a tick of the tail.
func (held *StreamHolding) add(u *unpacker, s stream, one segment, block []byte) error {
	ticks, rows, err := countRows(u, s, block)
	if err != nil {
		return err
	}
	held.Ticks += int64(ticks)
	held.Rows += rows
	held.Bytes += int64(len(block))
	if !one.tail {
		held.Blocks++
	}
	return nil
}

// countRows counts the rows of a block from the one column that tells it.
func countRows(u *unpacker, s stream, block []byte) (ticks int, rows int64, err error) {
	switch s {
	case heartbeats:
		ticks, err = u.unpack(block, s, beatLooked, 0)
		return ticks, int64(ticks), err
	case sessions:
		if ticks, err = u.unpack(block, s, sessFlags+1, 0); err != nil {
			return 0, 0, err
		}
		return ticks, int64(len(u.columns[sessFlags].b)), nil // a byte for each row
	case statuses:
		d := &statusDecoder{u: u, in: &interner{}}
		if err := d.open(block); err != nil {
			return 0, 0, err
		}
		for _, shape := range d.order {
			rows += int64(len(d.shapes[shape]))
		}
		return len(d.order), rows, nil
	case replicas:
		return sumRows(u, s, replChannels, block)
	}
	return sumRows(u, s, rowCount, block)
}

// sumRows adds up the column that has the number of each tick's rows.
func sumRows(u *unpacker, s stream, column int, block []byte) (ticks int, rows int64, err error) {
	if ticks, err = u.unpack(block, s, column+1, 0); err != nil {
		return 0, 0, err
	}
	c := &u.columns[column]
	for range ticks {
		rows += int64(c.below(maxRows))
	}
	if c.bad {
		return 0, 0, errContents
	}
	return ticks, rows, nil
}

// name is what a stream is called on the command line.
func (s stream) name() string {
	switch s {
	case waits:
		return "waits"
	case digests:
		return "digests"
	}
	return s.String()
}
