package store

import (
	"fmt"
	"maps"
	"slices"
)

// The columns of a block of status readings. A shape is a set of names; it
// changes only when the server or the recorder's choice does. The values stand
// name by name, not tick by tick: those of one counter resemble each other.
const (
	statStrings = iota // all names of the block, sorted
	statAt
	statShapes // the shapes: how many names, then the gaps between their numbers
	statShape  // which one
	statValues // of each name: the change since the tick before
	statusColumns
)

const (
	maxNames  = 1 << 14 // of one reading; servers have some 600
	maxValues = 1 << 21 // of one block; then the next one is begun
)

// statusEncoder collects the status readings of one block.
type statusEncoder struct {
	c      [statusColumns]column
	clock  clock
	values []Status
	names  map[string]bool // of the block
	sorted []string        // the names; nil when one came since
}

func newStatusEncoder() *statusEncoder { return &statusEncoder{names: map[string]bool{}} }

// reset begins a new block in the memory of the last one. The names stay, because
// nearly always the next one has the same.
func (e *statusEncoder) reset() {
	e.clock, e.c[statAt], e.values = clock{}, e.c[statAt][:0], e.values[:0]
}

// add adds a reading, which must stay as it is until the block is packed.
func (e *statusEncoder) add(at int64, s Status) error {
	if len(s) > maxNames {
		return fmt.Errorf("%d status variables; the limit is %d", len(s), maxNames)
	}
	if len(e.values) == 0 && !e.knowsJust(s) {
		clear(e.names)
		e.sorted = nil
	}
	for name := range s {
		if !e.names[name] {
			e.names[name], e.sorted = true, nil
		}
	}
	e.clock.write(&e.c[statAt], at)
	e.values = append(e.values, s)
	return nil
}

// knowsJust reports whether the names are those of a reading.
func (e *statusEncoder) knowsJust(s Status) bool {
	if len(s) != len(e.names) {
		return false
	}
	for name := range s {
		if !e.names[name] {
			return false
		}
	}
	return true
}

// put adds a reading; or reports that the block is full for it.
func (e *statusEncoder) put(v StatusAt) (fits bool, err error) {
	if len(e.values) > 0 && (len(e.names)+len(v.Status))*(len(e.values)+1) > maxValues {
		return false, nil
	}
	return true, e.add(v.At.UnixMilli(), maps.Clone(v.Status)) // a decoder reuses its map
}

func (e *statusEncoder) full() bool { return e.ticks() >= blockTicks }

func (e *statusEncoder) ticks() int { return len(e.values) }

func (e *statusEncoder) pack(dst []byte, p *packer) ([]byte, error) {
	if e.sorted == nil {
		e.sorted = slices.Sorted(maps.Keys(e.names))
	}
	for i := range e.c {
		if i != statAt {
			e.c[i] = e.c[i][:0]
		}
	}
	for _, name := range e.sorted {
		e.c[statStrings].text(name)
	}
	e.shapes()
	for _, name := range e.sorted {
		last := int64(0)
		for _, s := range e.values {
			if v, ok := s[name]; ok {
				e.c[statValues].varint(v - last)
				last = v
			}
		}
	}
	return p.pack(dst, statuses, len(e.values), e.c[:])
}

// shapes writes the sets of names, each once, and which one a reading has.
func (e *statusEncoder) shapes() {
	known := map[string]uint64{}
	var shape column
	for _, s := range e.values {
		shape = e.shape(shape[:0], s)
		n, ok := known[string(shape)]
		if !ok {
			n = uint64(len(known))
			known[string(shape)] = n
			e.c[statShapes] = append(e.c[statShapes], shape...)
		}
		e.c[statShape].uvarint(n)
	}
}

// shape is the coded set of a reading's names.
func (e *statusEncoder) shape(c column, s Status) column {
	c.uvarint(uint64(len(s)))
	before := 0
	for i, name := range e.sorted {
		if _, ok := s[name]; ok {
			c.uvarint(uint64(i - before))
			before = i
		}
	}
	return c
}

// statusDecoder reads a block of status readings. The map of its value is
// overwritten by the next tick.
type statusDecoder struct {
	u      *unpacker
	in     *interner
	names  []string
	shapes [][]int
	order  []int   // which shape each tick has
	values []int64 // name by name
	places []int   // where in values each name's next one stands
	clock  clock
	tick   int
	shape  int // of the map
	now    Status
}

func (d *statusDecoder) open(block []byte) error {
	ticks, err := d.u.unpack(block, statuses, statusColumns, 0)
	if err != nil {
		return err
	}
	return d.begin(ticks)
}

func (d *statusDecoder) begin(ticks int) error {
	d.clock, d.tick, d.shape = clock{}, 0, -1
	c := d.u.columns
	d.names = d.in.read(d.names[:0], &c[statStrings])
	d.readShapes(&c[statShapes])
	d.order = d.order[:0]
	counts := make([]int, len(d.names))
	total := 0
	for range ticks {
		shape := c[statShape].below(len(d.shapes))
		if shape >= len(d.shapes) || c[statShape].bad {
			return errContents
		}
		d.order = append(d.order, shape)
		if total += len(d.shapes[shape]); total > min(maxValues, len(c[statValues].b)) { // each takes a byte at least
			return errContents
		}
		for _, name := range d.shapes[shape] {
			counts[name]++
		}
	}
	d.values, d.places = d.values[:0], d.places[:0]
	for _, n := range counts {
		d.places = append(d.places, len(d.values))
		last := int64(0)
		for range n {
			last += c[statValues].varint()
			d.values = append(d.values, last)
		}
	}
	if d.u.bad() {
		return errContents
	}
	return nil
}

// readShapes reads the sets of names; a broken one ends them and is reported by
// the column.
func (d *statusDecoder) readShapes(c *cursor) {
	d.shapes = d.shapes[:0]
	total := 0
	for len(c.b) > 0 && !c.bad && len(d.shapes) < maxTicks {
		n := c.below(len(d.names) + 1)
		if total += n; n > len(c.b) || total > maxValues {
			c.bad = true
			return
		}
		shape := make([]int, 0, n)
		name := 0
		for range n {
			name += c.below(len(d.names))
			if name >= len(d.names) {
				c.bad = true
				return
			}
			shape = append(shape, name)
		}
		d.shapes = append(d.shapes, shape)
	}
}

func (d *statusDecoder) next() (at int64, ok bool, err error) {
	c := d.u.columns
	if d.tick == len(d.order) {
		if d.u.left() {
			return 0, false, errContents
		}
		return 0, false, nil
	}
	at = d.clock.read(&c[statAt])
	if d.u.bad() {
		return 0, false, errContents
	}
	shape := d.order[d.tick]
	d.tick++
	if d.now == nil {
		d.now = make(Status)
	}
	if shape != d.shape { // else every value is overwritten anyway
		clear(d.now)
		d.shape = shape
	}
	for _, name := range d.shapes[shape] {
		d.now[d.names[name]] = d.values[d.places[name]]
		d.places[name]++
	}
	return at, true, nil
}

func (d *statusDecoder) value() StatusAt {
	return StatusAt{At: fromMillis(d.clock.at), Status: d.now}
}
