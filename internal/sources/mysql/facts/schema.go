package facts

import (
	"maps"
	"time"

	"collector/internal/sources/mysql/dictionary"
)

// The kinds of facts about the schema.
const (
	KindSchema        = "schema"         // Schema
	KindSchemaChanged = "schema_changed" // SchemaChanged
	KindSchemaSame    = "schema_same"    // SchemaSame
)

// MaxTables is how many tables a Schema lists; of more it only says how many there are.
const MaxTables = 20_000

// Schema is all tables at one look: the recorder's first one, and again from time to
// time, so that whoever reads a day finds one.
type Schema struct {
	SchemaHead
	Layouts []*dictionary.Layout `json:"layouts,omitempty"`
	Tables  []SchemaTable        `json:"tables,omitempty"` // nil when there are more than MaxTables
}

// SchemaHead is what there is to know without taking a Schema apart.
type SchemaHead struct {
	First     bool `json:"first,omitempty"` // the recorder knew nothing before
	NamesOnly bool `json:"names_only,omitempty"`
	Count     int  `json:"count"`
}

// SchemaTable is one table with the number of its layout.
type SchemaTable struct {
	dictionary.Table
	Look int `json:"k,omitempty"` // 1 is the first of the layouts
}

// SchemaChanged is what changed between two looks.
type SchemaChanged struct {
	Since   time.Time            `json:"since"` // when the look before was
	Calm    time.Time            `json:"calm"`  // until when no statement that the server counts can have changed anything
	Count   int                  `json:"count"` // tables there are now
	Changes []dictionary.Change  `json:"changes"`
	Layouts []*dictionary.Layout `json:"layouts,omitempty"`
	Tables  []SchemaTable        `json:"tables,omitempty"` // as they are now, those that changed
	Gone    [][2]string          `json:"gone,omitempty"`   // schema and name of those that are not there any more
	Names   bool                 `json:"names_only,omitempty"`
}

// SchemaSame says that a look found nothing new.
type SchemaSame struct {
	Count int `json:"count"` // tables
}

// NewSchema writes a state down.
func NewSchema(s *dictionary.State, first bool) Schema {
	body := Schema{SchemaHead: SchemaHead{First: first, NamesOnly: s.NamesOnly, Count: len(s.Tables)}}
	if len(s.Tables) <= MaxTables {
		body.Tables, body.Layouts = pack(s.Sorted())
	}
	return body
}

// State reads it again; nil when the tables are not listed.
func (s Schema) State() *dictionary.State {
	if s.Tables == nil && s.Count > 0 {
		return nil
	}
	state := &dictionary.State{NamesOnly: s.NamesOnly, Tables: map[string]*dictionary.Table{}}
	unpack(state, s.Tables, s.Layouts)
	return state
}

// NewSchemaChanged writes down what leads from one state to the next.
func NewSchemaChanged(before, after *dictionary.State, changes []dictionary.Change, since, calm time.Time) SchemaChanged {
	body := SchemaChanged{Since: since, Calm: calm, Count: len(after.Tables), Changes: changes, Names: after.NamesOnly}
	var fresh []*dictionary.Table
	for _, t := range after.Sorted() {
		was := before.Tables[dictionary.Key(t.Schema, t.Name)]
		if was == nil || *was != *t {
			fresh = append(fresh, t)
		}
	}
	for _, t := range before.Sorted() {
		if after.Tables[dictionary.Key(t.Schema, t.Name)] == nil {
			body.Gone = append(body.Gone, [2]string{t.Schema, t.Name})
		}
	}
	body.Tables, body.Layouts = pack(fresh)
	return body
}

// Apply leads a state on. The state given is not changed.
func (c SchemaChanged) Apply(before *dictionary.State) *dictionary.State {
	after := &dictionary.State{NamesOnly: c.Names, Tables: maps.Clone(before.Tables)}
	for _, gone := range c.Gone {
		delete(after.Tables, dictionary.Key(gone[0], gone[1]))
	}
	unpack(after, c.Tables, c.Layouts)
	return after
}

// pack gives tables that look alike the number of one layout.
func pack(tables []*dictionary.Table) (list []SchemaTable, layouts []*dictionary.Layout) {
	number := map[*dictionary.Layout]int{}
	list = make([]SchemaTable, 0, len(tables))
	for _, t := range tables {
		entry := SchemaTable{Table: *t}
		if t.Layout != nil {
			if number[t.Layout] == 0 {
				layouts = append(layouts, t.Layout)
				number[t.Layout] = len(layouts)
			}
			entry.Look, entry.Layout = number[t.Layout], nil
		}
		list = append(list, entry)
	}
	return list, layouts
}

func unpack(into *dictionary.State, list []SchemaTable, layouts []*dictionary.Layout) {
	for _, entry := range list {
		t := entry.Table
		if entry.Look > 0 && entry.Look <= len(layouts) {
			t.Layout = layouts[entry.Look-1]
		}
		into.Tables[dictionary.Key(t.Schema, t.Name)] = &t
	}
}
