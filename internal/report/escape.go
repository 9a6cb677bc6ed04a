package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters of foreign text a document shows. The evidence has all of it.
const (
	maxText = 300 // in a sentence or a cell
	maxName = 80  // of a server, a service, a metric
)

// escape makes foreign text safe as inline Markdown, also within a table: one
// line, no markup, no HTML, no bare links, no invisible or direction-changing
// characters, at most limit characters.
func escape(text string, limit int) string { return markup(plain(text, limit)) }

// plain makes foreign text one clean line of at most limit characters.
func plain(text string, limit int) string {
	if len(text) > 8*limit+utf8.UTFMax { // enough for the limit, little enough to walk
		text = text[:8*limit]
	}
	var b strings.Builder
	n, space := 0, false
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case unicode.In(r, unicode.C): // controls, bidi marks, joiners, private use
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n >= limit {
			return b.String() + "…"
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// markup escapes what Markdown would read as markup.
func markup(text string) string {
	var b strings.Builder
	runes := []rune(text)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	for i, r := range runes {
		switch r {
		case '<':
			b.WriteString("&lt;")
			continue
		case '>':
			b.WriteString("&gt;")
			continue
		case '&':
			b.WriteString("&amp;")
			continue
		case '\\', '`', '*', '[', ']', '|', '~', '!', '#', '$', '{', '}':
			b.WriteByte('\\')
		case '_':
			if !word(at(i-1)) || !word(at(i+1)) { // threads_running is no emphasis
				b.WriteByte('\\')
			}
		case ':':
			if at(i+1) == '/' { // no bare link
				b.WriteByte('\\')
			}
		case '.':
			if i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www") {
				b.WriteByte('\\')
			}
		case '-', '+', '=': // a list or a heading, where a line begins with it
			if i == 0 {
				b.WriteByte('\\')
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// linkTitle escapes a foreign text for the quoted title of a link definition.
func linkTitle(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(plain(text, maxName))
}
