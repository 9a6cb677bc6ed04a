package dictionary

import (
	"slices"

	"collector/internal/sources/mysql/ddl"
)

// migrations folds what happened to ghost tables into stages of a migration of the
// original table: a ghost created, the ghost renamed to the original's name, a ghost
// dropped. What else the tools create and drop is left out.
func migrations(changes []Change) []Change {
	var out []Change
	cut := map[string]bool{}
	for _, c := range changes {
		if tool, table, ok := cutOver(c); ok {
			cut[Key(c.Schema, table)] = true
			out = append(out, stage(c.Schema, table, tool, StageCutOver, c.Parts))
		}
	}
	for _, c := range changes {
		tool, table, ghost := ddl.MigrationOf(c.Table)
		original := Key(c.Schema, table)
		switch {
		case !ghost && c.Operation == ddl.RenameTable && movedAside(c, cut):
		case !ghost && cut[Key(c.Schema, c.Table)] && c.Operation == ddl.DropTable: // the old original was dropped before we looked
		case !ghost:
			c.Parts = nil
			out = append(out, c)
		case c.Operation == ddl.CreateTable && isCopy(c.Table):
			out = append(out, stage(c.Schema, table, tool, StageStarted, nil).of(c.Table))
		case c.Operation == ddl.DropTable && isCopy(c.Table) && !cut[original]:
			out = append(out, stage(c.Schema, table, tool, StageDropped, nil).of(c.Table))
		}
	}
	return out
}

func stage(schema, table, tool, name string, parts []Change) Change {
	return Change{Change: ddl.Change{Operation: ddl.AlterTable, Schema: schema, Table: table}, Tool: tool, Stage: name, Parts: parts}
}

// of names the ghost of a stage.
func (c Change) of(ghost string) Change {
	c.Objects = []string{ghost}
	return c
}

// Plain is a stage of a migration that never came to its cut-over, as what was done
// to a table that is only called like a ghost: _orders_new is not only a tool's name.
// It reports false for gh-ost's, which nobody would choose.
func (c Change) Plain() (Change, bool) {
	if c.Tool != ddl.PtOSC || len(c.Objects) != 1 {
		return c, false
	}
	operation := ddl.CreateTable
	if c.Stage == StageDropped {
		operation = ddl.DropTable
	}
	return Change{Change: ddl.Change{Operation: operation, Schema: c.Schema, Table: c.Objects[0]}, Counted: c.Counted}, true
}

// cutOver reports whether a change is a ghost table that takes its original's name.
func cutOver(c Change) (tool, table string, ok bool) {
	tool, table, ok = ddl.MigrationOf(c.Table)
	return tool, table, ok && c.Operation == ddl.RenameTable && c.NewName == ddl.Change{Schema: c.Schema, Table: table}.Object()
}

// movedAside reports whether the original made room for the ghost.
func movedAside(c Change, cut map[string]bool) bool { return cut[Key(c.Schema, c.Table)] }

// isCopy reports whether a ghost is the copy that is being filled; the change log
// (_ghc) and the old table (_del, _old) are not.
func isCopy(table string) bool {
	return slices.ContainsFunc([]string{"_gho", "_new"}, func(suffix string) bool {
		return len(table) > len(suffix) && table[len(table)-len(suffix):] == suffix
	})
}
