package dictionary

import (
	"strings"

	"collector/internal/sources/mysql/ddl"
)

// Shows reports whether a look shows what a statement was to do. It is not known
// for what InnoDB's dictionary does not have: other engines' tables, defaults, the
// indexes of MySQL's partitioned tables.
func (s *State) Shows(c ddl.Change) (shows, known bool) {
	t := s.Tables[Key(c.Schema, c.Table)]
	switch c.Operation {
	case ddl.CreateTable:
		return true, t != nil
	case ddl.DropTable:
		return t == nil, true
	case ddl.DropSchema:
		return tablesBySchema(s)[c.Schema] == 0, true
	case ddl.RenameTable:
		schema, table, _ := strings.Cut(c.NewName, ".")
		return t == nil, t != nil || s.Tables[Key(schema, table)] != nil
	}
	if t == nil || t.Layout == nil {
		return false, false
	}
	l := t.Layout
	switch c.Operation {
	case ddl.AddColumn:
		return l.column(c.Column) != nil, true
	case ddl.DropColumn:
		return l.column(c.Column) == nil, true
	case ddl.RenameColumn:
		return l.column(c.NewName) != nil, true
	}
	if c.Index == "" || t.Partitions > 0 && len(l.Indexes) == 0 {
		return false, false
	}
	switch c.Operation {
	case ddl.AddIndex:
		return l.index(c.Index) != nil, true
	case ddl.DropIndex:
		return l.index(c.Index) == nil, true
	case ddl.RenameIndex:
		return l.index(c.NewName) != nil, true
	}
	return false, false
}
