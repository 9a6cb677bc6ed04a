// Package ddl says what a statement changes in a schema. All witnesses of a schema
// change (the binary log, the fingerprint of the dictionary, a long statement in
// the samples) describe it as a [Change], so that they meet under one [Change.Key].
//
// A statement is read as tokens, not as a grammar: what is not recognised in an
// ALTER TABLE is an [AlterTable], what is not recognised elsewhere is nothing. No
// result ever holds the text of a literal or of a comment.
package ddl

import (
	"slices"
	"strings"
)

// Operation is what was done to a schema. The list is closed.
type Operation string

// The operations.
const (
	CreateSchema    Operation = "create_schema"
	DropSchema      Operation = "drop_schema"
	AlterSchema     Operation = "alter_schema"
	CreateTable     Operation = "create_table"
	DropTable       Operation = "drop_table"
	TruncateTable   Operation = "truncate_table"
	RenameTable     Operation = "rename_table"
	AddColumn       Operation = "add_column"
	DropColumn      Operation = "drop_column"
	ModifyColumn    Operation = "modify_column"
	RenameColumn    Operation = "rename_column"
	AddIndex        Operation = "add_index"
	DropIndex       Operation = "drop_index"
	RenameIndex     Operation = "rename_index"
	AddForeignKey   Operation = "add_foreign_key"
	DropForeignKey  Operation = "drop_foreign_key"
	AlterTable      Operation = "alter_table" // everything else: engine, character set, partitions
	CreateView      Operation = "create_view"
	DropView        Operation = "drop_view"
	AlterView       Operation = "alter_view"
	CreateTrigger   Operation = "create_trigger"
	DropTrigger     Operation = "drop_trigger"
	CreateProcedure Operation = "create_procedure"
	DropProcedure   Operation = "drop_procedure"
	AlterProcedure  Operation = "alter_procedure"
	CreateFunction  Operation = "create_function"
	DropFunction    Operation = "drop_function"
	AlterFunction   Operation = "alter_function"
	CreateEvent     Operation = "create_event"
	DropEvent       Operation = "drop_event"
	AlterEvent      Operation = "alter_event"
)

// Change is one thing that a statement changes. An ALTER TABLE with three clauses
// is three changes. Names are as the statement spells them, without quotes; a name
// that cannot be told is "".
type Change struct {
	Operation Operation `json:"operation"`
	Schema    string    `json:"schema,omitempty"`
	Table     string    `json:"table,omitempty"`    // or the view, trigger, routine or event
	Column    string    `json:"column,omitempty"`   // the old name when it is renamed
	Index     string    `json:"index,omitempty"`    // or the constraint; PRIMARY is the primary key
	NewName   string    `json:"new_name,omitempty"` // of a renamed column or index; of a renamed table with its schema: shop.orders_old
	Detail    string    `json:"detail,omitempty"`   // words without names: a column's type, "unique", "partition", "if exists"; a trigger's table
}

// Key is under which the witnesses of one change meet: the operation, what it was
// done to, and the column or index, in lower case.
func (c Change) Key() string {
	part := c.Column
	if part == "" {
		part = c.Index
	}
	return strings.ToLower(string(c.Operation) + " " + c.Schema + "." + c.Table + " " + part)
}

// Object is what the change was done to, with its schema: shop.orders.
func (c Change) Object() string {
	switch {
	case c.Table == "":
		return c.Schema
	case c.Schema == "":
		return c.Table
	}
	return c.Schema + "." + c.Table
}

// Mode is how the session that sent a statement had it read.
type Mode struct {
	ANSIQuotes         bool // "x" is a name, not a string
	NoBackslashEscapes bool // '\' is a whole string
}

// Parse returns what a statement changes, in its order; nil when it changes no
// schema, and for temporary tables, which only their session sees. The text may be
// raw or normalised (literals are ?), and cut off: a last clause that may be
// incomplete is left out. An unqualified name belongs to the default schema.
//
// Where the reading depends on the session's mode, which is unknown here, only
// what all readings have in common is returned.
func Parse(statement, defaultSchema string) []Change {
	changes := parse(statement, defaultSchema, true, false)
	if !strings.Contains(statement, `\`) {
		return changes
	}
	var sure []Change
	other := parse(statement, defaultSchema, true, true)
	for _, c := range changes {
		if slices.Contains(other, c) {
			sure = append(sure, c)
		}
	}
	return sure
}

// ParseIn is Parse for a raw statement whose session's mode is known.
func ParseIn(statement, defaultSchema string, m Mode) []Change {
	return parse(statement, defaultSchema, m.ANSIQuotes, m.NoBackslashEscapes)
}
