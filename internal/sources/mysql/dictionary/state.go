package dictionary

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// State is what one look at the dictionary saw.
type State struct {
	NamesOnly bool              // the tables have no layouts
	Tables    map[string]*Table // by Key
}

// Key is under which a table stands in a state. A name may hold any character but
// the zero byte.
func Key(schema, table string) string { return schema + "\x00" + table }

// Table is one table; a partitioned table is one, too.
type Table struct {
	Schema     string  `json:"s"`
	Name       string  `json:"n"`
	ID         uint64  `json:"id"`          // InnoDB's; of a partitioned table the least one
	Partitions int     `json:"p,omitempty"` // 0: not partitioned
	Stamp      uint64  `json:"v,omitempty"` // changes with the IDs of the partitions
	Versions   uint64  `json:"r,omitempty"` // MySQL's TOTAL_ROW_VERSIONS: how often columns were added or dropped in place
	Layout     *Layout `json:"l,omitempty"` // nil when only names were read
}

// Layout is what a table looks like. Tables that look alike share one.
type Layout struct {
	Columns []Column `json:"c"` // stored ones in their order, then virtual ones
	Indexes []Index  `json:"i,omitempty"`
}

// Column is one column.
type Column struct {
	Name      string `json:"n"`
	Type      string `json:"t"`           // with "not null" and "virtual"
	Collation int    `json:"k,omitempty"` // its number
	Position  int    `json:"-"`           // while the layout is put together
}

// Index is one index.
type Index struct {
	Name    string   `json:"n"`
	Kind    string   `json:"k,omitempty"` // primary, unique, fulltext, spatial or nothing
	Columns []string `json:"f"`
}

// text writes a layout so that equal ones have equal texts.
func (l *Layout) text() string {
	var b strings.Builder
	for _, c := range l.Columns {
		b.WriteString(c.Name + "\x00" + c.Type + "\x00" + string(rune(c.Collation)) + "\x01")
	}
	for _, i := range l.Indexes {
		b.WriteString("\x02" + i.Name + "\x00" + i.Kind)
		for _, f := range i.Columns {
			b.WriteString("\x00" + f)
		}
	}
	return b.String()
}

// sort puts columns and indexes into their order.
func (l *Layout) sort() {
	slices.SortFunc(l.Columns, func(a, b Column) int { return cmp.Compare(a.Position, b.Position) })
	slices.SortFunc(l.Indexes, func(a, b Index) int { return cmp.Compare(a.Name, b.Name) })
}

func (l *Layout) column(name string) *Column {
	for i := range l.Columns {
		if strings.EqualFold(l.Columns[i].Name, name) {
			return &l.Columns[i]
		}
	}
	return nil
}

func (l *Layout) index(name string) *Index {
	for i := range l.Indexes {
		if strings.EqualFold(l.Indexes[i].Name, name) {
			return &l.Indexes[i]
		}
	}
	return nil
}

// Sorted lists the tables in the order of their names.
func (s *State) Sorted() []*Table {
	list := make([]*Table, 0, len(s.Tables))
	for _, t := range s.Tables {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *Table) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// Same reports whether two looks at the names saw the same tables with the same IDs.
func (s *State) Same(other *State) bool {
	return maps.EqualFunc(s.Tables, other.Tables, func(a, b *Table) bool {
		return a.ID == b.ID && a.Stamp == b.Stamp && a.Partitions == b.Partitions
	})
}
