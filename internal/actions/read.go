package actions

import (
	"bytes"
	"sort"
	"strings"

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
	document = document[:min(len(document), MaxDocument)]
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList))
	tree := md.Parser().Parse(text.NewReader(document))
	r := reader{source: document, headings: map[int]bool{}}
	for i, c := range document {
		if c == '\n' {
			r.lines = append(r.lines, i)
		}
	}
	_ = ast.Walk(tree, r.visit)
	return r.found
}

// reader walks through one document.
type reader struct {
	source    []byte
	lines     []int        // where lines end
	headings  map[int]bool // by level: whether the heading above is about actions
	generated bool         // within a block of collector's
	found     []Action
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
	title := " " + strings.ToLower(r.text(n).shown) + " "
	for _, word := range []string{"action", "follow-up", "follow up", "corrective", "preventative", "preventive", "task", "to do", "todo", "next step", "measure"} {
		r.headings[n.Level] = r.headings[n.Level] || strings.Contains(title, " "+word)
	}
}

func (r *reader) aboutActions() bool {
	for _, about := range r.headings {
		if about {
			return true
		}
	}
	return false
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

// add keeps an action that says anything. What collector proposes and nobody has taken
// up is a proposal.
func (r *reader) add(a Action, at int) {
	if a == (Action{State: a.State}) {
		return
	}
	if a.State == "" {
		a.State = Open
		if r.generated && a.Owner == "" && a.DueText == "" && a.Status == "" {
			a.State = Proposed
		}
	}
	a.Line = 1 + sort.SearchInts(r.lines, at)
	r.found = append(r.found, a)
}
