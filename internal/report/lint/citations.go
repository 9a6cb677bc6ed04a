package lint

import (
	"regexp"
	"slices"
	"strings"

	"collector/internal/report"
)

// marked reports whether the page has anything of collector's in it: blocks, or the
// list of them.
func (p *page) marked() bool {
	return len(p.blocks) > 0 || strings.Contains(p.src, "<!-- collector:")
}

// bracketed finds citations in text, with their brackets.
var bracketed = regexp.MustCompile(`\[[a-z][a-z0-9_]*-[0-9a-f]{8}\]`)

// citesOf are the records that a passage cites, defined or not, with their places.
func (p *passage) citesOf() []cite {
	out := slices.DeleteFunc(slices.Clone(p.cites), func(c cite) bool { return c.id == "" })
	for _, m := range bracketed.FindAllStringIndex(p.text, -1) {
		out = append(out, cite{start: m[0], end: m[1], id: p.text[m[0]+1 : m[1]-1]})
	}
	return out
}

// checkCitationUnknown reports citations without a link definition, and those of
// records that the draft does not have.
func checkCitationUnknown(p *page, report reporter) {
	if !p.marked() {
		return
	}
	for _, q := range p.passages {
		for _, c := range q.citesOf() {
			start, end := q.bounds(c.start, c.end)
			switch {
			case p.facts != nil && !p.facts.Records[c.id]:
				report(start, end, "the draft has no record "+c.id)
			case !c.defined:
				report(start, end, c.id+" has no link definition in this document")
			}
		}
	}
}

// statement is one list item or table row of a generated block that a person changed.
type statement struct {
	passages []*passage
	ids      []string
	text     string
	start    int
	end      int
}

// uncitable are blocks in which not everything is a statement.
func uncitable(id string) bool {
	return strings.HasPrefix(id, "title") || strings.HasPrefix(id, "evidence-links")
}

// statements are the list items and table rows of the changed blocks.
func (p *page) statements() []statement {
	var out []statement
	add := func(block *report.Block, quote bool, ps []*passage) {
		if block == nil || !block.Changed || quote || uncitable(block.ID) || len(ps) == 0 {
			return
		}
		s := statement{passages: ps}
		var texts []string
		for _, q := range ps {
			texts = append(texts, q.text)
			for _, c := range q.citesOf() {
				s.ids = append(s.ids, c.id)
			}
			if !blank(q.text) && s.end == 0 {
				s.start, s.end = q.bounds(0, len(q.text))
			}
		}
		if s.text = strings.Join(texts, " "); !blank(s.text) {
			out = append(out, s)
		}
	}
	for _, it := range p.items {
		if len(it.passages) > 0 {
			add(it.passages[0].block, it.quote, it.passages)
		}
	}
	for _, t := range p.tables {
		for _, r := range t.rows {
			for _, c := range r.cells {
				if c.block != nil {
					add(c.block, c.quote, p.claimed(r))
					break
				}
			}
		}
	}
	return out
}

// claimed are the cells of a row that state what the evidence gives. In a table of actions
// people fill in who does it, how urgent it is and until when, and a row without a citation
// that collector did not write is an action of theirs.
func (p *page) claimed(r *row) []*passage {
	forPeople := func(head string) bool { _, ok := fieldLabels[head]; return ok }
	if !slices.ContainsFunc(r.table.heads, func(head string) bool { return fieldLabels[head] == "owner" }) {
		return r.cells
	}
	var out []*passage
	cited := false
	for i, c := range r.cells {
		cited = cited || len(c.citesOf()) > 0
		if i >= len(r.table.heads) || !forPeople(r.table.heads[i]) {
			out = append(out, c)
		}
	}
	if !cited && !p.generates(r.text(0)) {
		return nil
	}
	return out
}

func checkCitationRemoved(p *page, report reporter) {
	for _, s := range p.statements() {
		if len(s.ids) == 0 && !p.told(s) {
			report(s.start, s.end, "this statement of a generated block cites nothing: "+quoted(s.text))
		}
	}
}

// checkCitationMismatch compares what a changed block still cites with what collector
// says of the same records: each figure and name must stand there.
func checkCitationMismatch(p *page, report reporter) {
	if p.facts == nil || p.facts.Generated == "" {
		return
	}
	said := map[string]map[string]bool{} // record → figures and names of the statements that cite it
	numbered := false                    // collector gave the analysis its ID; otherwise people do
	for line := range strings.SplitSeq(p.facts.Generated, "\n") {
		ids := bracketed.FindAllString(line, -1)
		for _, id := range ids {
			id = strings.Trim(id, "[]")
			if said[id] == nil {
				said[id] = map[string]bool{}
			}
			for _, f := range figures(line) {
				said[id][f] = true
				numbered = numbered || validEscapeID(f)
			}
		}
	}
	for _, s := range p.statements() {
		for _, f := range figures(s.text) {
			known := len(s.ids) == 0 || !numbered && validEscapeID(f)
			for _, id := range s.ids {
				known = known || said[id][f] || said[id] == nil
			}
			if !known {
				report(s.start, s.end, quoted(f)+" stands in nothing that the evidence gives for "+strings.Join(s.ids, ", "))
				break
			}
		}
	}
}

// figures are the words of a line that hold a digit, without citations: numbers,
// times, names of servers, versions.
func figures(line string) []string {
	line = strings.ReplaceAll(bracketed.ReplaceAllString(line, " "), "\\", "")
	var out []string
	for w := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" \t|()[]\"“”;¤`*≈", r) }) {
		if report.IsCitation(w) {
			continue
		}
		if w = strings.Trim(w, ".,:'?!"); strings.ContainsAny(w, "0123456789") {
			out = append(out, w)
		}
	}
	return out
}

var marker = regexp.MustCompile(`^<!-- collector:(begin|end) id=([a-z0-9.-]+)(?: sha256=[0-9a-f]*)? -->[ \t\r]*$`)

// checkMarkers reports begin and end markers that make no block.
func checkMarkers(p *page, report reporter) {
	if !p.marked() {
		return
	}
	own := map[int]bool{}
	for _, b := range p.blocks {
		own[b.Start], own[b.End] = true, true
	}
	for _, start := range p.lines {
		if own[start] || !strings.HasPrefix(p.src[start:], "<!-- collector:") {
			continue
		}
		_, end := p.lineAt(start)
		line := strings.TrimRight(p.src[start:end], "\r\n")
		m := marker.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		message := "the block " + m[2] + " has a begin marker without its end, or begins twice"
		if m[1] == "end" {
			message = "the block " + m[2] + " has an end marker without its beginning"
		}
		report(start, start+len(line), message)
	}
}
