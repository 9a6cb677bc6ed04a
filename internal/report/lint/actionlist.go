package lint

import (
	"slices"
	"strings"
)

// fieldLabels are what a field of an action is called, and which field it is.
var fieldLabels = map[string]string{
	"owner": "owner", "owners": "owner", "assignee": "owner", "assigned to": "owner", "responsible": "owner", "dri": "owner", "team": "owner", "who": "owner", "owned by": "owner",
	"priority": "priority", "prio": "priority", "severity": "priority", "importance": "priority", "urgency": "priority",
	"due": "date", "due date": "date", "date": "date", "deadline": "date", "target": "date", "target date": "date", "target completion date": "date", "by": "date",
	"until": "date", "eta": "date", "when": "date", "due by": "date",
	"status": "", "ticket": "", "tickets": "", "issue": "", "type": "", "gate": "", "effort": "", "jira": "", "link": "", "bug": "", "tracking": "", "estimate": "",
}

// isField reports whether an item is a field of the action above it.
func (it *item) isField() bool {
	if len(it.passages) == 0 {
		return false
	}
	_, ok := fieldLabels[it.passages[0].label]
	return ok
}

// listedActions are the actions that stand in lists, and those that are sections of
// their own below a section of actions.
func (p *page) listedActions() []action {
	var out []action
	lists := map[int][]*item{}
	var order []int
	for _, it := range p.items {
		if it.quote || it.fact() || it.section.is(metadata) || !it.section.is(toDo) && !it.section.is(remedies) {
			continue
		}
		if lists[it.list] == nil {
			order = append(order, it.list)
		}
		lists[it.list] = append(lists[it.list], it)
	}
	for _, n := range order {
		if list := lists[n]; stated(list) {
			out = append(out, actionsOf(list)...)
		}
	}
	return append(out, p.sectionActions()...)
}

// stated reports whether a list is one of actions: not of fields, not within an
// action, and in a section with a weak heading (next steps) only if one of its
// items has an owner, a priority or a date.
func stated(list []*item) bool {
	if list[0].isField() {
		return false
	}
	for up := list[0].parent; up != nil; up = up.parent {
		if !up.isGroup() {
			return false
		}
	}
	return list[0].section.is(toDo) || slices.ContainsFunc(list, func(it *item) bool {
		a := it.action()
		return a.owner != "" || a.priority
	})
}

// fact reports whether an item is a statement of collector's. It may name a time or an
// owner and is no action: collector proposes actions in tables.
func (it *item) fact() bool {
	return slices.ContainsFunc(it.passages, func(q *passage) bool { return q.generated() || q.block != nil && len(q.cites) > 0 })
}

// isGroup reports whether an item only heads the list below it: "Short term:".
func (it *item) isGroup() bool {
	return len(it.passages) == 1 && len(it.children) > 0 && strings.HasSuffix(strings.TrimSpace(it.passages[0].text), ":") && !it.children[0].isField()
}

func actionsOf(list []*item) []action {
	var out []action
	for _, it := range list {
		if it.isGroup() || vague(it.text()) || strings.HasPrefix(strings.ToLower(strings.TrimSpace(it.text())), "no action") {
			continue
		}
		out = append(out, it.action())
	}
	return out
}

// action reads an item as one.
func (it *item) action() action {
	a := action{done: it.checked}
	a.start, a.end = it.extent()
	if len(it.passages) > 0 {
		a.text = it.passages[0].text
	}
	for _, q := range it.everything() {
		a.read(q)
	}
	return a
}

// everything is the passages of an item and of the lists within it.
func (it *item) everything() []*passage {
	out := slices.Clone(it.passages)
	for _, c := range it.children {
		out = append(out, c.everything()...)
	}
	return out
}

