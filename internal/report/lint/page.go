package lint

import (
	"sort"
	"strings"
	"unicode/utf8"

	written "collector/internal/actions"
	"collector/internal/report"
	"collector/internal/timeline"
)

// page is a document, taken apart for the rules.
type page struct {
	src      string
	lines    []int // the byte at which each line starts
	sections []*section
	passages []*passage
	tables   []*table
	written  []written.Table // those about actions
	items    []*item         // of lists, outermost first, in order
	comments []comment
	defined  map[string]bool // IDs that have a link definition
	blocks   []report.Block
	facts    *Facts
	escape   bool                         // a defect escape analysis
	events   map[string][]*timeline.Event // of the draft, by their names; nil until asked for
}

// section is what stands under one heading, up to the next of its level. The first
// section of a page is what stands above all headings.
type section struct {
	title      string
	level      int
	start      int // the byte at which the heading starts
	body, end  int // the bytes of the text, with that of subsections
	parent     *section
	topic      topic
	headingEnd int
}

// is reports whether the section or one that it stands in has a topic.
func (s *section) is(t topic) bool {
	for ; s != nil; s = s.parent {
		if s.topic == t {
			return true
		}
	}
	return false
}

// comment is an HTML comment.
type comment struct {
	start, end int
	text       string // without its delimiters, trimmed
	section    *section
}

// form is what a passage is.
type form int

const (
	paragraph form = iota
	heading
	cell
	term // the raw text of an HTML block
)

// span says where a stretch of a passage's text stands in the file.
type span struct{ text, src int }

// cite is a link within a passage.
type cite struct {
	start, end int    // in the passage's text
	id         string // of a record; "" for any other link
	defined    bool
}

// passage is a stretch of prose, as plain text.
type passage struct {
	form      form
	text      string
	spans     []span
	srcEnd    int
	section   *section
	quote     bool          // in a quoted block
	block     *report.Block // the generated block that it stands in, or nil
	ours      bool          // in a changed block, and as the draft gives it
	label     string        // lower-case: what "Root cause: …" or a row of two columns begins with
	body      int           // the byte of the text at which what the label names begins
	cites     []cite
	checked   bool // a task that is ticked
	item      *item
	row       *row
	column    int
	words     []word
	tokenised bool
}

// generated reports whether collector wrote the passage and nobody changed it.
func (p *passage) generated() bool { return p.block != nil && (!p.block.Changed || p.ours) }

// at is the byte of the file for a byte of the text.
func (p *passage) at(i int) int {
	n := sort.Search(len(p.spans), func(k int) bool { return p.spans[k].text > i }) - 1
	if n < 0 {
		return p.srcEnd
	}
	src := p.spans[n].src + i - p.spans[n].text
	return min(src, p.srcEnd)
}

// bounds are the bytes of the file that the text from i to j stands on.
func (p *passage) bounds(i, j int) (int, int) {
	if j <= i {
		return p.at(i), p.at(i)
	}
	return p.at(i), p.at(j-1) + 1
}

// blank reports whether a text says nothing.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// table is a table with its head.
type table struct {
	heads   []string // lower-case
	head    *row
	rows    []*row
	section *section
	block   *report.Block
}

// row is one row of a table.
type row struct {
	cells []*passage
	start int
	table *table
}

// text of a cell, "" where the row has no such column.
func (r *row) text(column int) string {
	if column < 0 || column >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[column].text)
}

// extent is where a row's text stands.
func (r *row) extent() (int, int) {
	start, end := r.start, r.start
	for _, c := range r.cells {
		if !blank(c.text) {
			s, e := c.bounds(0, len(c.text))
			if end == r.start {
				start = s
			}
			end = e
		}
	}
	return start, max(start, end)
}

// item is an item of a list.
type item struct {
	passages []*passage // its own, without those of lists within
	children []*item
	parent   *item
	list     int // which list it belongs to
	section  *section
	start    int
	checked  bool
	quote    bool
}

// text of an item: its own and that of the lists within.
func (it *item) text() string {
	var b strings.Builder
	for _, p := range it.passages {
		b.WriteString(p.text + "\n")
	}
	for _, c := range it.children {
		b.WriteString(c.text())
	}
	return b.String()
}

// extent is where the item's own text stands.
func (it *item) extent() (int, int) {
	if len(it.passages) == 0 {
		return it.start, it.start
	}
	p := it.passages[0]
	return p.bounds(0, len(p.text))
}

// position is a byte's line and column, from 1, the column in characters.
func (p *page) position(at int) (line, column int) {
	line = sort.SearchInts(p.lines, at+1)
	return line, utf8.RuneCountInString(p.src[p.lines[line-1]:at]) + 1
}

// lineAt is the bytes of the line that holds a byte.
func (p *page) lineAt(at int) (start, end int) {
	n := sort.SearchInts(p.lines, at+1)
	if n < len(p.lines) {
		return p.lines[n-1], p.lines[n]
	}
	return p.lines[n-1], len(p.src)
}

// sectionAt is the innermost section at a byte.
func (p *page) sectionAt(at int) *section {
	n := sort.Search(len(p.sections), func(i int) bool { return p.sections[i].start > at }) - 1
	return p.sections[max(n, 0)]
}

// blockAt is the generated block that holds a byte.
func (p *page) blockAt(at int) *report.Block {
	n := sort.Search(len(p.blocks), func(i int) bool { return p.blocks[i].Start > at }) - 1
	if n < 0 || at >= p.blocks[n].End {
		return nil
	}
	return &p.blocks[n]
}

// sentenceAround is the bytes of the sentence that a byte stands in, or of the
// byte alone if it stands in none.
func (p *page) sentenceAround(at int) [2]int {
	n := sort.Search(len(p.passages), func(i int) bool { return p.passages[i].srcStart() > at }) - 1
	if n < 0 || at > p.passages[n].srcEnd {
		return [2]int{at, at}
	}
	q := p.passages[n]
	ws := q.tokens()
	for i, w := range ws {
		if q.at(w.end-1) >= at {
			first, last := i, i
			for first > 0 && ws[first-1].sentence == w.sentence {
				first--
			}
			for last+1 < len(ws) && ws[last+1].sentence == w.sentence {
				last++
			}
			return [2]int{q.at(ws[first].start), q.at(ws[last].end - 1)}
		}
	}
	return [2]int{q.srcStart(), q.srcEnd}
}

func (p *passage) srcStart() int {
	if len(p.spans) == 0 {
		return p.srcEnd
	}
	return p.spans[0].src
}
