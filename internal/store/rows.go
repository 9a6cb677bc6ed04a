package store

import (
	"fmt"
	"time"
)

// form says how the rows of a stream are written, field by field: each field is
// a column, of a text's number in the dictionary, or of a number's change against
// the same row of the tick before. It serves the streams whose rows are few; the
// processlist has a model of its own.
type form[R any] struct {
	stream stream
	fields []field[R]
}

// field is a text or a number of a row.
type field[R any] struct {
	text func(*R) *string
	get  func(*R) int64
	set  func(*R, int64)
}

// The columns of a block of rows; the fields follow.
const (
	rowStrings = iota
	rowAt
	rowCount
	rowFields
)

const (
	formRows     = 1 << 14 // of one tick
	formRowLimit = 1 << 17 // of one block; then the next one is begun
)

// rowsAt is the rows of one tick.
type rowsAt[R any] struct {
	at   time.Time
	rows []R
}

// rowEncoder collects the ticks of one block.
type rowEncoder[R any] struct {
	form       form[R]
	dictionary dictionary
	clock      clock
	c          []column
	last       [][]int64 // of each field, the numbers of the tick before
	total, n   int
}

func newRowEncoder[R any](f form[R]) *rowEncoder[R] {
	return &rowEncoder[R]{form: f, c: make([]column, rowFields+len(f.fields)), last: make([][]int64, len(f.fields))}
}

// oneTick is the encoder of a tail record.
func oneTick[R any](f form[R], at int64, rows []R) (encoder, error) {
	e := newRowEncoder(f)
	return e, e.add(at, rows)
}

func (e *rowEncoder[R]) add(at int64, rows []R) error {
	if len(rows) > formRows {
		return fmt.Errorf("%d %s in one tick; the limit is %d", len(rows), e.form.stream, formRows)
	}
	e.clock.write(&e.c[rowAt], at)
	e.c[rowCount].uvarint(uint64(len(rows)))
	for i, f := range e.form.fields {
		c := &e.c[rowFields+i]
		for k := range rows {
			if f.text != nil {
				c.uvarint(e.dictionary.ref(*f.text(&rows[k])))
				continue
			}
			e.last[i] = writeNumber(c, e.last[i], k, f.get(&rows[k]))
		}
	}
	e.total += len(rows)
	e.n++
	return nil
}

// writeNumber writes the change of the k-th row's number.
func writeNumber(c *column, last []int64, k int, v int64) []int64 {
	if k == len(last) {
		last = append(last, 0)
	}
	c.varint(v - last[k])
	last[k] = v
	return last
}

func (e *rowEncoder[R]) put(v rowsAt[R]) (fits bool, err error) {
	if e.n > 0 && (e.total+len(v.rows) > formRowLimit || len(e.dictionary.strings)+e.textOf(v.rows) > blockText) {
		return false, nil
	}
	return true, e.add(v.at.UnixMilli(), v.rows)
}

// textOf is how many bytes of text the rows hold, at most.
func (e *rowEncoder[R]) textOf(rows []R) (n int) {
	for _, f := range e.form.fields {
		if f.text == nil {
			continue
		}
		for k := range rows {
			n += len(*f.text(&rows[k]))
		}
	}
	return n
}

func (e *rowEncoder[R]) full() bool {
	return e.n >= blockTicks || e.total >= formRowLimit/2 || len(e.dictionary.strings) >= blockText/2
}

func (e *rowEncoder[R]) ticks() int { return e.n }

func (e *rowEncoder[R]) pack(dst []byte, p *packer) ([]byte, error) {
	e.c[rowStrings] = e.dictionary.column()
	return p.pack(dst, e.form.stream, e.n, e.c)
}

// rowDecoder reads the blocks of a form. The rows of its value are overwritten
// by the next tick.
type rowDecoder[R any] struct {
	form    form[R]
	u       *unpacker
	in      *interner
	strings []string
	clock   clock
	last    [][]int64
	ticks   int
	rows    []R
}

func newRowDecoder[R any](f form[R], u *unpacker, in *interner) *rowDecoder[R] {
	return &rowDecoder[R]{form: f, u: u, in: in, rows: []R{}, last: make([][]int64, len(f.fields))}
}

func (d *rowDecoder[R]) open(block []byte) error {
	ticks, err := d.u.unpack(block, d.form.stream, rowFields+len(d.form.fields), 0)
	if err != nil {
		return err
	}
	d.ticks, d.clock = ticks, clock{}
	for i := range d.last {
		d.last[i] = d.last[i][:0]
	}
	d.strings = d.in.read(d.strings[:0], &d.u.columns[rowStrings])
	if d.u.bad() {
		return errContents
	}
	return nil
}

func (d *rowDecoder[R]) next() (at int64, ok bool, err error) {
	if d.ticks == 0 {
		if d.u.left() {
			return 0, false, errContents
		}
		return 0, false, nil
	}
	d.ticks--
	c := d.u.columns
	at = d.clock.read(&c[rowAt])
	n := c[rowCount].below(formRows + 1)
	for i := range d.form.fields {
		if n > len(c[rowFields+i].b) { // each takes a byte at least
			return 0, false, errContents
		}
	}
	clear(d.rows)
	d.rows = d.rows[:0]
	for range n {
		var none R
		d.rows = append(d.rows, none)
	}
	for i, f := range d.form.fields {
		d.read(i, f, &c[rowFields+i])
	}
	if d.u.bad() {
		return 0, false, errContents
	}
	return at, true, nil
}

// read fills one field of all rows in.
func (d *rowDecoder[R]) read(i int, f field[R], c *cursor) {
	for k := range d.rows {
		if f.text != nil {
			*f.text(&d.rows[k]) = pick(c, d.strings)
			continue
		}
		if k == len(d.last[i]) {
			d.last[i] = append(d.last[i], 0)
		}
		d.last[i][k] += c.varint()
		f.set(&d.rows[k], d.last[i][k])
	}
}

func (d *rowDecoder[R]) value() rowsAt[R] { return rowsAt[R]{fromMillis(d.clock.at), d.rows} }

// valueAs is a decoder with its values in another type.
type valueAs[R, V any] struct {
	*rowDecoder[R]
	as func(time.Time, []R) V
}

func (d valueAs[R, V]) value() V { return d.as(fromMillis(d.clock.at), d.rows) }

// rowDecoders makes decoders of a form for a reader of V.
func rowDecoders[R, V any](f form[R], as func(time.Time, []R) V) func(*unpacker, *interner) decoder[V] {
	return func(u *unpacker, in *interner) decoder[V] { return valueAs[R, V]{newRowDecoder(f, u, in), as} }
}

// rebuildRows is rebuild for a form.
func rebuildRows[R any](c *compactor, f form[R], segments []segment, fetch func(segment) ([]byte, error)) ([]built, error) {
	m := &merger[rowsAt[R]]{segments: segments, fetch: fetch, build: func(u *unpacker, in *interner) decoder[rowsAt[R]] { return newRowDecoder(f, u, in) }}
	return rebuild(m, f.stream, c, func() blockEncoder[rowsAt[R]] { return newRowEncoder(f) }, func(v rowsAt[R]) int64 { return v.at.UnixMilli() })
}
