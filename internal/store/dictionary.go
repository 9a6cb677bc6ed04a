package store

// dictionary numbers the strings of a block in the order of their first use.
type dictionary struct {
	refs    map[string]uint64
	strings column
}

func (d *dictionary) ref(s string) uint64 {
	if n, ok := d.refs[s]; ok {
		return n
	}
	if d.refs == nil {
		d.refs = make(map[string]uint64)
	}
	n := uint64(len(d.refs))
	d.refs[s] = n
	d.strings.text(s)
	return n
}

func (d *dictionary) reset() {
	clear(d.refs)
	d.strings = d.strings[:0]
}

// column is the strings, one after the other; their number follows from its end.
func (d *dictionary) column() column { return d.strings }

// interner gives equal strings of many blocks one memory, so that a reader that
// keeps strings keeps no blocks, and that comparing them is cheap.
type interner struct {
	known map[string]string
	size  int
}

// maxStrings is how many strings a block may hold.
const maxStrings = 1 << 20

// internLimit is when an interner forgets what it knows: bytes. It only bounds
// memory; nothing depends on two equal strings being the same.
const internLimit = 8 << 20

func (in *interner) intern(b []byte) string {
	if s, ok := in.known[string(b)]; ok {
		return s
	}
	if in.known == nil || in.size > internLimit {
		in.known, in.size = make(map[string]string), 0
	}
	s := string(b)
	in.known[s] = s
	in.size += len(s) + 48 // and about what the map takes for it
	return s
}

// read appends the strings of a dictionary's column to dst.
func (in *interner) read(dst []string, c *cursor) []string {
	for len(c.b) > 0 && !c.bad {
		if len(dst) == maxStrings {
			c.bad = true
			break
		}
		dst = append(dst, in.intern(c.bytes()))
	}
	return dst
}

// pick is the string with the number that c holds next.
func pick(c *cursor, from []string) string {
	i := c.below(len(from))
	if i >= len(from) { // an empty dictionary
		return ""
	}
	return from[i]
}
