package lint

import (
	"slices"
	"strings"
)

// actionTable is a table whose rows are actions, with the columns that matter; -1
// for a column that it does not have.
type actionTable struct {
	*table
	what, owner, priority, date, status, gate int
}

// columnNamed is the first column whose head has one of the words, or -1.
func (t *table) columnNamed(words ...string) int {
	for _, w := range words {
		for i, h := range t.heads {
			whole, is := strings.CutPrefix(w, "=")
			if is && bare(h) == whole || !is && slices.Contains(strings.FieldsFunc(h, func(r rune) bool { return r < 'a' || r > 'z' }), w) {
				return i
			}
		}
	}
	return -1
}

// actionTables are the tables of actions: those with columns for what is to be done
// and for who does it, or that stand in a section of actions.
func (p *page) actionTables() []actionTable {
	var out []actionTable
	for _, t := range p.tables {
		a := actionTable{
			table:    t,
			what:     t.columnNamed("=action item", "=action", "action", "actions", "task", "tasks", "measure", "measures", "remedy", "recommendation", "change", "improvement", "item", "todo", "follow", "=what", "description"),
			owner:    t.columnNamed("owner", "owners", "assignee", "assigned", "responsible", "dri", "=who", "team", "whom", "accountable"),
			priority: t.columnNamed("priority", "prio", "importance", "urgency", "severity", "=p"),
			date:     t.columnNamed("due", "date", "deadline", "target", "when", "until", "completion", "eta", "=by", "by"),
			status:   t.columnNamed("status", "state", "done"),
			gate:     t.columnNamed("gate"),
		}
		if a.what < 0 && a.owner >= 0 && (a.priority >= 0 || a.date >= 0) {
			a.what = a.unnamed()
		}
		inside := t.section.is(actions) || t.section.is(remedies)
		if a.what < 0 || a.owner < 0 && !inside || t.section.is(chronology) || t.section.is(metadata) || a.owner < 0 && a.priority < 0 && a.date < 0 && !t.section.is(actions) {
			continue
		}
		if a.owner < 0 && t.columnNamed("existed", "should") >= 0 || !inside && a.priority < 0 && a.date < 0 {
			continue
		}
		out = append(out, a)
	}
	return out
}

// actions are the rows that state one.
func (t actionTable) actions() []action {
	var out []action
	for _, r := range t.rows {
		text := r.text(t.what)
		if vague(text) {
			continue
		}
		a := action{text: text, owner: r.text(t.owner), priority: !vague(r.text(t.priority)), date: r.text(t.date), gate: strings.ToLower(r.text(t.gate))}
		a.start, a.end = r.extent()
		a.done = finished(r.text(t.status)) || finished(a.date)
		if t.owner >= 0 && t.owner < len(r.cells) && a.owner != "" {
			c := r.cells[t.owner]
			a.ownerAt[0], a.ownerAt[1] = c.bounds(0, len(c.text))
		}
		out = append(out, a)
	}
	return out
}

// finished reports whether a status or a date says that the action is done.
func finished(s string) bool {
	for _, w := range split(s) {
		switch w.s {
		case "done", "completed", "complete", "closed", "fixed", "resolved", "shipped", "deployed":
			return true
		case "not":
			return false
		}
	}
	return false
}

// unnamed is the first column that is none of the others and no number: what is to
// be done, under a head that says it in other words. It is -1 without one.
func (t actionTable) unnamed() int {
	for i, h := range t.heads {
		if !slices.Contains([]int{t.owner, t.priority, t.date, t.status, t.gate}, i) && !slices.Contains([]string{"", "#", "no", "nr", "id", "ref", "ticket", "type"}, bare(h)) {
			return i
		}
	}
	return -1
}
