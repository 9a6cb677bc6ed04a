package actions

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// table reads a table if it is about actions.
func (r *reader) table(n *extast.Table) {
	var t *Table
	for line := n.FirstChild(); line != nil && len(r.found) < maxActions; line = line.NextSibling() {
		if line.Kind() != extast.KindTableHeader {
			r.row(t, line)
			continue
		}
		if t = r.columns(line); t == nil {
			return
		}
		t.Quoted = within(n, ast.KindBlockquote)
	}
	if t != nil {
		r.tables = append(r.tables, *t)
	}
}

func within(n ast.Node, kind ast.NodeKind) bool {
	for up := n.Parent(); up != nil; up = up.Parent() {
		if up.Kind() == kind {
			return true
		}
	}
	return false
}

// columns reads a table's head; nil where the table is not about actions.
func (r *reader) columns(header ast.Node) *Table {
	var names []string
	t := &Table{}
	for cell := header.FirstChild(); cell != nil; cell = cell.NextSibling() {
		names = append(names, headName(r.text(cell).shown))
		t.Head = t.Head.with(r.span(cell))
	}
	if t.columns = meanings(names, r.about()); t.columns == nil {
		return nil
	}
	return t
}

// row reads one row of a table and adds it to it.
func (r *reader) row(t *Table, line ast.Node) {
	var row Row
	done, i := false, 0
	for cell := line.FirstChild(); cell != nil && i < len(t.columns); cell, i = cell.NextSibling(), i+1 {
		at := r.span(cell)
		row.Span = row.Span.with(at)
		w := r.text(cell)
		value := w.shown
		if t.columns[i] != action && Missing(value) {
			value = ""
		}
		switch t.columns[i] {
		case action:
			row.Text, done = checked(value, w.struck)
		case owner:
			row.Owner = value
			if !w.struck {
				row.OwnerSpan = at
			}
		case priority:
			row.Priority = value
		case due:
			row.DueText = value
		case status:
			row.Status = value
		case ticket:
			row.Ticket = value
		case gate:
			row.Gate = value
		}
	}
	row.Due = date(row.DueText)
	if done || closed(row.Status) || closed(row.DueText) {
		row.State = Done
	}
	if a, ok := r.add(row.Action, row.Span.Start); ok {
		row.Action = a
		t.Rows = append(t.Rows, row)
	}
}

// span is where the text of a cell stands, without the signs that make it bold or code.
func (r *reader) span(cell ast.Node) Span {
	if cell.Lines().Len() == 0 {
		return Span{}
	}
	all := Span{cell.Lines().At(0).Start, cell.Lines().At(cell.Lines().Len() - 1).Stop}
	s := all
	for s.Start < s.End && strings.IndexByte(signs, r.source[s.Start]) >= 0 {
		s.Start++
	}
	for s.Start < s.End && strings.IndexByte(signs, r.source[s.End-1]) >= 0 {
		s.End--
	}
	if s.Start == s.End { // nothing but signs
		return all
	}
	return s
}

// signs stand around the words of a cell.
const signs = " \t*_~`[]<>"

// checked takes a checkbox off the front of an action's cell; one that is ticked, and an
// action that is struck through, is done.
func checked(text string, struck bool) (string, bool) {
	for _, box := range []string{"[x]", "[X]", "☑", "✅", "✔"} {
		if rest, ok := strings.CutPrefix(text, box); ok {
			return strings.TrimSpace(rest), true
		}
	}
	for _, box := range []string{"[ ]", "☐"} {
		if rest, ok := strings.CutPrefix(text, box); ok {
			return strings.TrimSpace(rest), struck
		}
	}
	return text, struck
}

// Missing reports whether a cell only says that nothing is there yet.
func Missing(text string) bool {
	switch strings.ToLower(strings.Trim(text, " .")) {
	case "", "-", "–", "—", "_", "?", "??", "…", "n/a", "none", "nobody", "unassigned", "unknown", "xxx",
		"tbd", "tba", "tbc", "to be decided", "to be defined", "to be determined", "to be assigned", "to be confirmed":
		return true
	}
	return false
}

// closed reports whether a status says that there is nothing left to do, be it that the
// action was done or that it was given up. "not done" and "done?" say the opposite.
func closed(text string) bool {
	text = strings.ToLower(text)
	if strings.Contains(text, "?") {
		return false
	}
	for _, mark := range []string{"[x]", "☑", "✅", "✔", "✓"} {
		if strings.HasPrefix(text, mark) {
			return true
		}
	}
	if strings.HasPrefix(text, "won't") || strings.HasPrefix(text, "won’t") || strings.HasPrefix(text, "will not ") {
		return true
	}
	first, _, _ := strings.Cut(strings.Trim(text, " .:"), " ")
	switch strings.Trim(first, ".,:;()") {
	case "done", "closed", "complete", "completed", "finished", "resolved", "fixed", "merged", "shipped", "deployed", "released", "implemented", "x", "yes", "100%",
		"cancelled", "canceled", "dropped", "rejected", "obsolete", "wontfix", "superseded", "duplicate":
		return true
	}
	return false
}
