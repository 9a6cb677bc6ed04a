package innodb

import (
	"regexp"
	"strings"
)

var (
	rowLockLine   = regexp.MustCompile(`^RECORD LOCKS space id \d+ page no \d+ n bits \d+ index (.+)$`)
	tableLockLine = regexp.MustCompile(`^TABLE LOCK table (.+)$`)
	partitionNote = regexp.MustCompile(`^ /\* Partition (.+?) \*/`)
	lockTail      = regexp.MustCompile(`^ trx id (\d+) lock[_ ]mode ([A-Z_-]+)((?: [a-z]+)*)$`)
)

// parseLock reads the line of one lock.
func parseLock(line string) (Lock, bool) {
	if m := tableLockLine.FindStringSubmatch(line); m != nil {
		l := Lock{Class: Table}
		return l, l.object(m[1])
	}
	m := rowLockLine.FindStringSubmatch(line)
	if m == nil {
		return Lock{}, false
	}
	const of = " of table "
	for i := 0; ; {
		next := strings.Index(m[1][i:], of)
		if next < 0 {
			return Lock{}, false
		}
		i += next
		l := Lock{Class: Row, Index: unquoted(m[1][:i])}
		if l.object(m[1][i+len(of):]) {
			return l, true
		}
		i += len(of)
	}
}

// object reads "`shop`.`orders` /* Partition `p` */ trx id 5 lock_mode X waiting".
func (l *Lock) object(rest string) bool {
	var ok bool
	if l.Schema, rest, ok = identifier(rest); !ok || !strings.HasPrefix(rest, ".") {
		return false
	}
	if l.Table, rest, ok = identifier(rest[1:]); !ok {
		return false
	}
	if m := partitionNote.FindStringSubmatch(rest); m != nil {
		if l.Partition, _, ok = identifier(m[1]); !ok {
			return false
		}
		rest = rest[len(m[0]):]
	}
	m := lockTail.FindStringSubmatch(rest)
	if m == nil {
		return false
	}
	l.Transaction, l.Mode = whole(m[1]), mode(m[2], m[3])
	return true
}

// mode writes a lock's mode as performance_schema.data_locks does.
func mode(name, words string) string {
	name = strings.ReplaceAll(name, "-", "_")
	for _, w := range []struct{ words, name string }{
		{"locks rec but not gap", "REC_NOT_GAP"}, {"locks gap before rec", "GAP"}, {"insert intention", "INSERT_INTENTION"},
	} {
		if strings.Contains(words, w.words) {
			name += "," + w.name
		}
	}
	return name
}

// identifier reads a name and returns what follows it. Names are quoted as the
// session that waits quotes them: by its sql_mode with " instead of `, or not at
// all.
func identifier(text string) (name, rest string, ok bool) {
	if text == "" {
		return "", "", false
	}
	quote := text[0]
	if quote != '`' && quote != '"' {
		end := strings.IndexAny(text, ". ,`\"")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], end > 0
	}
	for i := 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 < len(text) && text[i+1] == quote {
			i++
			continue
		}
		name = strings.ReplaceAll(text[1:i], string([]byte{quote, quote}), string(quote))
		return name, text[i+1:], name != ""
	}
	return "", "", false
}

// unquoted is a name that may be quoted.
func unquoted(text string) string {
	if name, rest, ok := identifier(text); ok && rest == "" {
		return name
	}
	return text
}
