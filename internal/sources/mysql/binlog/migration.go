package binlog

import (
	"slices"
	"strings"

	"collector/internal/sources/mysql/ddl"
)

// migration is what a tool did to one table through a ghost: all of its statements.
type migration struct {
	Tool       string      `json:"tool"`
	Schema     string      `json:"schema"`
	Original   string      `json:"original"`
	CutOver    int         `json:"cut_over"` // which statement swapped the tables; -1 none
	Statements []statement `json:"statements"`
}

// ghost names the table whose ghost a change is about.
type ghost struct{ tool, schema, original string }

// ghostOf is the migration that a change belongs to by the names in it. A trigger of
// pt-online-schema-change is named after its schema and table.
func ghostOf(c ddl.Change) (ghost, bool) {
	if rest, found := strings.CutPrefix(c.Table, "pt_osc_"+c.Schema+"_"); found {
		if at := strings.LastIndexByte(rest, '_'); at > 0 {
			return ghost{ddl.PtOSC, c.Schema, rest[:at]}, true
		}
	}
	if tool, original, ok := ddl.MigrationOf(c.Table); ok {
		return ghost{tool, c.Schema, original}, original != ""
	}
	if c.Operation == ddl.RenameTable {
		table := strings.TrimPrefix(c.NewName, c.Schema+".")
		if tool, original, ok := ddl.MigrationOf(table); ok && original == c.Table {
			return ghost{tool, c.Schema, original}, true
		}
	}
	return ghost{}, false
}

// sameGhost is the one migration that all changes of a statement belong to.
func sameGhost(s statement) (g ghost, ok bool) {
	for i, c := range s.Changes {
		one, is := ghostOf(c)
		if !is || i > 0 && one != g {
			return ghost{}, false
		}
		g = one
	}
	return g, len(s.Changes) > 0
}

func aboutGhost(s statement) bool {
	_, ok := sameGhost(s)
	return ok
}

// swaps reports whether the statement moved the original away or a ghost in its place.
func (g ghost) swaps(s statement) bool {
	original := ddl.Change{Schema: g.schema, Table: g.original}.Object()
	return slices.ContainsFunc(s.Changes, func(c ddl.Change) bool {
		return c.Operation == ddl.RenameTable && c.NewName == original
	})
}

// creates reports whether the statement made a ghost, with which a migration begins.
func creates(s statement) bool {
	return slices.ContainsFunc(s.Changes, func(c ddl.Change) bool {
		return c.Operation == ddl.CreateTable && (strings.HasSuffix(c.Table, "_gho") || strings.HasSuffix(c.Table, "_new"))
	})
}

// fold takes the statements of migrations out of the others.
func fold(all []statement) (rest []statement, migrations []migration) {
	open := map[ghost]int{}
	for _, s := range all {
		g, ok := sameGhost(s)
		if !ok {
			continue
		}
		at, known := open[g]
		if !known || migrations[at].CutOver >= 0 && creates(s) {
			at = len(migrations)
			open[g] = at
			migrations = append(migrations, migration{Tool: g.tool, Schema: g.schema, Original: g.original, CutOver: -1})
		}
		m := &migrations[at]
		m.Statements = append(m.Statements, s)
		if g.swaps(s) {
			m.CutOver = len(m.Statements) - 1
		}
	}
	migrations = slices.DeleteFunc(migrations, func(m migration) bool { return !m.certain() })
	for _, s := range all {
		if !slices.ContainsFunc(migrations, func(m migration) bool { return m.holds(s) }) {
			rest = append(rest, s)
		}
	}
	return rest, migrations
}

func (m migration) holds(s statement) bool {
	return slices.ContainsFunc(m.Statements, func(o statement) bool { return o.File == s.File && o.Position == s.Position })
}

// certain reports whether it is a tool's work and not a table that is just called
// so: a _gho table, a pt_osc_ trigger, or the swap.
func (m migration) certain() bool {
	if m.CutOver >= 0 {
		return true
	}
	for _, s := range m.Statements {
		for _, c := range s.Changes {
			if strings.HasSuffix(c.Table, "_gho") || strings.HasPrefix(c.Table, "pt_osc_") {
				return true
			}
		}
	}
	return false
}

// alterations are what was done to the ghost, told of the original.
func (m migration) alterations() (list []ddl.Change) {
	for _, s := range m.Statements {
		for _, c := range s.Changes {
			switch c.Operation {
			case ddl.CreateTable, ddl.DropTable, ddl.RenameTable, ddl.TruncateTable, ddl.CreateTrigger, ddl.DropTrigger:
				continue
			}
			c.Table = m.Original
			list = append(list, c)
		}
	}
	return list
}

// ghosts are the names of the tables that came and went.
func (m migration) ghosts() (names []string) {
	add := func(name string) {
		if tool, _, ok := ddl.MigrationOf(name); ok && !strings.HasPrefix(name, "pt_osc_") && tool == m.Tool && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, s := range m.Statements {
		for _, c := range s.Changes {
			add(c.Table)
			add(strings.TrimPrefix(c.NewName, c.Schema+"."))
		}
	}
	slices.Sort(names)
	return names
}
