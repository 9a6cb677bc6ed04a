package store

import (
	"errors"
	"fmt"
)

// merger walks the segments of one stream in time order. Blocks follow each
// other, so that one is open at a time; only where the collector's clock was set
// back do they overlap, and then so many are open as overlap.
type merger[T any] struct {
	build    func(*unpacker, *interner) decoder[T]
	fetch    func(segment) ([]byte, error)
	segments []segment
	in       interner
	open     []*opened[T] // in the order of opening
	idle     []*opened[T] // decoders whose memory waits for the next segment
	pool     *unpackers   // nil: none, every merger makes its own
}

// opened is a decoder with the time of the tick that it stands at.
type opened[T any] struct {
	decoder[T]
	at int64
	u  *unpacker
}

// run yields the ticks in [from, to) until yield has enough.
func (m *merger[T]) run(from, to int64, yield func(T) bool) error {
	for {
		if err := m.fill(); err != nil {
			return err
		}
		i := m.earliest()
		if i < 0 || m.open[i].at >= to {
			return nil
		}
		one := m.open[i]
		if one.at >= from && !yield(one.value()) {
			return nil
		}
		if err := m.advance(i); err != nil {
			return err
		}
	}
}

// earliest is the open decoder with the earliest tick, the first opened one of
// equals; -1 when none is open.
func (m *merger[T]) earliest() int {
	best := -1
	for i, one := range m.open {
		if best < 0 || one.at < m.open[best].at {
			best = i
		}
	}
	return best
}

// fill opens every segment that may hold the earliest tick.
func (m *merger[T]) fill() error {
	for len(m.segments) > 0 {
		i := m.earliest()
		if i >= 0 && m.open[i].at < m.segments[0].first {
			return nil
		}
		next := m.segments[0]
		m.segments = m.segments[1:]
		block, err := m.fetch(next)
		if err != nil {
			return damaged(next, err)
		}
		if block == nil {
			continue
		}
		one, err := m.decoder()
		if err != nil {
			return err
		}
		if err := one.open(block); err != nil {
			return damaged(next, err)
		}
		m.open = append(m.open, one)
		if err := m.advance(len(m.open) - 1); err != nil {
			return damaged(next, err)
		}
	}
	return nil
}

func (m *merger[T]) decoder() (*opened[T], error) {
	if n := len(m.idle); n > 0 {
		one := m.idle[n-1]
		m.idle = m.idle[:n-1]
		return one, nil
	}
	u, err := m.pool.take()
	if err != nil {
		return nil, err
	}
	return &opened[T]{decoder: m.build(u, &m.in), u: u}, nil
}

// giveBack returns the unpackers to the pool. The merger is of no use any more.
func (m *merger[T]) giveBack() {
	for _, one := range append(m.open, m.idle...) {
		m.pool.give(one.u)
	}
	m.open, m.idle = nil, nil
}

// unpackers are kept as long as the compactor works: a new one for every stream
// and server would be most of the memory that compacting takes. It is not safe for
// concurrent use.
type unpackers struct{ idle []*unpacker }

const (
	keptUnpackers = 4
	keptBuffer    = 1 << 20 // bytes; a larger one is left to the garbage collector
)

func (p *unpackers) take() (*unpacker, error) {
	if p == nil || len(p.idle) == 0 {
		return newUnpacker()
	}
	u := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return u, nil
}

func (p *unpackers) give(u *unpacker) {
	if p == nil || len(p.idle) == keptUnpackers {
		return
	}
	if cap(u.buffer) > keptBuffer {
		u.buffer = nil
	}
	clear(u.columns) // they point into the last block
	p.idle = append(p.idle, u)
}

// advance moves a decoder to its next tick, or closes it at its end.
func (m *merger[T]) advance(i int) error {
	one := m.open[i]
	at, ok, err := one.next()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	one.at = at
	if !ok {
		m.open = append(m.open[:i], m.open[i+1:]...)
		m.idle = append(m.idle, one)
	}
	return nil
}

// damaged names the segment whose bytes do not make sense; errors of SQLite and
// a newer format stay what they are.
func damaged(s segment, err error) error {
	where := "block"
	if s.tail {
		where = "tail record"
	}
	for _, broken := range []error{errSum, errFraming, errContents, errBlockKind, errRecord} {
		if errors.Is(err, broken) && !errors.Is(err, ErrCorrupt) {
			return fmt.Errorf("%s %d: %w: %w", where, s.id, ErrCorrupt, err)
		}
	}
	return fmt.Errorf("%s %d: %w", where, s.id, err)
}
