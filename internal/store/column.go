package store

import "encoding/binary"

// column is one column of a block under construction: varints and bytes, one
// after the other.
type column []byte

func (c *column) byte(v byte)      { *c = append(*c, v) }
func (c *column) uvarint(v uint64) { *c = binary.AppendUvarint(*c, v) }
func (c *column) varint(v int64)   { *c = binary.AppendVarint(*c, v) }
func (c *column) text(s string)    { c.uvarint(uint64(len(s))); *c = append(*c, s...) }

// cursor reads a column. A read past the end, or a number that is none, gives
// zero and sets bad for good, so that decoders look at bad once per tick and
// not at every value.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) uvarint() uint64 {
	if len(c.b) > 0 && c.b[0] < 0x80 { // most are this short
		v := c.b[0]
		c.b = c.b[1:]
		return uint64(v)
	}
	return c.longUvarint()
}

func (c *cursor) longUvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) varint() int64 {
	return unzigzag(c.uvarint())
}

// below reads a number that must be less than n: an index or a bounded count.
func (c *cursor) below(n int) int {
	v := c.uvarint()
	if v >= uint64(n) {
		c.bad = true
		return 0
	}
	return int(v)
}

// bytes reads a length and as many bytes, which stay the column's own.
func (c *cursor) bytes() []byte {
	n := c.uvarint()
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	v := c.b[:n]
	c.b = c.b[n:]
	return v
}
