package lint

import (
	"sort"
	"strings"
)

// checkQuestions reports questions with nothing written after them, up to the next
// question that does not follow directly, the next generated block, the next heading.
// Questions that follow each other are answered together.
func checkQuestions(p *page, report reporter) {
	var asks []comment
	for _, c := range p.comments {
		if isQuestion(c.text) {
			asks = append(asks, c)
		}
	}
	for i, c := range asks {
		if p.changedAbove(c) {
			continue
		}
		end := p.answerEnd(c.end)
		j := i
		for j+1 < len(asks) && asks[j+1].start < end && !p.answered(asks[j].end, asks[j+1].start) {
			j++ // questions one below the other share the answer
		}
		until := end
		if j+1 < len(asks) {
			until = min(until, asks[j+1].start)
		}
		if !p.answered(c.end, until) {
			report(c.start, c.end, "nothing is written after the question "+quoted(strings.TrimSpace(strings.TrimPrefix(c.text, "Ask:"))))
		}
	}
}

func isQuestion(text string) bool { return strings.HasPrefix(text, "Ask:") }

// changedAbove reports whether a question asks to change the heading, and somebody did.
func (p *page) changedAbove(c comment) bool {
	if !strings.Contains(c.text, "Change it above") {
		return false
	}
	for _, b := range p.blocks {
		if b.ID == "title" && b.Changed {
			return true
		}
	}
	return false
}

// answerEnd is where the place for an answer ends: at the next heading or generated
// block.
func (p *page) answerEnd(from int) int {
	end := len(p.src)
	if n := sort.Search(len(p.sections), func(i int) bool { return p.sections[i].start >= from }); n < len(p.sections) {
		end = min(end, p.sections[n].start)
	}
	for _, b := range p.blocks {
		if b.Start >= from {
			end = min(end, b.Start)
			break
		}
	}
	return end
}

// answered reports whether people wrote something between two bytes. The head of a
// table is no answer, nor are the names of its rows, nor is a place for an answer.
func (p *page) answered(from, to int) bool {
	first := sort.Search(len(p.passages), func(i int) bool { return p.passages[i].srcStart() >= from })
	for _, q := range p.passages[first:] {
		if q.srcStart() >= to {
			break
		}
		if q.form == heading || q.generated() || placeholder(q.text) || q.printed() {
			continue
		}
		return true
	}
	return p.hasCode(from, to)
}

// rowNames are the heads of columns that name a table's rows: templates fill them in.
var rowNames = setOf(strings.Fields("# no field gate stage figure"))

// printed reports whether a cell or a label stands in the template already.
func (q *passage) printed() bool {
	if q.row == nil {
		return q.label != "" && blank(q.text[q.body:])
	}
	heads := q.row.table.heads
	return q.row.table.head == q.row || q.column < len(heads) && rowNames[bare(heads[q.column])] || q.column < len(heads) && heads[q.column] == "#" || strings.EqualFold(strings.TrimSpace(q.text), "draft")
}

// hasCode reports whether there is code, which is no passage, between two bytes.
func (p *page) hasCode(from, to int) bool {
	for line := range strings.SplitSeq(p.src[from:max(from, to)], "\n") {
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") || strings.HasPrefix(line, "    ") && t != "" || strings.HasPrefix(t, "![") {
			return true
		}
	}
	return false
}
