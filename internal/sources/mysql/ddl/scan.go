package ddl

import (
	"strings"
	"unicode/utf8"
)

// tokenKind is what a token is.
type tokenKind byte

const (
	word    tokenKind = iota // a keyword or an unquoted name
	quoted                   // a quoted name, quotes and doubled quotes undone
	literal                  // a string, a number or a placeholder; its text is dropped
	symbol                   // one byte
)

type token struct {
	kind tokenKind
	text string
}

// scanner takes a statement apart.
type scanner struct {
	text        string
	at          int
	ansiQuotes  bool
	noBackslash bool
	executed    int // depth of executable comments around at
}

// cutMark ends a normalised statement that was cut off.
const cutMark = "…"

// tokens are the tokens of the first statement of a text. complete is false when
// the text was cut off in it.
func (s *scanner) tokens() (list []token, complete bool) {
	if before, cut := strings.CutSuffix(strings.TrimRight(s.text, " \t\r\n"), cutMark); cut {
		s.text = before
	} else {
		complete = true
	}
	for s.at < len(s.text) {
		t, ok := s.next()
		if !ok {
			continue
		}
		if t.kind == symbol && t.text == ";" {
			return list, true
		}
		list = append(list, t)
	}
	return list, complete
}

// next reads one token, or something that is none.
func (s *scanner) next() (token, bool) {
	rest := s.text[s.at:]
	c := rest[0]
	switch {
	case c <= ' ' || c == 0x7f:
		s.at++
		return token{}, false
	case c == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || rest[2] <= ' '):
		s.skipTo("\n")
		return token{}, false
	case strings.HasPrefix(rest, "/*"):
		s.comment(rest)
		return token{}, false
	case s.executed > 0 && strings.HasPrefix(rest, "*/"):
		s.executed--
		s.at += len("*/")
		return token{}, false
	case c == '`':
		return s.quotedBy(c, true), true
	case c == '"' && s.ansiQuotes:
		return s.quotedBy(c, true), true
	case c == '\'' || c == '"':
		return s.quotedBy(c, false), true
	case isWord(c):
		return s.word(rest), true
	}
	s.at++
	if c == '?' {
		return token{kind: literal}, true
	}
	return token{symbol, rest[:1]}, true
}

func (s *scanner) skipTo(end string) {
	if i := strings.Index(s.text[s.at:], end); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.text)
}

// comment skips a comment, or enters one that is executed: /*!80013 … */ and
// MariaDB's /*M! … */. Whether this server executes it depends on its version; a
// statement that is read here was accepted, and what clients hide in such comments
// is meant for a server of today.
func (s *scanner) comment(rest string) {
	mark := ""
	for _, m := range []string{"/*!", "/*M!"} {
		if strings.HasPrefix(rest, m) {
			mark = m
		}
	}
	if mark == "" {
		s.at += len("/*")
		s.skipTo("*/")
		return
	}
	s.at += len(mark)
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
	s.executed++
}

// quotedBy reads a quoted name or a string. What does not end is a literal: it may
// be anything.
func (s *scanner) quotedBy(quote byte, name bool) token {
	var out strings.Builder
	escapes := quote != '`' && !s.noBackslash
	for i := s.at + 1; i < len(s.text); i++ {
		c := s.text[i]
		switch {
		case c == '\\' && escapes:
			if name { // under ANSI_QUOTES a backslash in a name is a backslash
				out.WriteByte(c)
				continue
			}
			i++
		case c != quote:
			out.WriteByte(c)
		case i+1 < len(s.text) && s.text[i+1] == quote:
			out.WriteByte(c)
			i++
		default:
			s.at = i + 1
			text := out.String()
			if !name || !utf8.ValidString(text) || strings.HasSuffix(text, " ") { // no server accepts a name that ends with a space
				return token{kind: literal}
			}
			return token{quoted, text}
		}
	}
	s.at = len(s.text)
	return token{kind: literal}
}

// word reads a keyword, an unquoted name or a number. A prefix of a string (N'x',
// _utf8mb4'x') is a literal too.
func (s *scanner) word(rest string) token {
	end, digits := 0, true
	for end < len(rest) && isWord(rest[end]) {
		digits = digits && isDigit(rest[end])
		end++
	}
	s.at += end
	text := rest[:end]
	if digits || !utf8.ValidString(text) || isDigit(text[0]) && len(text) > 1 && (text[1] == 'x' || text[1] == 'b') {
		return token{kind: literal}
	}
	if end < len(rest) && rest[end] == '\'' {
		return token{kind: literal} // the string follows as a literal of its own
	}
	return token{word, text}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether c belongs to unquoted names.
func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}
