package lint

import (
	"sort"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	mdtext "github.com/yuin/goldmark/text"

	written "collector/internal/actions"
	"collector/internal/report"
)

// markdown reads what GitHub and GitLab do, and footnotes.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote, extension.DefinitionList))
})

// parse takes a document apart.
func parse(src string) *page {
	p := &page{src: src, lines: lineStarts(src), blocks: report.Blocks(src), defined: map[string]bool{}}
	source := written.Shallow([]byte(withoutFrontMatter(src)))
	body := string(source)
	tree := markdown().Parser().Parse(mdtext.NewReader(source))
	p.sections = []*section{{end: len(src)}}
	r := &reader{page: p, text: body, source: source, section: p.sections[0]}
	r.blocks(tree, place{})
	p.written = written.Tables(tree, source)
	sort.SliceStable(p.passages, func(i, j int) bool { return p.passages[i].srcStart() < p.passages[j].srcStart() })
	sort.SliceStable(p.comments, func(i, j int) bool { return p.comments[i].start < p.comments[j].start })
	p.escape = p.isEscape()
	return p
}

func lineStarts(src string) []int {
	lines := []int{0}
	for i := range len(src) {
		if src[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// withoutFrontMatter blanks out YAML (---) or TOML (+++) above the document, and a
// byte order mark, so that every other byte keeps its place.
func withoutFrontMatter(src string) string {
	mark := ""
	body := src
	if strings.HasPrefix(body, "\ufeff") {
		mark, body = "   ", body[3:]
	}
	for _, fence := range []string{"---", "+++"} {
		first, rest, ok := strings.Cut(body, "\n")
		if !ok || strings.TrimRight(first, " \t\r") != fence {
			continue
		}
		at := len(first) + 1
		for line := range strings.SplitAfterSeq(rest, "\n") {
			at += len(line)
			if t := strings.TrimRight(line, " \t\r\n"); t == fence || fence == "---" && t == "..." {
				return mark + blanked(body[:at]) + body[at:]
			}
		}
	}
	return mark + body
}

// blanked is a text of blanks with the same line ends.
func blanked(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return '\n'
		}
		return ' '
	}, ascii(s))
}

// ascii has one byte for each byte of s.
func ascii(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 0x80 {
			b[i] = ' '
		}
	}
	return string(b)
}

// place is where a block stands.
type place struct {
	quote bool
	item  *item
	depth int
}

// maxDepth is how deeply lists and quotes are followed.
const maxDepth = 200

// reader walks the blocks of a parsed document.
type reader struct {
	page    *page
	text    string // the document without its front matter
	source  []byte // the same
	section *section
	lists   int
}

func (r *reader) blocks(parent ast.Node, at place) {
	if at.depth > maxDepth {
		return
	}
	at.depth++
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		r.block(n, at)
	}
}

func (r *reader) block(n ast.Node, at place) {
	switch n := n.(type) {
	case *ast.Heading:
		r.heading(n, at)
	case *ast.Paragraph, *ast.TextBlock, *extast.DefinitionTerm:
		r.passage(n, paragraph, at)
	case *ast.Blockquote:
		at.quote = true
		r.blocks(n, at)
	case *ast.List:
		r.list(n, at)
	case *extast.Table:
		r.table(n, at)
	case *ast.HTMLBlock:
		r.html(n, at)
	case *ast.LinkReferenceDefinition:
		r.page.defined[string(n.Label)] = true
	case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.ThematicBreak:
	default:
		r.blocks(n, at)
	}
}

// heading begins a section, unless it stands in a quote or a list.
func (r *reader) heading(n *ast.Heading, at place) {
	q := r.passage(n, heading, at)
	if at.quote || at.item != nil {
		return
	}
	start := n.Pos()
	if q != nil {
		start = q.srcStart()
	}
	if start < 0 {
		return
	}
	start, _ = r.page.lineAt(start)
	parent := r.section
	for parent.parent != nil && parent.level >= n.Level {
		parent = parent.parent
	}
	s := &section{level: n.Level, start: start, parent: parent, end: len(r.source)}
	if q != nil {
		s.title = strings.TrimSpace(q.text)
		q.section = s
		_, s.headingEnd = r.page.lineAt(max(q.srcEnd-1, start))
	} else {
		_, s.headingEnd = r.page.lineAt(start)
	}
	s.body = s.headingEnd
	s.topic = topicOf(s.title)
	for old := r.section; old != nil && old.level >= n.Level && old.parent != nil; old = old.parent {
		old.end = start
	}
	r.section = s
	r.page.sections = append(r.page.sections, s)
}

// passage flattens the inline content of a block; nil if there is none.
func (r *reader) passage(n ast.Node, f form, at place) *passage {
	q := &passage{form: f, section: r.section, quote: at.quote, item: at.item}
	fl := &flattener{page: r.page, source: r.text, raw: r.source, passage: q, section: r.section}
	fl.inlines(n, 0)
	if len(q.spans) == 0 {
		return nil
	}
	q.text = fl.text.String()
	q.block = r.page.blockAt(q.srcStart())
	q.findLabel()
	r.page.passages = append(r.page.passages, q)
	if at.item != nil {
		at.item.passages = append(at.item.passages, q)
		at.item.checked = at.item.checked || q.checked
	}
	return q
}

func (r *reader) list(n *ast.List, at place) {
	r.lists++
	list := r.lists
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		it := &item{parent: at.item, list: list, section: r.section, start: max(c.Pos(), 0), quote: at.quote}
		if at.item != nil {
			at.item.children = append(at.item.children, it)
		}
		r.page.items = append(r.page.items, it)
		within := at
		within.item = it
		r.blocks(c, within)
		if len(it.passages) > 0 {
			it.start = it.passages[0].srcStart()
		}
	}
}

func (r *reader) table(n *extast.Table, at place) {
	t := &table{section: r.section}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		line := &row{start: min(max(c.Pos(), 0), len(r.source)), table: t}
		column := 0
		for d := c.FirstChild(); d != nil; d = d.NextSibling() {
			q := r.passage(d, cell, place{quote: at.quote})
			if q == nil {
				q = &passage{form: cell, section: r.section, srcEnd: line.start}
			}
			q.row, q.column = line, column
			line.cells = append(line.cells, q)
			column++
		}
		if start, _ := line.extent(); start > 0 {
			line.start = start
		}
		if _, ok := c.(*extast.TableHeader); ok {
			t.head = line
			for _, q := range line.cells {
				t.heads = append(t.heads, strings.ToLower(strings.TrimSpace(q.text)))
			}
			continue
		}
		t.rows = append(t.rows, line)
		if len(line.cells) > 1 && (len(line.cells) == 2 || t.heads[0] == "field") && !blank(line.cells[0].text) {
			line.cells[1].label = labelOf(line.cells[0].text)
		}
	}
	if t.head == nil {
		return
	}
	t.block = r.page.blockAt(t.head.start)
	r.page.tables = append(r.page.tables, t)
}
