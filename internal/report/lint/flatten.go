package lint

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"collector/internal/report"
)

// code stands for what is not prose: code, addresses of pages.
const code = "¤"

// flattener makes plain text of inline Markdown.
type flattener struct {
	page    *page
	source  string
	passage *passage
	section *section
	text    strings.Builder
	raw     []byte // source, for the parser
}

// add appends text that stands at a byte of the file.
func (f *flattener) add(s string, src int) {
	if s == "" {
		return
	}
	f.passage.spans = append(f.passage.spans, span{f.text.Len(), src})
	f.text.WriteString(s)
	f.passage.srcEnd = max(f.passage.srcEnd, min(src+len(s), len(f.source)))
}

// here is the byte behind what was added last.
func (f *flattener) here() int { return f.passage.srcEnd }

func (f *flattener) inlines(parent ast.Node, depth int) {
	if depth > maxDepth {
		return
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		f.inline(n, depth)
	}
}

func (f *flattener) inline(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Text:
		f.prose(n.Segment.Start, n.Segment.Stop)
		if n.SoftLineBreak() || n.HardLineBreak() {
			f.add(" ", n.Segment.Stop)
		}
	case *ast.CodeSpan:
		f.code(n)
	case *ast.Link:
		f.link(n, depth)
	case *ast.AutoLink:
		f.autoLink(n)
	case *ast.RawHTML:
		f.rawHTML(n)
	case *extast.TaskCheckBox:
		f.passage.checked = n.IsChecked
	case *extast.FootnoteLink:
		at := f.text.Len()
		f.passage.cites = append(f.passage.cites, cite{start: at, end: at})
	case *ast.Image, *extast.Strikethrough: // a picture; what was taken back
	default:
		f.inlines(n, depth+1)
	}
}

// prose adds the bytes of a text, without the backslashes that escape punctuation.
func (f *flattener) prose(start, stop int) {
	from := start
	for i := start; i+1 < stop; i++ {
		if f.source[i] == '\\' && isPunctuation(f.source[i+1]) {
			f.add(f.source[from:i], from)
			from = i + 1
			i++
		}
	}
	f.add(f.source[from:stop], from)
}

func isPunctuation(c byte) bool {
	letter := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	return c > ' ' && c < 0x7f && !letter
}

// code adds a sign that stands for the code, where the code stands.
func (f *flattener) code(n *ast.CodeSpan) {
	if t, ok := n.FirstChild().(*ast.Text); ok {
		f.sign(t.Segment.Start)
	}
	if t, ok := n.LastChild().(*ast.Text); ok {
		f.passage.srcEnd = max(f.passage.srcEnd, t.Segment.Stop)
	}
}

func (f *flattener) sign(src int) {
	f.passage.spans = append(f.passage.spans, span{f.text.Len(), src})
	f.text.WriteString(code)
	f.passage.srcEnd = max(f.passage.srcEnd, min(src+1, len(f.source)))
}

func (f *flattener) link(n *ast.Link, depth int) {
	start := f.text.Len()
	f.inlines(n, depth+1)
	c := cite{start: start, end: f.text.Len(), defined: true}
	if name := f.text.String()[start:]; report.IsCitation(name) {
		c.id = name
	}
	f.passage.cites = append(f.passage.cites, c)
}

// autoLink keeps an e-mail address; the address of a page is a citation.
func (f *flattener) autoLink(n *ast.AutoLink) {
	label := string(n.Label(f.raw))
	at := strings.Index(f.source[f.here():], label)
	if at < 0 {
		return
	}
	at += f.here()
	if n.AutoLinkType == ast.AutoLinkEmail {
		f.add(label, at)
		return
	}
	start := f.text.Len()
	f.sign(at)
	f.passage.cites = append(f.passage.cites, cite{start: start, end: f.text.Len()})
}

func (f *flattener) rawHTML(n *ast.RawHTML) {
	if n.Segments.Len() == 0 {
		return
	}
	first, last := n.Segments.At(0), n.Segments.At(n.Segments.Len()-1)
	raw := f.source[first.Start:last.Stop]
	if strings.HasPrefix(raw, "<!--") {
		f.page.comment(first.Start, last.Stop, f.section)
		return
	}
	if strings.HasPrefix(strings.ToLower(raw), "<br") {
		f.add(" ", first.Start)
	}
}

// comment notes an HTML comment that stands between two bytes.
func (p *page) comment(start, end int, s *section) {
	text := strings.TrimSuffix(strings.TrimPrefix(p.src[start:end], "<!--"), "-->")
	p.comments = append(p.comments, comment{start, end, strings.TrimSpace(text), s})
}
