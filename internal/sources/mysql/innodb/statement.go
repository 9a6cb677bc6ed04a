package innodb

import (
	"net"
	"slices"
	"strings"
)

// mayBeCut is the length from which on a statement may have been cut off by the
// server, so that it may end inside a literal: MySQL prints 3,000 bytes, MariaDB
// 3,072 with the line before, which holds the account's name.
const mayBeCut = 2700

// statementEnds are the places where the statement of a party can end: before a
// title of its locks. Those that are outside of literals and comments come first;
// whether a backslash escapes is up to the session's sql_mode, so both readings count.
func statementEnds(text lines, t Transaction) (ends []int) {
	from := text.at
	var doubtful []int
	for l := text; !l.end(); {
		before := l.at
		m := locksLine.FindStringSubmatch(l.next())
		if m == nil || m[2][0] == 'C' {
			continue
		}
		lock, ok := parseLock(peek(l))
		if ok && lock.Transaction != t.ID {
			continue
		}
		if len(ends)+len(doubtful) >= maxReadings {
			break
		}
		if before == from || outside(text.text[from:before], true) || outside(text.text[from:before], false) {
			ends = append(ends, before)
		} else {
			doubtful = append(doubtful, before)
		}
	}
	if ends == nil && doubtful == nil {
		return []int{len(text.text)} // cut off within the statement, which is then left out
	}
	slices.SortStableFunc(doubtful, func(a, b int) int { return cut(b-from) - cut(a-from) })
	return append(ends, doubtful...)
}

func cut(length int) int {
	if length >= mayBeCut {
		return 1
	}
	return 0
}

func peek(l lines) string { return l.next() }

// outside reports whether a text ends outside of literals, quoted names and
// comments.
func outside(text string, backslash bool) bool {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'' || c == '"' || c == '`':
			end := closing(text, i, backslash && c != '`')
			if end < 0 {
				return false
			}
			i = end
		case c == '#', strings.HasPrefix(text[i:], "-- "), strings.HasPrefix(text[i:], "--\n"), strings.HasPrefix(text[i:], "--\t"):
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return false
			}
			i += end + 1
		case strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return false
			}
			i += 2 + end + 2
		default:
			i++
		}
	}
	return true
}

// closing is where the text goes on after the quote that begins at i, or -1. A
// doubled quote ends one literal and begins the next, which comes to the same.
func closing(text string, i int, backslash bool) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i + 1
		case backslash && text[i] == '\\':
			i++
		}
	}
	return -1
}

// states are those that a session shows while it waits for a row: what stands
// behind the account's name, which may hold blanks itself.
var states = []string{
	"updating", "Updating", "update", "Update", "updating reference tables", "executing", "Executing", "Sending data", "Sending to client", "statistics", "Statistics",
	"Searching rows for update", "deleting from main table", "deleting from reference tables", "Deleting from main table", "Updating main table",
	"preparing", "Preparing", "init", "Init", "System lock", "Creating sort index", "Sorting result", "Copying to tmp table", "Creating tmp table", "end", "starting", "Starting",
	"User lock", "altering table", "copy to tmp table", "Locked", "Filling schema table",
}

// client reads "host address account state", of which each may be missing. The
// host's name is left out where the server does not resolve names.
func client(words string) (host, account string) {
	first, rest, _ := strings.Cut(words, " ")
	second, afterSecond, _ := strings.Cut(rest, " ")
	switch {
	case net.ParseIP(second) != nil:
		host, rest = first, afterSecond
	case net.ParseIP(first) != nil, first == "localhost":
		host = first
	default:
		return "", "" // the server's own thread: only a state
	}
	longest := ""
	for _, state := range states {
		if (rest == state || strings.HasSuffix(rest, " "+state)) && len(state) > len(longest) {
			longest = state
		}
	}
	if longest == "" {
		account, _, _ = strings.Cut(rest, " ")
		return host, account
	}
	return host, strings.TrimSuffix(strings.TrimSuffix(rest, longest), " ")
}
