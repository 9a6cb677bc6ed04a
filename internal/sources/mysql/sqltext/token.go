package sqltext

import "strings"

// quoted is the length of the literal at the start of text, which is all of it
// when the literal does not end.
func quoted(text string, quote byte, escapes bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && escapes:
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(text)
}

// numberEnd is the length of what starts like a number. All name characters
// belong to it: 0xAB, 1e5, but also the name 2024_orders, which only a server
// with the schema could tell from a mistyped literal.
func numberEnd(text string) int {
	for i := 1; i < len(text); i++ {
		c := text[i]
		sign := (c == '+' || c == '-') && (text[i-1] == 'e' || text[i-1] == 'E') && i+1 < len(text) && isDigit(text[i+1]) && allNumeric(text[:i-1])
		if !isWord(c) && c != '.' && !sign {
			return i
		}
	}
	return len(text)
}

func allNumeric(text string) bool {
	return strings.Trim(text, "0123456789.") == ""
}

// dollarEnd is the length of a dollar-quoted string $tag$ … $tag$, or of the one
// word when no tag ends. See https://dev.mysql.com/doc/refman/9.7/en/string-literals.html.
func dollarEnd(text string) int {
	tag := strings.IndexByte(text[1:], '$')
	if tag < 0 || strings.ContainsFunc(text[1:1+tag], func(r rune) bool { return r < 0x80 && !isWord(byte(r)) }) {
		return wordEnd(text)
	}
	tag += 2
	end := strings.Index(text[tag:], text[:tag])
	if end < 0 {
		return len(text)
	}
	return tag + end + tag
}

func commentEnd(text string) int {
	if end := strings.Index(text[2:], "*/"); end >= 0 {
		return 2 + end + 2
	}
	return len(text)
}

// nestedCommentEnd is the length of a version comment that is skipped; comments
// may be nested in it.
func nestedCommentEnd(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func hintEnd(text string) int {
	for i := 3; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '"' || c == '`':
			i += quoted(text[i:], c, false) - 1
		case strings.HasPrefix(text[i:], "*/"):
			return i + 2
		}
	}
	return len(text)
}

func lineEnd(text string) int {
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		return end
	}
	return len(text)
}

func wordEnd(text string) int {
	for i := 0; i < len(text); i++ {
		if !isWord(text[i]) {
			return i
		}
	}
	return len(text)
}

// isWord reports whether c belongs to unquoted names: ASCII letters, digits, _
// and $, and every byte of a multi-byte character.
func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
