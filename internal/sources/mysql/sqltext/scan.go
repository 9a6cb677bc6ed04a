package sqltext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class says what a byte of a statement is under one reading, or the worst that
// it is under all of them.
type class byte

const (
	code    class = iota // a keyword, a name, an operator
	comment              // becomes a space
	literal              // becomes ?
)

// scanner marks the literals and comments of one text under one reading.
type scanner struct {
	reading
	text    string
	at      int
	version int     // depth of executed version comments around at
	classes []class // shared by all readings: a byte keeps its worst class
}

// classify returns what each byte of text is at worst, under all readings.
func classify(text string) []class {
	classes := make([]class, len(text))
	for _, r := range readings(text) {
		s := scanner{reading: r, text: text, classes: classes}
		for s.at < len(s.text) {
			s.step()
		}
	}
	return classes
}

// take marks the bytes up to end and moves there.
func (s *scanner) take(end int, c class) {
	end = min(end, len(s.text))
	for i := s.at; i < end; i++ {
		s.classes[i] = max(s.classes[i], c)
	}
	s.at = end
}

func (s *scanner) rest() string { return s.text[s.at:] }

// step reads one token.
func (s *scanner) step() {
	rest := s.rest()
	c := rest[0]
	switch {
	case c == '\'':
		s.take(s.at+quoted(rest, '\'', s.singleEscapes), literal)
	case c == '"':
		s.take(s.at+quoted(rest, '"', s.doubleEscapes), literal)
	case c == '`':
		s.quotedName(rest)
	case c == '#':
		s.take(s.at+lineEnd(rest), comment)
	case strings.HasPrefix(rest, "--") && (s.dashesComment || len(rest) == 2 || rest[2] <= ' ' || rest[2] == 0x7f):
		s.take(s.at+lineEnd(rest), comment)
	case strings.HasPrefix(rest, "/*"):
		s.comment(rest)
	case s.version > 0 && strings.HasPrefix(rest, "*/"):
		s.version--
		s.take(s.at+2, comment)
	case c >= '0' && c <= '9', c == '.' && len(rest) > 1 && isDigit(rest[1]) && !s.afterName():
		s.take(s.at+numberEnd(rest), literal)
	case c == '$' && s.dollarQuotes:
		s.take(s.at+dollarEnd(rest), literal)
	case isWord(c):
		s.word(rest)
	case c < ' ' && !isSpace(c), c == 0x7f:
		s.take(len(s.text), literal) // no statement holds a control character outside a literal
	default:
		s.at++
	}
}

// quotedName keeps `name`. A name that does not end is in doubt.
func (s *scanner) quotedName(rest string) {
	for i := 1; i < len(rest); i++ {
		if rest[i] != '`' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '`' {
			i++
			continue
		}
		s.at += i + 1
		return
	}
	s.take(len(s.text), literal)
}

// word reads an unquoted name or keyword. A prefix of a literal (X”, N”,
// _utf8mb4”) goes with it, and so does what cannot be a name.
func (s *scanner) word(rest string) {
	end := wordEnd(rest)
	word := rest[:end]
	if doubt, all := doubtful(word); all {
		s.take(len(s.text), literal)
		return
	} else if doubt {
		s.take(s.at+end, literal)
		return
	}
	if end < len(rest) && (rest[end] == '\'' || rest[end] == '"') && isIntroducer(word) {
		s.take(s.at+end, literal)
		return
	}
	if word[0] == '$' || strings.EqualFold(word, "true") || strings.EqualFold(word, "false") {
		s.take(s.at+end, literal)
		return
	}
	s.at += end
}

// comment reads /* … */, also one that does not end, /*! … */ and /*+ … */.
func (s *scanner) comment(rest string) {
	version := strings.HasPrefix(rest, "/*!") || strings.HasPrefix(rest, "/*M!")
	switch {
	case version && s.versionRuns:
		end := strings.IndexByte(rest, '!') + 1
		for end < len(rest) && isDigit(rest[end]) {
			end++
		}
		s.version++
		s.take(s.at+end, comment)
	case version:
		s.take(s.at+nestedCommentEnd(rest), comment)
	case s.hintsAreQuoted && strings.HasPrefix(rest, "/*+"):
		s.take(s.at+hintEnd(rest), comment)
	default:
		s.take(s.at+commentEnd(rest), comment)
	}
}

// afterName reports whether the byte before is part of a name, so that a dot
// qualifies and does not start a number.
func (s *scanner) afterName() bool {
	if s.at == 0 {
		return false
	}
	before := s.text[s.at-1]
	return before == 0x60 || isWord(before)
}

// doubtful says whether a word holds what no name holds. A typographic quote
// puts the whole rest in doubt: somebody pasted a literal from a document.
func doubtful(word string) (doubt, rest bool) {
	for _, r := range word {
		switch {
		case r < utf8.RuneSelf, unicode.IsLetter(r), unicode.IsMark(r):
		case r == utf8.RuneError, unicode.In(r, unicode.Pi, unicode.Pf, unicode.Quotation_Mark):
			return true, true
		default:
			doubt = true
		}
	}
	return doubt, false
}

func isIntroducer(word string) bool {
	switch word {
	case "x", "X", "b", "B", "n", "N":
		return true
	}
	return word[0] == '_'
}
