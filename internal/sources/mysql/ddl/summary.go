package ddl

import (
	"fmt"
	"strings"
)

// Summary says what was changed in one sentence without a full stop. A server's
// name may be empty.
func (c Change) Summary(server string) string {
	text := c.sentence()
	if server == "" {
		return strings.TrimSuffix(text, ",")
	}
	return text + " on " + server
}

// sentence is the summary without the server.
func (c Change) sentence() string {
	object := c.Object()
	if object == "" {
		object = "a table whose name is not known"
	}
	column := func(verb string) string { return fmt.Sprintf("column %s of %s was %s", c.Column, object, verb) }
	index := func(what, verb string) string {
		if c.Index == primary {
			return fmt.Sprintf("the primary key of %s was %s", object, verb)
		}
		if c.Index == "" {
			return fmt.Sprintf("an unnamed %s of %s was %s", what, object, verb)
		}
		return fmt.Sprintf("%s %s of %s was %s", what, c.Index, object, verb)
	}
	switch c.Operation {
	case AddColumn:
		return column("added")
	case DropColumn:
		return column("dropped")
	case ModifyColumn:
		return column("modified")
	case RenameColumn:
		return column("renamed to " + c.NewName)
	case AddIndex:
		return index("index", "added")
	case DropIndex:
		return index("index", "dropped")
	case RenameIndex:
		return index("index", "renamed to "+c.NewName)
	case AddForeignKey:
		return index("foreign key", "added")
	case DropForeignKey:
		return index("foreign key", "dropped")
	case RenameTable:
		return fmt.Sprintf("table %s was renamed to %s", object, c.NewName)
	case AlterTable:
		if c.Detail != "" {
			return fmt.Sprintf("table %s was altered (%s)", object, c.Detail)
		}
	}
	verb, subject, _ := strings.Cut(string(c.Operation), "_")
	text := subject + " " + object + " was " + past(verb)
	switch c.Detail {
	case IfExists:
		text += ", if it was there,"
	case ifNotExists:
		text += ", if it was not there yet,"
	}
	return text
}

// past is what was done, of the first word of an operation on a whole object.
func past(verb string) string {
	switch verb {
	case "create":
		return "created"
	case "drop":
		return "dropped"
	case "truncate":
		return "truncated"
	}
	return "altered"
}
