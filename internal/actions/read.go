package actions

import (
	"bytes"
	"sort"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// MaxDocument is how many bytes of a document are read.
const MaxDocument = 4 << 20

// maxActions is how many actions of one document are read.
const maxActions = 1000

// Read returns the actions of a Markdown document, in their order. It reads any bytes.
func Read(document []byte) []Action {
	document = Shallow(document[:min(len(document), MaxDocument)])
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList))
	return read(md.Parser().Parse(text.NewReader(document)), document).found
}

// Tables returns the tables about actions of a parsed document, which must know tables,
// strikethrough and task lists; source is what it was parsed from.
func Tables(tree ast.Node, source []byte) []Table { return read(tree, source).tables }

func read(tree ast.Node, source []byte) *reader {
	r := &reader{source: source, headings: map[int]announcement{}}
	for i, c := range source {
		if c == '\n' {
			r.lines = append(r.lines, i)
		}
	}
	_ = ast.Walk(tree, r.visit)
	return r
}

// reader walks through one document.
type reader struct {
	source    []byte
	lines     []int                // where lines end
	headings  map[int]announcement // by level: what the heading above announces
	generated bool                 // within a block of collector's
	found     []Action
	tables    []Table
}

func (r *reader) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	if len(r.found) >= maxActions {
		return ast.WalkStop, nil
	}
	switch n := n.(type) {
	case *ast.Heading:
		r.heading(n)
	case *ast.HTMLBlock:
		r.comment(n)
	case *extast.Table:
		r.table(n)
		return ast.WalkSkipChildren, nil
	case *ast.ListItem:
		r.item(n)
	}
	return ast.WalkContinue, nil
}

// heading notes what the sections are about. A deeper one belongs to those above it.
func (r *reader) heading(n *ast.Heading) {
	for level := range r.headings {
		if level >= n.Level {
			delete(r.headings, level)
		}
	}
	r.headings[n.Level] = announced(r.text(n).shown)
}

// about is the strongest of what the headings above announce.
func (r *reader) about() announcement {
	most := nothing
	for _, a := range r.headings {
		most = max(most, a)
	}
	return most
}

// comment notes where collector's own blocks begin and end.
func (r *reader) comment(n *ast.HTMLBlock) {
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		line := segment.Value(r.source)
		switch {
		case bytes.HasPrefix(line, []byte("<!-- collector:begin ")):
			r.generated = true
		case bytes.HasPrefix(line, []byte("<!-- collector:end ")):
			r.generated = false
		}
	}
}

// add keeps an action that says anything, and returns it as it was kept. What collector
// proposes and nobody has taken up is a proposal.
func (r *reader) add(a Action, at int) (Action, bool) {
	if a == (Action{State: a.State}) {
		return a, false
	}
	if a.State == "" {
		a.State = Open
		if r.generated && a.Owner == "" && a.DueText == "" && a.Status == "" {
			a.State = Proposed
		}
	}
	a.Line = 1 + sort.SearchInts(r.lines, at)
	r.found = append(r.found, a)
	return a, true
}
