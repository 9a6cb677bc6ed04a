package lint

import (
	"slices"
	"strings"
)

// isEscape reports whether the page is a defect escape analysis: its first heading
// or its table of fields says so.
func (p *page) isEscape() bool {
	if len(p.sections) > 1 {
		t := strings.ToLower(p.sections[1].title)
		if strings.Contains(t, "defect escape") || strings.HasPrefix(t, "dea-") || strings.Contains(t, "(dea)") {
			return true
		}
	}
	return p.escapeID() != nil
}

// escapeID is the passage that holds the analysis's ID, or nil.
func (p *page) escapeID() *passage {
	for _, q := range p.passages {
		if q.row == nil || q.column != 1 || len(q.row.cells) < 2 {
			continue
		}
		if q.label == "id" && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(p.raw(q))), "DEA") {
			return q
		}
	}
	return nil
}

// raw is the source of a passage.
func (p *page) raw(q *passage) string {
	return strings.Trim(p.src[min(q.srcStart(), q.srcEnd):q.srcEnd], "` ")
}

// top is where a finding about the whole document stands: its first heading.
func (p *page) top() (int, int) {
	for _, q := range p.passages {
		if q.form == heading {
			return q.bounds(0, len(q.text))
		}
	}
	return 0, 0
}

func checkEscapeID(p *page, report reporter) {
	if !p.escape {
		return
	}
	for _, q := range p.passages {
		if q.row == nil || q.column != 1 || q.label != "id" {
			continue
		}
		if !validEscapeID(strings.TrimSpace(q.text)) && !validEscapeID(p.raw(q)) {
			start, end := q.bounds(0, len(q.text))
			if q.generated() { // no store gave it one
				report(start, end, "the analysis has no ID of the form DEA-2026-001 yet")
				return
			}
			report(start, end, quoted(p.raw(q))+" is no ID of the form DEA-2026-001")
		}
		return
	}
	for _, s := range p.sections {
		for w := range strings.FieldsSeq(s.title) {
			if validEscapeID(strings.TrimRight(w, ":,.")) {
				return
			}
		}
	}
	start, end := p.top()
	report(start, end, "the analysis has no ID of the form DEA-2026-001")
}

// validEscapeID reports whether s is DEA, a year, and a number of three digits or more.
func validEscapeID(s string) bool {
	rest, ok := strings.CutPrefix(s, "DEA-")
	year, n, ok2 := strings.Cut(rest, "-")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return ok && ok2 && len(year) == 4 && len(n) >= 3 && digits(year) && digits(n)
}

// escapePoint is the gate that the analysis names, and where it stands or should.
func (p *page) escapePoint() (gate string, start, end int) {
	start, end = p.top()
	found := false
	for i, q := range p.passages {
		named := q.label == "escape point" || q.form != heading && q.label == "" && strings.HasPrefix(strings.ToLower(q.text), "escape point") && strings.HasSuffix(strings.TrimSpace(q.text), ":")
		switch {
		case q.form == heading && topicOf(q.text) == escapePoint, named:
			if !found {
				start, end = q.bounds(0, len(q.text))
			}
			found = true
			value := ""
			if q.label == "escape point" {
				value = q.text[q.body:]
			}
			if blank(value) && i+1 < len(p.passages) {
				value = p.below(i)
			}
			if !vague(value) {
				return strings.TrimSpace(value), start, end
			}
		}
	}
	return "", start, end
}

// below is what people wrote in the section behind a passage that heads it, "" for
// another label, another section or a generated list.
func (p *page) below(i int) string {
	for _, q := range p.passages[i+1:] {
		if q.form == heading || q.section != p.passages[i].section || q.label != "" && q.row == nil {
			return ""
		}
		if q.generated() || q.row != nil || blank(q.text) {
			continue
		}
		return q.text
	}
	return ""
}

func checkEscapePoint(p *page, report reporter) {
	if !p.escape {
		return
	}
	if gate, start, end := p.escapePoint(); gate == "" {
		report(start, end, "the escape point is not named")
	}
}

// checkEscapeAction wants one action whose gate, or text, is the escape point. While
// that is not named no action can be judged.
func checkEscapeAction(p *page, report reporter) {
	if !p.escape {
		return
	}
	gate, _, _ := p.escapePoint()
	if gate == "" {
		return
	}
	names := gateNames(gate)
	for _, a := range p.allActions() {
		about := strings.ToLower(a.gate + " " + a.text)
		if strings.Contains(about, "escape point") || slices.ContainsFunc(names, func(n string) bool { return strings.Contains(about, n) }) {
			return
		}
	}
	start, end := p.top()
	for _, t := range p.actionTables() {
		start, end = t.Head.Start, t.Head.End
	}
	report(start, end, "no action addresses the escape point")
}

// gateNames are the names by which an action may mean a gate: all of it, and the
// parts of "DBA / DBRE review".
func gateNames(gate string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.ToLower(gate), "/") {
		if part = strings.Trim(part, " .☑✓"); len(part) > 3 {
			out = append(out, part)
		}
	}
	if gate = strings.ToLower(strings.TrimSpace(gate)); len(gate) > 3 {
		out = append(out, gate)
	}
	return out
}

// columnNamed is the first column whose head has the word, or -1.
func (t *table) columnNamed(word string) int {
	return slices.IndexFunc(t.heads, func(h string) bool {
		return slices.Contains(strings.FieldsFunc(h, func(r rune) bool { return r < 'a' || r > 'z' }), word)
	})
}

// checkGates reports gates of the gate analysis that nobody answered.
func checkGates(p *page, report reporter) {
	for _, t := range p.tables {
		existed, should, why := t.columnNamed("existed"), t.columnNamed("should"), t.columnNamed("why")
		gate := t.columnNamed("gate")
		if !p.escape || gate < 0 || existed < 0 || should < 0 || why < 0 {
			continue
		}
		for _, r := range t.rows {
			if blank(r.text(gate)) {
				continue
			}
			var open string
			switch {
			case unticked(r.text(existed)) && unticked(r.text(should)) && vague(r.text(why)):
				open = "is not answered"
			case yes(r.text(should)) && vague(r.text(why)):
				open = "should have caught it, and nothing says why it did not"
			default:
				continue
			}
			start, end := r.extent()
			report(start, end, "the gate "+quoted(r.text(gate))+" "+open)
		}
	}
}

// unticked reports whether a cell holds no answer: an empty box is one only beside others.
func unticked(s string) bool { return vague(s) || s == "[ ]" }

func yes(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasPrefix(s, "yes") || strings.ContainsAny(s, "☑✓✔✅") || s == "[x]" || s == "x"
}
