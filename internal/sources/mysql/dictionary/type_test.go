package dictionary

import "testing"

// The numbers are what MariaDB 10.11 and MySQL 9.7 answered for columns of the type.
func TestTypeOf(t *testing.T) {
	for _, tc := range []struct {
		main, precise, length uint64
		want                  string
		collation             int
	}{
		{6, 1795, 4, "int unsigned not null", 0},
		{6, 1027, 4, "int", 0},
		{6, 9219, 4, "int virtual", 0},
		{6, 1032, 8, "bigint", 0},
		{6, 1283, 4, "int not null", 0},
		{6, 1539, 4, "int unsigned", 0},
		{1, 524303, 50, "varchar(50)", 8},
		{12, 16711695, 200, "varchar(50)", 255},
		{12, 16715791, 1200, "varchar(300)", 255}, // its length takes two bytes
		{12, 3014671, 240, "varchar(60)", 46},
		{12, 9<<16 | 15, 41, "varchar (41 bytes)", 9},
		{3, 525324, 7, "datetime(3 or 4)", 0},
		{3, 525324, 5, "datetime", 0},
		{3, 525558, 5, "decimal (5 bytes)", 0},
		{3, 63<<16 | 1024 | 16, 1, "bit (1 byte)", 0},
		{6, 766, 1, "enum or set (1 byte)", 0},
		{5, 16711932, 10, "text", 255},
		{5, 63<<16 | 1024 | 252, 12, "longblob", 0},
		{5, 63<<16 | 1024 | 245, 12, "json", 0},
		{4, 63<<16 | 1024 | 15, 16, "varbinary(16)", 0},
		{3, 63<<16 | 1024 | 254, 16, "binary(16)", 0},
		{13, 45<<16 | 254, 40, "char(10)", 45},
		{9, 1024 | 4, 4, "float", 0},
		{10, 1024 | 256 | 5, 8, "double not null", 0},
		{6, 1024 | 512 | 13, 1, "year", 0},
		{6, 1024 | 10, 3, "date", 0},
		{99, 1024 | 77, 9, "geometry", 0},
	} {
		t.Run(tc.want, func(t *testing.T) {
			if got, collation := TypeOf(tc.main, tc.precise, tc.length); got != tc.want || collation != tc.collation {
				t.Errorf("got %q %d, want %q %d", got, collation, tc.want, tc.collation)
			}
		})
	}
}
