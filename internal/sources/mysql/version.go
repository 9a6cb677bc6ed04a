package mysql

import (
	"fmt"
	"strconv"
	"strings"
)

// Flavour is a family of servers that answer alike.
type Flavour string

// The two flavours. Percona's and Amazon's servers are MySQL here.
const (
	MySQL   Flavour = "MySQL"
	MariaDB Flavour = "MariaDB"
)

// Version is what a server is: its flavour, and its version as an integer of
// two digits each for major, minor and patch (101119, 90704), because as a
// decimal 10.10 would be less than 10.9.
type Version struct {
	Flavour Flavour
	Number  int
	Text    string // as the server says it: 10.11.19-MariaDB-0+deb12u1-log
}

// The oldest versions that are recorded.
const (
	oldestMySQL   = 80000
	oldestMariaDB = 100600
)

// ParseVersion reads @@version. MariaDB says so in it; proxies of old put 5.5.5-
// before its real number, because MySQL's replication once refused two digits.
func ParseVersion(text string) (Version, error) {
	v := Version{Flavour: MySQL, Text: text}
	number := text
	if strings.Contains(strings.ToLower(text), "mariadb") {
		v.Flavour = MariaDB
		number = strings.TrimPrefix(number, "5.5.5-")
	}
	end := strings.IndexFunc(number, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end >= 0 {
		number = number[:end]
	}
	parts := strings.Split(strings.Trim(number, "."), ".")
	if len(parts) < 2 {
		return v, fmt.Errorf("%q is not a version of MySQL or MariaDB", text)
	}
	for i := range 3 {
		part := 0
		if i < len(parts) {
			var err error
			if part, err = strconv.Atoi(parts[i]); err != nil || part > 99 {
				return v, fmt.Errorf("%q is not a version of MySQL or MariaDB", text)
			}
		}
		v.Number = v.Number*100 + part
	}
	return v, nil
}

// Supported says why a server is too old to be recorded, or nil.
func (v Version) Supported() error {
	oldest := oldestMySQL
	if v.Flavour == MariaDB {
		oldest = oldestMariaDB
	}
	if v.Number < oldest {
		return fmt.Errorf("%s %s is too old: collector records %s %d.%d and later", v.Flavour, v.Text, v.Flavour, oldest/10000, oldest/100%100)
	}
	return nil
}

// mysqlFrom reports whether it is a MySQL of this number or above.
func (v Version) mysqlFrom(number int) bool { return v.Flavour == MySQL && v.Number >= number }

func (v Version) String() string {
	return fmt.Sprintf("%s %d.%d.%d", v.Flavour, v.Number/10000, v.Number/100%100, v.Number%100)
}
