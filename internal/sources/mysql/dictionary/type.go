package dictionary

import "strconv"

// InnoDB's main types (MTYPE) and the flags of PRTYPE, whose low byte is the
// server's type and whose upper half the number of the collation. See
// storage/innobase/include/data0type.h.
const (
	mainFixBinary = 3
	mainBinary    = 4
	mainBlob      = 5
	mainInt       = 6
	mainGeometry  = 14 // and the point types after it

	flagNotNull  = 1 << 8
	flagUnsigned = 1 << 9
	flagVirtual  = 1 << 13

	collationShift = 16
	collationMask  = 1<<15 - 1
	binary         = 63 // the collation of bytes
)

// The server's types that PRTYPE's low byte names.
const (
	typeFloat    = 4
	typeDouble   = 5
	typeStamp    = 7
	typeDate     = 10
	typeTime     = 11
	typeDatetime = 12
	typeYear     = 13
	typeNewDate  = 14
	typeVarchar  = 15
	typeBit      = 16
	typeJSON     = 245
	typeDecimal  = 246
	typeVarText  = 253
	typeText     = 254
)

// TypeOf is a column's type as far as InnoDB knows it, and the number of its
// collation, 0 where it has none: "int unsigned not null", "varchar(50)",
// "decimal (5 bytes)". Lengths are InnoDB's: where they do not tell the declared
// one, they are given in bytes.
func TypeOf(main, precise, length uint64) (name string, collation int) {
	name = baseType(main, precise, length)
	if isInteger(precise&0xff) && precise&flagUnsigned != 0 {
		name += " unsigned"
	}
	if precise&flagNotNull != 0 {
		name += " not null"
	}
	if precise&flagVirtual != 0 {
		name += " virtual"
	}
	if number := int(precise >> collationShift & collationMask); hasText(main, precise) && number != binary {
		collation = number
	}
	return name, collation
}

// isInteger reports whether a server's type is one of the five integers.
func isInteger(code uint64) bool { return code >= 1 && code <= 3 || code == 8 || code == 9 }

// hasText reports whether a column holds characters.
func hasText(main, precise uint64) bool {
	switch precise & 0xff {
	case typeStamp, typeDate, typeTime, typeDatetime, typeYear, typeNewDate, typeBit, typeJSON, typeDecimal:
		return false
	}
	return main == 1 || main == 2 || main == mainBlob || main == 12 || main == 13
}

func baseType(main, precise, length uint64) string {
	code, bytes := precise&0xff, precise>>collationShift&collationMask == binary
	switch code {
	case typeFloat:
		return "float"
	case typeDouble:
		return "double"
	case typeStamp:
		return fractional("timestamp", length, 4)
	case typeDatetime:
		return fractional("datetime", length, 5)
	case typeTime:
		return fractional("time", length, 3)
	case typeDate, typeNewDate:
		return "date"
	case typeYear:
		return "year"
	case typeBit:
		return inBytes("bit", length)
	case typeDecimal:
		return inBytes("decimal", length)
	case typeJSON:
		return "json"
	}
	switch {
	case main >= mainGeometry:
		return "geometry"
	case main == mainInt && code == typeText:
		return inBytes("enum or set", length)
	case main == mainInt:
		return integer(length)
	case main == mainBlob:
		return blob(length, bytes || main == mainBinary)
	case main == mainBinary:
		return "varbinary(" + strconv.FormatUint(length, 10) + ")"
	case main == mainFixBinary && code == typeText:
		return "binary(" + strconv.FormatUint(length, 10) + ")"
	case code == typeVarchar || code == typeVarText:
		return characters("varchar", precise, length)
	case code == typeText:
		return characters("char", precise, length)
	}
	return inBytes("type "+strconv.FormatUint(code, 10), length)
}

// fractional is a time with the fraction of a second that its bytes leave room for:
// one byte holds one or two digits.
func fractional(name string, length, whole uint64) string {
	switch length {
	case whole + 1:
		return name + "(1 or 2)"
	case whole + 2:
		return name + "(3 or 4)"
	case whole + 3:
		return name + "(5 or 6)"
	}
	return name
}

func integer(length uint64) string {
	switch length {
	case 1:
		return "tinyint"
	case 2:
		return "smallint"
	case 3:
		return "mediumint"
	case 8:
		return "bigint"
	}
	return "int"
}

// blob is a type outside the row: InnoDB's length is a pointer of eight bytes and
// the bytes that hold the length. A JSON column of MariaDB is a longtext.
func blob(length uint64, bytes bool) string {
	size := map[uint64]string{9: "tiny", 11: "medium", 12: "long"}[length]
	if bytes {
		return size + "blob"
	}
	return size + "text"
}

func inBytes(name string, length uint64) string {
	if length == 1 {
		return name + " (1 byte)"
	}
	return name + " (" + strconv.FormatUint(length, 10) + " bytes)"
}

// characters turns InnoDB's length in bytes into characters where the collation's
// widest character is known.
func characters(name string, precise, length uint64) string {
	width := widest(int(precise >> collationShift & collationMask))
	if width == 0 || length%width != 0 {
		return inBytes(name, length)
	}
	return name + "(" + strconv.FormatUint(length/width, 10) + ")"
}

// widest is how many bytes a collation's widest character has; 0 for those that
// are rare. The numbers are in INFORMATION_SCHEMA.COLLATIONS of both flavours.
func widest(collation int) uint64 {
	switch {
	case collation == 5, collation == 8, collation == 11, collation == 15, collation == 31, collation == 47, collation == 48, collation == 49, collation == 65, collation == 94:
		return 1 // latin1, ascii
	case collation == 33, collation == 76, collation == 83, collation >= 192 && collation <= 215, collation == 223:
		return 3 // utf8mb3
	case collation == 45, collation == 46, collation >= 224 && collation <= 247, collation >= 255 && collation <= 323, collation >= 2304 && collation < 2560:
		return 4 // utf8mb4; from 2304 on MariaDB's uca1400
	}
	return 0
}

// collationName is the name of the most common collations.
func collationName(number int) string {
	name := map[int]string{
		8: "latin1_swedish_ci", 11: "ascii_general_ci", 33: "utf8mb3_general_ci", 45: "utf8mb4_general_ci", 46: "utf8mb4_bin", 47: "latin1_bin",
		83: "utf8mb3_bin", 224: "utf8mb4_unicode_ci", 246: "utf8mb4_unicode_520_ci", 255: "utf8mb4_0900_ai_ci", 309: "utf8mb4_0900_bin",
	}[number]
	if name == "" {
		name = "number " + strconv.Itoa(number)
	}
	return name
}
