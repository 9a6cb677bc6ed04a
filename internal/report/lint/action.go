package lint

import (
	"slices"
	"strings"

	written "collector/internal/actions"
)

// action is something that is to be done, as the document states it.
type action struct {
	start, end int
	text       string
	owner      string
	ownerAt    [2]int
	priority   bool
	date       string
	done       bool
	gate       string // of a defect escape analysis
}

// missing are the parts that an action does not have.
func (a action) missing(priority bool) []string {
	var out []string
	if vague(a.owner) && !a.done {
		out = append(out, "no owner")
	}
	if priority && !a.priority && !a.done {
		out = append(out, "no priority")
	}
	if !dated(a.date) && !a.done {
		out = append(out, "no date")
	}
	return out
}

// placeholder reports whether a text only keeps a place for something to come.
func placeholder(s string) bool {
	switch plainly(s) {
	case "", "tbd", "tba", "tbc", "todo", "to do", "to be decided", "to be determined", "to be defined", "to be assigned", "pending", "xxx", "☐":
		return true
	}
	return false
}

// vague reports whether a field of an action is not filled in.
func vague(s string) bool {
	if placeholder(s) || written.Missing(s) || written.Missing(plainly(s)) {
		return true
	}
	switch plainly(s) {
	case "na", "open", "asap", "soon", "later", "name", "owner", "yyyy-mm-dd", "date":
		return true
	}
	return false
}

// plainly is a text in lower case without the signs around it.
func plainly(s string) string {
	return strings.ToLower(strings.Trim(strings.TrimSpace(s), "-–—_.?*()[]¿ …"))
}

var dateWords = strings.Fields("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec")

// dated reports whether a text names a time: a date, a month, a quarter, a week.
func dated(s string) bool {
	if vague(s) {
		return false
	}
	for _, w := range split(s) {
		if strings.ContainsAny(w.s, "0123456789") || slices.Contains(dateWords, w.s) || w.s == "done" || w.s == "completed" || w.s == "immediately" || w.s == "today" || w.s == "ongoing" {
			return true
		}
	}
	return false
}

// checkActions reports actions without an owner, a priority or a date. A column
// that a table does not have is reported once, at its head.
func checkActions(p *page, report reporter) {
	for _, t := range p.actionTables() {
		p.checkActionTable(t, report)
	}
	for _, a := range p.listedActions() {
		if m := a.missing(!p.escape); len(m) > 0 {
			report(a.start, a.end, "the action "+quoted(a.text)+" has "+enumerate(m))
		}
	}
}

func (p *page) checkActionTable(t written.Table, report reporter) {
	var none []string
	if !t.HasOwners() {
		none = append(none, "no owner")
	}
	if !t.HasPriorities() && !p.escape {
		none = append(none, "no priority")
	}
	if !t.HasDates() {
		none = append(none, "no date")
	}
	list := actionsOfTable(t)
	if len(none) > 0 && len(list) > 0 {
		report(t.Head.Start, t.Head.End, "the actions of this table have "+enumerate(none)+": it has no such column")
	}
	for _, a := range list {
		m := slices.DeleteFunc(a.missing(!p.escape), func(s string) bool { return slices.Contains(none, s) })
		if len(m) > 0 {
			report(a.start, a.end, "the action "+quoted(a.text)+" has "+enumerate(m))
		}
	}
}

func enumerate(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// checkOwners reports owners that are people.
func checkOwners(p *page, report reporter) {
	for _, a := range p.allActions() {
		if vague(a.owner) || a.ownerAt[0] >= a.ownerAt[1] || !isPerson(a.owner) {
			continue
		}
		report(a.ownerAt[0], a.ownerAt[1], "the owner "+quoted(a.owner)+" of "+quoted(a.text)+" is a person, not a role")
	}
}

func (p *page) allActions() []action {
	var out []action
	for _, t := range p.actionTables() {
		out = append(out, actionsOfTable(t)...)
	}
	return append(out, p.listedActions()...)
}

// isPerson reports whether an owner is a person: a known name, a person's address
// or handle, or two or three capitalised words of which none names a role.
func isPerson(owner string) bool {
	ws := split(owner)
	if len(ws) == 0 {
		return false
	}
	for _, w := range ws {
		if identity(w.s) != "" {
			return true
		}
	}
	if len(ws) == 1 && given(ws[0].s) {
		return true // also as people write it in a hurry: (petra, p2)
	}
	if ws[0].upper && given(ws[0].s) && len(ws) > 1 && capital(ws, 1) && follows(ws, 1) && !organisation(ws[1].s) && !notSurnames[ws[1].s] {
		return true // Claudia Berger, Legal
	}
	if roleIn(ws) {
		return false
	}
	for i, w := range ws {
		if w.upper && given(strings.TrimSuffix(w.s, "'s")) && (i+1 >= len(ws) || !notSurnames[ws[i+1].s]) {
			return true
		}
	}
	if len(ws) != 2 && len(ws) != 3 {
		return false
	}
	initial := len(ws[0].s) == 1 && ws[0].upper && capital(ws, 1)
	for i := range ws {
		if !capital(ws, i) && (i > 0 || !initial) {
			return false
		}
	}
	return initial
}

// roleIn reports whether one of the words names a role or a part of a company.
func roleIn(ws []word) bool {
	for _, w := range ws {
		if organisation(w.s) {
			return true
		}
	}
	return false
}

func organisation(w string) bool {
	w = strings.ToLower(w)
	for part := range strings.FieldsFuncSeq(w, func(r rune) bool { return r == '-' || r == '/' || r == '_' || r == '@' }) {
		if organisationSet[part] || organisationSet[strings.TrimSuffix(part, "s")] || mailboxSet[part] {
			return true
		}
	}
	return false
}

var organisationSet = setOf(strings.Fields(`team squad guild group chapter tribe crew department dept office unit division desk board committee lead leads manager management head chief
director officer engineer engineering developer development dba dbre sre devops ops operation operation platform infrastructure infra cloud data database network security
reliability release service support customer product backend frontend mobile web core system application architecture architect qa test tester quality monitoring observability
storage backup billing payment payments finance legal compliance risk audit search shop checkout order catalogue inventory delivery logistic marketing sales identity login
access analytics bi warehouse ml ai research design documentation docs on-call oncall call duty owner administrator admin administration automation tooling tool tools build ci
deployment runtime edge virtualisation virtualization archive ingest batch middleware integration vendor supplier provider facility kiosk clinical technology it information
incident commander responder rotation everyone all process processes programme program project portfolio content media communication communications hr people success kubernetes linux mysql
mariadb oracle actions action shell server toolkit rollout pipeline agent controller operator scheduler exporter gateway proxy`))
