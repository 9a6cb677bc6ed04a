package loki

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The marks that stand in a pattern for what differs from line to line, or is private.
const (
	quotedMark = "<str>"
	numberMark = "<n>"
	idMark     = "<id>"
	addrMark   = "<addr>"
	mailMark   = "<mail>"
	nameMark   = "<name>"
)

// withoutQuoted replaces what stands between quotes, quotes included. Where they do not
// pair up cleanly, nobody knows what is inside and what is outside, so everything from the
// first on goes. Backticks are left: they quote names.
func withoutQuoted(s string) string {
	if !strings.ContainsAny(s, "\"'\u2018\u2019\u201c\u201d") {
		return s
	}
	s = straight.Replace(s)
	var b strings.Builder
	first := -1
	for i := 0; i < len(s); {
		if s[i] != '"' && (s[i] != '\'' || isApostrophe(s, i)) {
			b.WriteByte(s[i])
			i++
			continue
		}
		if first < 0 {
			first = b.Len()
		}
		end := closing(s, i)
		if end < 0 || wordBefore(s, i) {
			return b.String()[:first] + quotedMark
		}
		b.WriteString(quotedMark)
		i = end + 1
	}
	return b.String()
}

var straight = strings.NewReplacer("\u2018", "'", "\u2019", "'", "\u201c", `"`, "\u201d", `"`)

// closing is where the quote ends that begins at i, or -1. A backslash and a second quote
// escape one, and a single quote within a word is an apostrophe.
func closing(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == '\\':
			j++
		case s[j] != s[i]:
		case j+1 < len(s) && s[j+1] == s[i]:
			j++
		case wordAt(s, j+1) && s[i] == '"':
			return -1
		case wordAt(s, j+1):
		default:
			return j
		}
	}
	return -1
}

// contractions are what follows an apostrophe in English: can't, it's, I'm.
var contractions = [...]string{"s", "t", "m", "d", "re", "ve", "ll"}

// isApostrophe reports whether the quote at i belongs to a word: it's, the users' carts.
func isApostrophe(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	if i == 0 || !unicode.IsLetter(before) {
		return false
	}
	rest := s[i+1:]
	for _, c := range contractions {
		after, found := strings.CutPrefix(rest, c)
		if found && !wordAt(after, 0) && !strings.HasPrefix(after, "'") && !strings.HasPrefix(after, `"`) {
			return true
		}
	}
	return !wordAt(rest, 0) && !strings.HasPrefix(rest, "'")
}

func wordBefore(s string, i int) bool {
	r, size := utf8.DecodeLastRuneInString(s[:i])
	return size > 0 && isWord(r)
}

func wordAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return isWord(r)
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}
