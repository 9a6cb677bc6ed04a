package report

import "strings"

// Block is a generated block of a document, as it stands there now.
type Block struct {
	ID      string // of a block beside another: that one's with .update-1
	Changed bool   // a person changed the text since it was written
	Start   int    // the byte at which the begin marker's line starts
	Text    int    // the byte at which the text starts
	End     int    // the byte behind the text, where the end marker's line starts
}

// Blocks finds the generated blocks of a document, in order. A begin marker
// without its end makes no block.
func Blocks(doc string) []Block {
	var out []Block
	at := 0
	for _, s := range split(doc) {
		if s.id != "" {
			text := at + strings.IndexByte(s.raw, '\n') + 1
			out = append(out, Block{s.id, s.changed(), at, text, text + len(s.text)})
		}
		at += len(s.raw)
	}
	return out
}

// IsCitation reports whether a link's text has the form of a record's ID.
func IsCitation(text string) bool {
	m := citation.FindStringIndex("[" + text + "]")
	return m != nil && m[1] == len(text)+2 && m[0] == 0
}

// Documents are what a draft's facts give, with their blocks sealed.
func Documents(draft Draft) ([]Document, error) { return draft.normal().render() }
