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
	clock  clock
	at     column
	values []Status
	names  map[string]int
}

func (e *statusEncoder) add(at int64, s Status) error {
	if e.names == nil {
		e.names = make(map[string]int)
	}
	if len(s) > maxNames {
		return fmt.Errorf("%d status variables; the limit is %d", len(s), maxNames)
	}
	for name := range s {
		e.names[name] = 0
	}
	e.clock.write(&e.at, at)
	e.values = append(e.values, maps.Clone(s)) // a decoder reuses its map
	return nil
}

// put adds a reading; or reports that the block is full for it.
func (e *statusEncoder) put(v StatusAt) (fits bool, err error) {
	if len(e.values) > 0 && (len(e.names)+len(v.Status))*(len(e.values)+1) > maxValues {
		return false, nil
	}
	return true, e.add(v.At.UnixMilli(), v.Status)
}

func (e *statusEncoder) full() bool { return e.ticks() >= blockTicks }

func (e *statusEncoder) ticks() int { return len(e.values) }

func (e *statusEncoder) pack(dst []byte, p *packer) ([]byte, error) {
	var c [statusColumns]column
	c[statAt] = e.at
	names := slices.Sorted(maps.Keys(e.names))
	for i, name := range names {
		e.names[name] = i
		c[statStrings].text(name)
	}
	shapes := map[string]uint64{}
	for _, s := range e.values {
		shape := e.shape(s)
		n, ok := shapes[shape]
		if !ok {
			n = uint64(len(shapes))
			shapes[shape] = n
			c[statShapes] = append(c[statShapes], shape...)
		}
		c[statShape].uvarint(n)
	}
	for _, name := range names {
		last := int64(0)
		for _, s := range e.values {
			if v, ok := s[name]; ok {
				c[statValues].varint(v - last)
				last = v
			}
		}
	}
	return p.pack(dst, statuses, len(e.values), c[:])
}

// shape is the coded set of a reading's names.
func (e *statusEncoder) shape(s Status) string {
	numbers := make([]int, 0, len(s))
	for name := range s {
		numbers = append(numbers, e.names[name])
	}
	slices.Sort(numbers)
	var c column
	c.uvarint(uint64(len(numbers)))
	before := 0
	for _, n := range numbers {
		c.uvarint(uint64(n - before))
		before = n
	}
	return string(c)
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
