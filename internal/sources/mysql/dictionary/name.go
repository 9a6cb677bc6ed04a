package dictionary

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Name is a table's name in InnoDB's dictionary, taken apart.
type Name struct {
	Schema, Table string
	Partition     bool // it is one partition of the table
}

// ParseName reads a name of InnoDB's dictionary: shop/orders, shop/we@002dird,
// shop/parts#P#p0 (MariaDB) or shop/parts#p#p0 (MySQL). It reports false for what is
// no user's table: the server's own schemas, tables without a schema (SYS_FOREIGN,
// undo spaces), the copies that an ALTER fills (#sql-…) and a full-text index's
// auxiliary tables. See https://dev.mysql.com/doc/refman/9.7/en/identifier-mapping.html.
func ParseName(name string) (Name, bool) {
	schema, table, ok := strings.Cut(name, "/")
	if !ok {
		return Name{}, false
	}
	switch schema {
	case "mysql", "sys", "performance_schema", "information_schema":
		return Name{}, false
	}
	// A # that belongs to the name is written @0023.
	table, rest, partition := strings.Cut(table, "#")
	if table == "" || partition && strings.HasPrefix(rest, "sql") || isAuxiliary(table) {
		return Name{}, false
	}
	return Name{Schema: decode(schema), Table: decode(table), Partition: partition}, true
}

// isAuxiliary reports whether a table belongs to a full-text index:
// FTS_000000000000001c_CONFIG, on MySQL in lower case.
func isAuxiliary(table string) bool {
	const prefix, digits = 4, 16
	if len(table) < prefix+digits+1 || !strings.EqualFold(table[:prefix], "FTS_") || table[prefix+digits] != '_' {
		return false
	}
	_, err := strconv.ParseUint(table[prefix:prefix+digits], 16, 64)
	return err == nil
}

// decode reads the encoding of file names: @ with four hexadecimal digits, or with
// two characters of the table of letters. What is neither stays as it is.
func decode(name string) string {
	if !strings.Contains(name, "@") {
		return name
	}
	var out strings.Builder
	for i := 0; i < len(name); {
		if name[i] == '@' {
			if r, width := escaped(name[i+1:]); width > 0 {
				out.WriteRune(r)
				i += 1 + width
				continue
			}
		}
		out.WriteByte(name[i])
		i++
	}
	return out.String()
}

// escaped reads what follows an @.
func escaped(s string) (r rune, width int) {
	if len(s) >= 2 {
		if r, ok := letterCodes()[s[:2]]; ok {
			return r, 2
		}
	}
	if len(s) >= 4 {
		if n, err := strconv.ParseUint(s[:4], 16, 16); err == nil && utf8.ValidRune(rune(n)) {
			return rune(n), 4
		}
	}
	return 0, 0
}

// letterCodes are the codes of two characters.
var letterCodes = sync.OnceValue(func() map[string]rune {
	codes := map[string]rune{}
	for line := range strings.Lines(letters) {
		first := line[:1]
		for rest := strings.TrimSuffix(line[1:], "\n"); rest != ""; {
			r, width := utf8.DecodeRuneInString(rest[1:])
			codes[first+rest[:1]] = r
			rest = rest[1+width:]
		}
	}
	return codes
})
