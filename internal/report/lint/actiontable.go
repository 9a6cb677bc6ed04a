package lint

import (
	"strings"

	written "collector/internal/actions"
)

// actionTables are the tables of actions that are judged. Outside of a section of
// actions that is one which says who does it, and how urgent it is or until when.
func (p *page) actionTables() []written.Table {
	var out []written.Table
	for _, t := range p.written {
		s := p.sectionAt(t.Head.Start)
		inside := s.is(toDo) || s.is(remedies)
		assigned := t.HasOwners() && (t.HasPriorities() || t.HasDates())
		b := p.blockAt(t.Head.Start)
		fact := b != nil && !b.Changed && !t.HasOwners()
		if t.Quoted || fact || s.is(chronology) || s.is(metadata) || !inside && !assigned {
			continue
		}
		out = append(out, t)
	}
	return out
}

// actionsOfTable are the rows that state one.
func actionsOfTable(t written.Table) []action {
	var out []action
	for _, r := range t.Rows {
		if vague(r.Text) {
			continue
		}
		out = append(out, action{
			start: r.Span.Start, end: r.Span.End, text: r.Text, owner: r.Owner, ownerAt: [2]int{r.OwnerSpan.Start, r.OwnerSpan.End},
			priority: r.Priority != "", date: r.DueText, done: r.State == written.Done, gate: strings.ToLower(r.Gate),
		})
	}
	return out
}

// finished reports whether a remark says that the action is done.
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
