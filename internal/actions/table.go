package actions

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// column is what the cells of a column say.
type column int

const (
	unknown column = iota
	action
	owner
	priority
	due
	status
	ticket
)

// heads are the names of columns, in lower case and without what stands in brackets.
var heads = map[string]column{
	"action": action, "actions": action, "action item": action, "action items": action, "corrective action": action, "preventive action": action, "preventative action": action,
	"follow-up": action, "follow up": action, "follow-up action": action, "task": action, "tasks": action, "to do": action, "todo": action, "to-do": action,
	"owner": owner, "owners": owner, "owner role": owner, "action owner": owner, "assignee": owner, "assigned to": owner, "responsible": owner, "who": owner, "role": owner, "team": owner,
	"priority": priority, "prio": priority, "severity": priority,
	"due": due, "due date": due, "due by": due, "target": due, "target date": due, "target completion date": due, "completion date": due, "deadline": due, "date": due, "by": due, "by when": due, "when": due, "eta": due,
	"status": status, "state": status, "done": status, "completed": status, "progress": status, "closed": status,
	"ticket": ticket, "tickets": ticket, "issue": ticket, "issues": ticket, "tracking": ticket, "jira": ticket, "ticket link": ticket,
}

// loose are names for actions that tables about other things have too: they count below
// a heading about actions.
var loose = map[string]bool{"what": true, "measure": true, "description": true, "item": true, "improvement": true}

// headOf reads the head of a column: "Owner (role)", "**Due date**:" and "Done?" too.
func headOf(text string) column { return heads[headName(text)] }

func headName(text string) string {
	text = strings.ToLower(text)
	if before, _, ok := strings.Cut(text, "("); ok {
		text = before
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '_' }), " ")
	return strings.Trim(text, " :?*.#/")
}

// table reads the rows of a table about actions: it has a column for the action, and one
// that says who, until when or how far. A timeline of what people did is not about what
// is to be done: what has a column of times counts below a heading about actions only.
func (r *reader) table(n *extast.Table) {
	var columns []column
	for row := n.FirstChild(); row != nil && len(r.found) < maxActions; row = row.NextSibling() {
		if row.Kind() == extast.KindTableHeader {
			if columns = r.columns(row); columns == nil {
				return
			}
			continue
		}
		r.row(row, columns)
	}
}

// columns are the meanings of a table's columns, nil where it is not about actions. Of
// two columns with one meaning the first counts.
func (r *reader) columns(header ast.Node) []column {
	var columns []column
	seen := map[column]bool{}
	for cell := header.FirstChild(); cell != nil; cell = cell.NextSibling() {
		name := headName(r.text(cell).shown)
		c := heads[name]
		switch {
		case c == unknown && loose[name] && r.aboutActions():
			c = action
		case (name == "time" || name == "utc") && !r.aboutActions():
			return nil
		}
		if seen[c] {
			c = unknown
		}
		seen[c] = true
		columns = append(columns, c)
	}
	if !seen[action] || !seen[owner] && !seen[due] && !seen[status] {
		return nil
	}
	return columns
}

func (r *reader) row(row ast.Node, columns []column) {
	var a Action
	done, i, at := false, 0, -1
	for cell := row.FirstChild(); cell != nil && i < len(columns); cell, i = cell.NextSibling(), i+1 {
		if cell.Lines().Len() > 0 && at < 0 {
			at = cell.Lines().At(0).Start
		}
		w := r.text(cell)
		value := w.shown
		if columns[i] != action && missing(value) {
			value = ""
		}
		switch columns[i] {
		case action:
			a.Text, done = checked(value, w.struck)
		case owner:
			a.Owner = value
		case priority:
			a.Priority = value
		case due:
			a.DueText = value
		case status:
			a.Status = value
		case ticket:
			a.Ticket = value
		}
	}
	a.Due = date(a.DueText)
	if done || closed(a.Status) {
		a.State = Done
	}
	r.add(a, at)
}

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

// missing reports whether a cell only says that nothing is there yet.
func missing(text string) bool {
	switch strings.ToLower(strings.Trim(text, " .")) {
	case "", "-", "–", "—", "_", "?", "??", "…", "n/a", "none", "nobody", "tbd", "tba", "to be decided", "to be defined":
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
