package actions

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// words is the text of a cell or an item, without its markup.
type words struct {
	shown  string // what is not struck through; all of it where everything is
	struck bool   // everything is struck through
}

// maxWords is how many characters of a text are kept.
const maxWords = 300

// text collects the words below a node.
func (r *reader) text(n ast.Node) words {
	var shown, struck strings.Builder
	deleted := 0
	write := func(b []byte) {
		to := &shown
		if deleted > 0 {
			to = &struck
		}
		if to.Len() < 8*maxWords {
			to.Write(b)
		}
	}
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *extast.Strikethrough:
			if entering {
				deleted++
			} else {
				deleted--
			}
		case *ast.List: // what is below an item is of its own
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if entering {
				write(plain(n, n.Segment.Value(r.source)))
				if n.SoftLineBreak() || n.HardLineBreak() {
					write([]byte(" "))
				}
			}
		case *ast.AutoLink:
			if entering {
				write(n.URL(r.source))
			}
		case *ast.RawHTML: // <br> stands for a line's end
			if entering {
				write([]byte(" "))
			}
		case *ast.Link:
			if entering && n.FirstChild() == nil {
				write(n.Destination)
			}
		}
		return ast.WalkContinue, nil
	})
	w := words{shown: clean(shown.String())}
	if w.shown == "" {
		w.shown = clean(struck.String())
		w.struck = w.shown != ""
	}
	return w
}

// plain is a text as it is shown: escapes and entities are resolved, but not in code.
func plain(n *ast.Text, raw []byte) []byte {
	if n.Parent() != nil && n.Parent().Kind() == ast.KindCodeSpan || n.IsRaw() {
		return raw
	}
	return util.UnescapePunctuations(util.ResolveNumericReferences(util.ResolveEntityNames(raw)))
}

// clean makes people's text one line that is safe on a terminal.
func clean(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), unicode.IsSpace), " ")
	text = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) && c != '\u200d' {
			return -1
		}
		return c
	}, text))
	if runes := []rune(text); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return text
}
