package binlog

import "encoding/binary"

// variables is what is read of a QUERY_EVENT's status variables.
type variables struct {
	mode  *sqlMode // nil where the event does not tell
	alter byte     // MariaDB's flags of an ALTER that is logged twice, when it begins and when it ends
}

type sqlMode uint64

// Bits of sql_mode, the same in both flavours: sql/system_variables.h, sql_class.h.
const (
	modeANSIQuotes         sqlMode = 1 << 2
	modeNoBackslashEscapes sqlMode = 1 << 20
)

// Flags of MariaDB 10.8's binlog_alter_two_phase: the ALTER begins, or it failed.
// Only the event of its commit is a change.
const (
	alterStarts    = 1 << 1
	alterRollsBack = 1 << 3
)

// Codes of status variables that are read. See libs/mysql/binlog/event/statement_events.h
// and, from 128 on, MariaDB's sql/log_event.h.
const (
	variableMode   = 1
	variableFlags3 = 130
)

// readVariables reads as far as it knows how long a variable is. Both flavours write
// them in the order of their codes, so what is wanted of MySQL comes before what is
// unknown of it.
func readVariables(b []byte) (v variables) {
	for len(b) > 0 {
		code := b[0]
		b = b[1:]
		length, known := variableLength(code, b)
		if !known || length > len(b) {
			return v
		}
		switch code {
		case variableMode:
			m := sqlMode(binary.LittleEndian.Uint64(b))
			v.mode = &m
		case variableFlags3:
			v.alter = b[0]
		}
		b = b[length:]
	}
	return v
}

// variableLength is how long a variable's value at the start of b is.
func variableLength(code byte, b []byte) (length int, known bool) {
	text := func(at int) int {
		if at < len(b) {
			return at + 1 + int(b[at])
		}
		return len(b) + 1
	}
	switch code {
	case 0, 3, 10: // flags, auto_increment, the size at the source
		return 4, true
	case variableMode, 9, 129: // tables of a multi-table update, MariaDB's transaction
		return 8, true
	case 4: // character sets
		return 6, true
	case 7, 8: // lc_time_names, the schema's collation
		return 2, true
	case 128: // MariaDB's microseconds
		return 3, true
	case 5, 6: // time zone, catalog
		return text(0), true
	case 11: // account: user and host
		return text(text(0)), true
	case variableFlags3:
		return 1, true
	}
	return 0, false
}
