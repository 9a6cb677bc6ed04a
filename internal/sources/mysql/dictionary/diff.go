package dictionary

import (
	"slices"

	"collector/internal/sources/mysql/ddl"
)

// differ compares two looks.
type differ struct {
	before, after *State
	counters      Counters
	byID          map[uint64]*Table // of after
	idBefore      map[uint64]*Table
	out           []Change
}

// Diff lists what changed between two looks, in the order of the tables' names. A
// table is the same when it has the same name; another name with the same ID is a
// rename.
func Diff(before, after *State, counters Counters) []Change {
	d := &differ{before: before, after: after, counters: counters, byID: map[uint64]*Table{}, idBefore: map[uint64]*Table{}}
	if before.NamesOnly != after.NamesOnly { // the IDs are of different things
		before, after = withoutIDs(before), withoutIDs(after)
		d.before, d.after = before, after
	}
	for _, t := range after.Tables {
		d.byID[t.ID] = t
	}
	for _, t := range before.Tables {
		d.idBefore[t.ID] = t
	}
	for _, t := range before.Sorted() {
		d.old(t)
	}
	for _, t := range after.Sorted() {
		d.new(t)
	}
	d.schemas()
	out := migrations(d.out)
	for i := range out {
		out[i].Counted = counters.moved(countersOf(out[i])...)
	}
	order(out)
	return out
}

// withoutIDs is a state whose tables are known by their names only.
func withoutIDs(s *State) *State {
	bare := &State{NamesOnly: true, Tables: make(map[string]*Table, len(s.Tables))}
	for key, t := range s.Tables {
		bare.Tables[key] = &Table{Schema: t.Schema, Name: t.Name}
	}
	return bare
}

func (d *differ) add(operation ddl.Operation, t *Table, change Change) {
	change.Operation, change.Schema, change.Table = operation, t.Schema, t.Name
	d.out = append(d.out, change)
}

// old takes a table of the look before.
func (d *differ) old(t *Table) {
	key := Key(t.Schema, t.Name)
	if moved := d.byID[t.ID]; t.ID != 0 && moved != nil && Key(moved.Schema, moved.Name) != key {
		object := ddl.Change{Schema: moved.Schema, Table: moved.Name}.Object()
		d.add(ddl.RenameTable, t, Change{Change: ddl.Change{NewName: object}, Parts: d.replaced(moved)})
		d.inside(moved, t, moved)
		return
	}
	same := d.after.Tables[key]
	switch {
	case same == nil:
		d.add(ddl.DropTable, t, Change{})
	case d.arrived(same):
		d.add(ddl.DropTable, t, Change{}) // another table was renamed into its place
	default:
		d.inside(same, t, same)
	}
}

// arrived reports whether a table had another name before.
func (d *differ) arrived(t *Table) bool {
	was := d.idBefore[t.ID]
	return t.ID != 0 && was != nil && Key(was.Schema, was.Name) != Key(t.Schema, t.Name)
}

// replaced is how a table that was renamed into the place of another one differs
// from that one: what a migration by a tool changed.
func (d *differ) replaced(arrived *Table) []Change {
	was := d.before.Tables[Key(arrived.Schema, arrived.Name)]
	if was == nil || was.Layout == nil || arrived.Layout == nil {
		return nil
	}
	inner := &differ{}
	inner.layouts(arrived, was.Layout, arrived.Layout, true)
	return inner.out
}

// new takes a table of the look after.
func (d *differ) new(t *Table) {
	if d.before.Tables[Key(t.Schema, t.Name)] == nil && !d.arrived(t) {
		d.add(ddl.CreateTable, t, Change{})
	}
}

// inside compares two looks at one table. at gives the name to tell.
func (d *differ) inside(at, before, after *Table) {
	if before.ID == after.ID && before.Stamp == after.Stamp && before.Layout == after.Layout && before.Partitions == after.Partitions {
		return
	}
	n := len(d.out)
	if before.Layout != nil && after.Layout != nil && before.Layout != after.Layout {
		rebuilt := before.ID != after.ID || before.Versions == after.Versions
		d.layouts(at, before.Layout, after.Layout, rebuilt)
	}
	if len(d.out) > n || before.ID == after.ID && before.Stamp == after.Stamp {
		return
	}
	switch {
	case before.Partitions > 0 || after.Partitions > 0:
		d.partitions(at, before, after)
	case d.counters.moved("Com_truncate") && !d.counters.moved("Com_alter_table", "Com_optimize"):
		d.add(ddl.TruncateTable, at, Change{})
	case d.counters.moved("Com_drop_table") && d.counters.moved("Com_create_table") && !d.counters.moved("Com_alter_table", "Com_optimize", "Com_truncate"):
		d.add(ddl.DropTable, at, Change{})
		d.add(ddl.CreateTable, at, Change{})
	default:
		d.add(ddl.AlterTable, at, Change{Change: ddl.Change{Detail: "rebuilt"}})
	}
}

// partitions tells a partitioned table whose columns did not change. All its
// partitions anew and a moved counter are a TRUNCATE, which keeps their number.
func (d *differ) partitions(at, before, after *Table) {
	if before.Partitions == after.Partitions && d.counters.moved("Com_truncate") && !d.counters.moved("Com_alter_table") {
		d.add(ddl.TruncateTable, at, Change{})
		return
	}
	d.add(ddl.AlterTable, at, Change{Change: ddl.Change{Detail: "partition"}})
}

// schemas makes one change of a schema whose tables are all gone, and tells a new
// one. InnoDB knows a schema by its tables: a schema with one table was dropped when
// the server counted a DROP DATABASE.
func (d *differ) schemas() {
	had, has := tablesBySchema(d.before), tablesBySchema(d.after)
	dropped := map[string][]string{}
	for _, c := range d.out {
		if c.Operation == ddl.DropTable && has[c.Schema] == 0 {
			dropped[c.Schema] = append(dropped[c.Schema], c.Table)
		}
	}
	d.out = slices.DeleteFunc(d.out, func(c Change) bool {
		tables := dropped[c.Schema]
		return c.Operation == ddl.DropTable && d.isDrop(had[c.Schema], tables)
	})
	for schema, tables := range dropped {
		if d.isDrop(had[schema], tables) {
			c := Change{Change: ddl.Change{Operation: ddl.DropSchema, Schema: schema}, Count: len(tables)}
			c.Objects = tables[:min(len(tables), maxNamed)]
			d.out = append(d.out, c)
		}
	}
	for schema := range has {
		if had[schema] == 0 && d.counters.moved("Com_create_db") {
			d.out = append(d.out, Change{Change: ddl.Change{Operation: ddl.CreateSchema, Schema: schema}})
		}
	}
}

// isDrop reports whether the loss of these tables was the loss of their schema.
func (d *differ) isDrop(had int, gone []string) bool {
	return len(gone) > 0 && len(gone) == had && (len(gone) >= 2 || d.counters.moved("Com_drop_db"))
}

func tablesBySchema(s *State) map[string]int {
	count := map[string]int{}
	for _, t := range s.Tables {
		count[t.Schema]++
	}
	return count
}
