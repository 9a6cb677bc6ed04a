package dictionary

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// Builder makes a state of the rows of the dictionary views. Rows may come in any
// order, tables first.
type Builder struct {
	known   map[string]*Layout // layouts of the state before, and of this one
	parts   map[uint64]*part
	indexes map[uint64]*indexRow
	names   bool
}

// part is one row of the list of tables: a table or a partition.
type part struct {
	Name
	id, versions uint64
	layout       Layout
}

type indexRow struct {
	Index
	table  *part
	fields map[int]string
}

// NewBuilder begins a state. The state before, if any, lends its layouts, so that a
// table that did not change costs no memory again.
func NewBuilder(before *State, namesOnly bool) *Builder {
	b := &Builder{known: map[string]*Layout{}, parts: map[uint64]*part{}, indexes: map[uint64]*indexRow{}, names: namesOnly}
	if before != nil {
		for _, t := range before.Tables {
			if t.Layout != nil {
				b.known[t.Layout.text()] = t.Layout
			}
		}
	}
	return b
}

// Table takes a row of the list of tables. The ID may be that of its file where only
// names are read.
func (b *Builder) Table(id uint64, name string, versions uint64) {
	if n, ok := ParseName(name); ok {
		b.parts[id] = &part{Name: n, id: id, versions: versions}
	}
}

// virtualShift is where the position of a virtual column holds its number among
// them; the low half is its place in the table.
const virtualShift = 16

// Column takes a row of the list of columns.
func (b *Builder) Column(table uint64, name string, position, main, precise, length uint64) {
	p := b.parts[table]
	if p == nil || isHidden(name) {
		return
	}
	kind, collation := TypeOf(main, precise, length)
	if position>>virtualShift > 0 && !strings.HasSuffix(kind, " virtual") {
		kind += " virtual"
	}
	p.layout.Columns = append(p.layout.Columns, Column{Name: strings.Clone(name), Type: kind, Collation: collation, Position: int(position)})
}

// isHidden reports whether a column is InnoDB's or the server's own: MySQL keeps
// columns that were dropped in place and the ones behind functional indexes, both
// flavours the document ID of a full-text index.
func isHidden(name string) bool {
	return strings.HasPrefix(name, "!hidden!") || name == "FTS_DOC_ID" || strings.HasPrefix(name, "DB_ROW_HASH_")
}

// The bits of an index's TYPE.
const (
	indexClustered = 1
	indexUnique    = 2
	indexFulltext  = 32
	indexSpatial   = 64
)

// Index takes a row of the list of indexes. InnoDB's own clustered index and an
// index that is still being built (its name begins with a byte that servers print
// as ?) are none.
func (b *Builder) Index(id uint64, name string, table, bits uint64) {
	p := b.parts[table]
	if p == nil || name == "GEN_CLUST_INDEX" || name == "FTS_DOC_ID_INDEX" || strings.HasPrefix(name, "?") {
		return
	}
	row := &indexRow{Index: Index{Name: strings.Clone(name)}, table: p, fields: map[int]string{}}
	switch {
	case bits&indexClustered != 0 && name == "PRIMARY":
		row.Kind = "primary"
	case bits&indexUnique != 0:
		row.Kind = "unique"
	case bits&indexFulltext != 0:
		row.Kind = "fulltext"
	case bits&indexSpatial != 0:
		row.Kind = "spatial"
	}
	b.indexes[id] = row
}

// Field takes a row of the list of indexed columns.
func (b *Builder) Field(index uint64, column string, position int) {
	if row := b.indexes[index]; row != nil {
		if isHidden(column) {
			column = "(expression)"
		}
		row.fields[position] = strings.Clone(column)
	}
}

// State is what the rows say. It reports false when they were read while a table was
// being created: it has no columns yet, or an index has none.
func (b *Builder) State() (*State, bool) {
	for _, row := range b.indexes {
		if len(row.fields) == 0 {
			return nil, false
		}
		for at := range len(row.fields) {
			row.Columns = append(row.Columns, row.fields[at])
		}
		row.table.layout.Indexes = append(row.table.layout.Indexes, row.Index)
	}
	s := &State{NamesOnly: b.names, Tables: make(map[string]*Table, len(b.parts))}
	for _, p := range b.parts {
		if !b.names && len(p.layout.Columns) == 0 {
			return nil, false
		}
		b.add(s, p)
	}
	return s, true
}

// add folds a partition into its table.
func (b *Builder) add(s *State, p *part) {
	key := Key(p.Schema, p.Table)
	t := s.Tables[key]
	if t == nil {
		t = &Table{Schema: p.Schema, Name: p.Table, ID: p.id, Versions: p.versions, Layout: b.layout(p)}
		s.Tables[key] = t
	}
	if p.Partition {
		t.Partitions++
		sum := fnv.New64a()
		sum.Write(strconv.AppendUint(nil, p.id, 10))
		t.Stamp += sum.Sum64() // in any order
	}
	if p.id < t.ID {
		t.ID, t.Versions, t.Layout = p.id, p.versions, b.layout(p)
	}
}

// layout returns the one layout of all tables that look alike.
func (b *Builder) layout(p *part) *Layout {
	if b.names {
		return nil
	}
	p.layout.sort()
	text := p.layout.text()
	if known := b.known[text]; known != nil {
		return known
	}
	l := p.layout
	b.known[text] = &l
	return &l
}