// read takes what a passage says of an action: fields with a label, and what stands
// in parentheses, in brackets, behind a dash or a semicolon.
func (a *action) read(q *passage) {
	for _, part := range parts(q.text) {
		text := strings.TrimSpace(q.text[part[0]:part[1]])
		name, value, labelled := strings.Cut(text, ":")
		field, known := fieldLabels[strings.ToLower(strings.Trim(name, " *_"))]
		if !labelled || !known {
			field, value, known = leading(text)
		}
		switch {
		case known && field == "owner":
			a.own(q, part, value)
		case known && field == "priority":
			a.priority = a.priority || !vague(value)
		case known && field == "date":
			if a.date == "" {
				a.date = strings.TrimSpace(value)
			}
		case known:
		case part[0] > 0 && priorityWord(text):
			a.priority = true
		case finished(text) && part[0] > 0 && len(strings.Fields(text)) < 4:
			a.done = true
		case part[0] > 0 && dateLike(text):
			if a.date == "" {
				a.date = text
			}
		case part[0] > 0 && a.owner == "" && len(strings.Fields(text)) <= 5 && (roleIn(split(text)) || isPerson(text)):
			a.own(q, part, text)
		}
	}
	if a.date == "" {
		a.date = dateIn(q.text)
	}
}

// own notes the owner and where it stands.
func (a *action) own(q *passage, part [2]int, owner string) {
	if vague(owner) || a.owner != "" {
		return
	}
	a.owner = strings.TrimSpace(owner)
	start := max(strings.Index(q.text[part[0]:part[1]], a.owner), 0) + part[0]
	a.ownerAt[0], a.ownerAt[1] = q.bounds(start, min(start+len(a.owner), len(q.text)))
}

// leading reads a field whose label has no colon: "due 2024-02-09", "owned by the
// DBA team", "priority 1", "by end of July".
func leading(text string) (field, value string, ok bool) {
	for _, l := range []string{"owned by", "assigned to", "owner", "assignee", "priority", "prio", "target date", "due date", "due by", "due", "deadline", "until", "by"} {
		if len(text) <= len(l) || text[len(l)] != ' ' || !strings.EqualFold(text[:len(l)], l) {
			continue
		}
		if rest := text[len(l)+1:]; l != "by" && l != "until" || dateLike(rest) {
			return fieldLabels[l], rest, true
		}
	}
	return "", "", false
}

// parts are the stretches of an action's text between marks that set fields apart.
func parts(text string) [][2]int {
	var out [][2]int
	start := 0
	add := func(end int) {
		if !blank(text[start:end]) {
			out = append(out, [2]int{start, end})
		}
	}
	for i, r := range text {
		mark := strings.ContainsRune("()[];|,—–", r)
		if r == '.' || r == '-' {
			rest := text[i+1:]
			initial := i > 0 && text[i-1] >= 'A' && text[i-1] <= 'Z' && (i == 1 || text[i-2] == ' ')
			mark = strings.HasPrefix(rest, " ") && (r == '.' && !initial || i > 0 && r == '-' && (text[i-1] == ' ' || text[i-1] == '-'))
		}
		if mark {
			add(i)
			start = i + len(string(r))
		}
	}
	add(len(text))
	return out
}

// priorityWord reports whether a text is a priority.
func priorityWord(text string) bool {
	t := strings.ToLower(strings.TrimSpace(text))
	t = strings.TrimSuffix(strings.TrimSuffix(t, " priority"), " prio")
	switch t {
	case "high", "medium", "low", "critical", "urgent", "highest", "lowest", "normal", "major", "minor", "must", "should":
		return true
	}
	return len(t) == 2 && t[0] == 'p' && t[1] >= '0' && t[1] <= '9'
}

// sectionActions are the subsections of a section of actions that have fields. One with
// a table of actions heads them and is none itself.
func (p *page) sectionActions() []action {
	tabled := map[*section]bool{}
	for _, t := range p.actionTables() {
		tabled[p.sectionAt(t.Head.Start)] = true
	}
	var out []action
	for _, s := range p.sections {
		if s.parent == nil || s.parent.topic != toDo && s.parent.topic != remedies || tabled[s] {
			continue
		}
		a := action{text: s.title, start: s.start, end: s.start}
		fields := false
		for _, q := range p.passages {
			if q.section != s || q.generated() {
				continue
			}
			if q.form == heading {
				a.start, a.end = q.bounds(0, len(q.text))
				continue
			}
			for _, part := range parts(q.text) {
				name, _, _ := strings.Cut(strings.ToLower(q.text[part[0]:part[1]]), ":")
				_, known := fieldLabels[strings.TrimSpace(name)]
				fields = fields || known
			}
			a.read(q)
		}
		if fields {
			out = append(out, a)
		}
	}
	return out
}
