package lint

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

// html reads a block of HTML: its comments, and the text between its tags.
func (r *reader) html(n *ast.HTMLBlock, at place) {
	start, end := -1, -1
	for i := range n.Lines().Len() {
		s := n.Lines().At(i)
		if start < 0 {
			start = s.Start
		}
		end = s.Stop
	}
	if n.HasClosure() {
		if start < 0 {
			start = n.ClosureLine.Start
		}
		end = max(end, n.ClosureLine.Stop)
	}
	if start < 0 {
		return
	}
	q := &passage{form: term, section: r.section, quote: at.quote}
	f := &flattener{page: r.page, source: r.text, raw: r.source, passage: q, section: r.section}
	if n.HTMLBlockType == ast.HTMLBlockType1 { // script, style, pre
		return
	}
	r.between(f, start, end)
	if len(q.spans) == 0 || blank(f.text.String()) {
		return
	}
	q.text = f.text.String()
	q.block = r.page.blockAt(q.srcStart())
	q.findLabel()
	r.page.passages = append(r.page.passages, q)
}

// between adds the text between the tags of HTML, and notes the comments.
func (r *reader) between(f *flattener, at, end int) {
	for at < end {
		rest := r.text[at:end]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			n := strings.Index(rest, "-->")
			if n < 0 {
				return
			}
			r.page.comment(at, at+n+3, r.section)
			at += n + 3
		case strings.HasPrefix(rest, "<code"), strings.HasPrefix(rest, "<pre"):
			n := closing(rest)
			f.sign(at)
			at += n
		case rest[0] == '<':
			n := strings.IndexByte(rest, '>')
			if n < 0 {
				return
			}
			at += n + 1
		default:
			n := strings.IndexByte(rest, '<')
			if n < 0 {
				n = len(rest)
			}
			r.lines(f, at, at+n)
			at += n
		}
	}
}

// closing is the length of an element of code, with its end tag.
func closing(rest string) int {
	n := strings.Index(rest, "</")
	if n < 0 {
		return len(rest)
	}
	m := strings.IndexByte(rest[n:], '>')
	if m < 0 {
		return len(rest)
	}
	return n + m + 1
}

// lines adds text that may span lines.
func (r *reader) lines(f *flattener, start, end int) {
	for start < end {
		n := strings.IndexByte(r.text[start:end], '\n')
		if n < 0 {
			f.add(r.text[start:end], start)
			return
		}
		f.add(r.text[start:start+n], start)
		f.add(" ", start+n)
		start += n + 1
	}
}
