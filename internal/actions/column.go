package actions

import (
	"slices"
	"strings"
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
	gate // of a defect escape analysis
)

// heads are the names of columns, in lower case and without what stands in brackets.
var heads = map[string]column{
	"action": action, "actions": action, "action item": action, "action items": action, "corrective action": action, "preventive action": action, "preventative action": action,
	"follow-up": action, "follow up": action, "follow-up action": action, "task": action, "tasks": action, "to do": action, "todo": action, "to-do": action,
	"owner": owner, "owners": owner, "owner role": owner, "action owner": owner, "assignee": owner, "assigned to": owner, "responsible": owner, "who": owner, "role": owner, "team": owner,
	"dri": owner, "accountable": owner, "by whom": owner,
	"priority": priority, "prio": priority, "severity": priority, "importance": priority, "urgency": priority, "p": priority,
	"due": due, "due date": due, "due by": due, "target": due, "target date": due, "target completion date": due, "completion date": due, "deadline": due, "date": due, "by": due, "by when": due, "when": due, "until": due, "eta": due,
	"status": status, "state": status, "done": status, "completed": status, "progress": status, "closed": status,
	"ticket": ticket, "tickets": ticket, "issue": ticket, "issues": ticket, "tracking": ticket, "jira": ticket, "ticket link": ticket,
	"gate": gate,
}

// loose are names for actions that tables about other things have too: they count below
// a heading about actions, and beside an owner, a priority and a date.
var loose = []string{"what", "measure", "measures", "description", "item", "improvement", "improvements", "change", "changes"}

// headWords are words that say what a column is under a head of several words ("Owning
// team", "Proposed action"), in the order in which they are looked for.
var headWords = []struct {
	column column
	words  []string
}{
	{owner, []string{"owner", "owners", "assignee", "assigned", "responsible", "dri", "team", "whom", "accountable"}},
	{priority, []string{"priority", "prio", "importance", "urgency", "severity"}},
	{due, []string{"due", "date", "deadline", "target", "when", "until", "completion", "eta", "by"}},
	{status, []string{"status", "state", "done"}},
	{gate, []string{"gate"}},
	{action, []string{"action", "actions", "task", "tasks", "measure", "measures", "remedy", "recommendation", "todo", "follow"}},
}

// approvals are words of columns that say who agreed: "Actions agreed".
var approvals = []string{"agreed", "approved", "approver"}

// notActions are the heads of columns that number and file what stands beside them.
var notActions = []string{"", "no", "nr", "id", "ref", "type", "evidence"}

// headOf reads the head of a column: "Owner (role)", "**Due date**:" and "Done?" too.
func headOf(text string) column { return heads[headName(text)] }

// headName is a head without what stands in brackets; that instead where it says more:
// "Verantwortlich (owner)".
func headName(text string) string {
	before, inside, ok := strings.Cut(strings.ToLower(text), "(")
	name := trimmed(before)
	if inside = trimmed(strings.TrimRight(inside, ") ")); ok && heads[name] == unknown && heads[inside] != unknown {
		return inside
	}
	return name
}

func trimmed(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '_' }), " ")
	return strings.Trim(text, " :?*.#/")
}

// meanings are what the columns of a table say, nil where it is not about actions: it
// has a column for the action, and one that says who, until when or how far. A timeline
// of what people did is not about what is to be done, and who agreed to the actions does
// none of them: what has a column of times or of approvals counts below a heading about
// actions only. Whole heads come first, then words of them; of two
// columns with one meaning the first counts.
func meanings(names []string, about announcement) []column {
	m := &meaning{columns: make([]column, len(names))}
	for i, name := range names {
		m.take(i, heads[name])
		if about == nothing && (name == "time" || name == "utc" || saysOne(name, approvals)) {
			return nil
		}
	}
	named := m.has(action)
	for _, h := range headWords {
		for i, name := range names {
			if saysOne(name, h.words) {
				m.take(i, h.column)
			}
		}
	}
	assigned := m.has(owner) && (m.has(priority) || m.has(due))
	if about != nothing || m.has(owner) && m.has(priority) && m.has(due) {
		m.guess(names, assigned)
	}
	switch {
	case !m.has(action):
	case about == surely, assigned, (named || about != nothing) && (m.has(owner) || m.has(due) || m.has(status)):
		return m.columns
	}
	return nil
}

// meaning is what is known of the columns of a table.
type meaning struct {
	columns []column
	seen    [gate + 1]bool
}

func (m *meaning) has(c column) bool { return m.seen[c] }

// take gives a column its meaning, if neither has one yet.
func (m *meaning) take(i int, c column) {
	if m.columns[i] == unknown && c != unknown && !m.seen[c] {
		m.columns[i], m.seen[c] = c, true
	}
}

// guess finds the column for the action by loose names; where the actions are assigned to
// somebody, it is the first that means nothing else.
func (m *meaning) guess(names []string, assigned bool) {
	for i, name := range names {
		if slices.Contains(loose, name) {
			m.take(i, action)
		}
	}
	for i, name := range names {
		if saysOne(name, loose) || assigned && !m.has(action) && !slices.Contains(notActions, name) {
			m.take(i, action)
		}
	}
}

// saysOne reports whether a head holds one of the words.
func saysOne(head string, words []string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(head, func(r rune) bool { return r < 'a' || r > 'z' }), func(w string) bool { return slices.Contains(words, w) })
}
