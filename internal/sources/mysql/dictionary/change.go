package dictionary

import (
	"cmp"
	"slices"

	"collector/internal/sources/mysql/ddl"
)

// Change is one difference between two looks.
type Change struct {
	ddl.Change
	From    string   `json:"from,omitempty"`    // a column's type, an index's columns
	To      string   `json:"to,omitempty"`      //
	Counted bool     `json:"counted,omitempty"` // the server's counter of such statements moved
	Count   int      `json:"count,omitempty"`   // more than 1: so many changes of one operation, Objects names some
	Objects []string `json:"objects,omitempty"` // of a fold, or the tables of a dropped schema
	Tool    string   `json:"tool,omitempty"`    // gh-ost or pt-online-schema-change
	Stage   string   `json:"stage,omitempty"`   // of the tool's migration
	Parts   []Change `json:"parts,omitempty"`   // what the migration changed, at the cut-over
}

// The stages of a migration by a tool.
const (
	StageStarted = "started" // the ghost table was created
	StageCutOver = "cut over"
	StageDropped = "dropped" // the ghost table was dropped without having replaced the original
)

// Counters says how much the server's counters of DDL statements grew between two
// looks; nil where they are not known.
type Counters map[string]int64

// moved reports whether one of the counters grew.
func (c Counters) moved(names ...string) bool {
	for _, name := range names {
		if c[name] > 0 {
			return true
		}
	}
	return false
}

// countersOf are the counters that a statement with such a change moves.
func countersOf(c Change) []string {
	operation := c.Operation
	switch c.Stage {
	case StageStarted:
		operation = ddl.CreateTable
	case StageCutOver:
		operation = ddl.RenameTable
	case StageDropped:
		operation = ddl.DropTable
	}
	switch operation {
	case ddl.CreateTable:
		return []string{"Com_create_table"}
	case ddl.DropTable:
		return []string{"Com_drop_table", "Com_drop_db", "Com_create_table"} // MariaDB's CREATE OR REPLACE
	case ddl.DropSchema:
		return []string{"Com_drop_db", "Com_drop_table"}
	case ddl.CreateSchema:
		return []string{"Com_create_db"}
	case ddl.RenameTable:
		return []string{"Com_rename_table", "Com_alter_table"}
	case ddl.TruncateTable:
		return []string{"Com_truncate"}
	case ddl.AddIndex, ddl.DropIndex, ddl.RenameIndex:
		return []string{"Com_alter_table", "Com_create_index", "Com_drop_index"}
	}
	return []string{"Com_alter_table", "Com_optimize"}
}

// How many changes of one operation a look tells one by one, and how many objects a
// fold names.
const (
	maxSingle = 20
	maxNamed  = 50
)

// Fold makes one change of more than 20 of one operation. Migrations stay single:
// their stages belong to each other.
func Fold(changes []Change) []Change {
	count := map[ddl.Operation]int{}
	for _, c := range changes {
		if c.Tool == "" {
			count[c.Operation]++
		}
	}
	var out []Change
	folds := map[ddl.Operation]int{}
	for _, c := range changes {
		if c.Tool != "" || count[c.Operation] <= maxSingle {
			out = append(out, c)
			continue
		}
		at, ok := folds[c.Operation]
		if !ok {
			at = len(out)
			folds[c.Operation] = at
			out = append(out, Change{Change: ddl.Change{Operation: c.Operation, Schema: c.Schema}, Counted: c.Counted})
		}
		fold := &out[at]
		fold.Count += max(1, c.Count)
		if fold.Schema != c.Schema {
			fold.Schema = ""
		}
		fold.Counted = fold.Counted && c.Counted
		if len(fold.Objects) < maxNamed {
			fold.Objects = append(fold.Objects, named(c.Change))
		}
	}
	return out
}

// named is what a fold says about one of its members.
func named(c ddl.Change) string {
	if part := cmp.Or(c.Column, c.Index); part != "" {
		return c.Object() + " " + part
	}
	return c.Object()
}

// order sorts changes by what they are about.
func order(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Operation, b.Operation),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Index, b.Index))
	})
}
