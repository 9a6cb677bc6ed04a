package mysql

import (
	"database/sql"
	"strconv"
	"strings"
)

// number reads an unsigned integer; NULL and nonsense are 0.
func number(cell sql.NullString) uint64 {
	n, err := strconv.ParseUint(cell.String, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// isOn reads a boolean variable in any of the spellings of the two flavours.
func isOn(value string) bool {
	switch strings.ToUpper(value) {
	case "", "0", "OFF", "NO", "FALSE":
		return false
	}
	return true
}

// column returns the position of the first of the names that an answer has, or
// -1. Names are compared without case, as servers do.
func (r rows) column(names ...string) int {
	for _, name := range names {
		for i, column := range r.columns {
			if strings.EqualFold(column, name) {
				return i
			}
		}
	}
	return -1
}

// cells reads columns by name; a column that is not there is NULL.
type cells struct {
	answer rows
	row    []sql.NullString
}

func (c cells) get(names ...string) sql.NullString {
	if i := c.answer.column(names...); i >= 0 {
		return c.row[i]
	}
	return sql.NullString{}
}
