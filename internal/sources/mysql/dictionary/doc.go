// Package dictionary reads what InnoDB's dictionary views say about users' tables
// (names in the encoding of files, types as InnoDB's own numbers) and compares two
// looks at them. It knows no server: rows come in, changes go out.
//
// InnoDB's dictionary has no defaults, no comments, no values of an ENUM or SET, no
// expressions of generated columns and no names of constraints; a change of only
// those is not seen. docs/schema.md has the table.
package dictionary
