package lint

import "strings"

// causeWords are what may stand before the one that is said to be the cause.
var causeWords = newLexicon(nil, group{"", `
root? cause|causes was|is|were|are simply|just|a?
root? cause|causes of .. was|is|were|are simply|just?
caused|triggered by
because of?
due to
down to
attributed|attributable to`})

// causeErrors name human error as the cause.
var causeErrors = newLexicon(nil, humanErrors, group{"", `
user error
error by|of a|an|the`})

// couldWords behind a person say what the system allowed, not who is at fault.
var couldWords = setOf(strings.Fields("could can may might cannot couldn't able"))

// checkRootCause reports a cause that is a person, or human error: in what a label
// or a heading calls the root cause (its first words, and those of each list item), and behind "the root cause was".
func checkRootCause(p *page, report reporter) {
	opened := map[*section]bool{} // sections whose first passage was seen
	for _, q := range p.passages {
		if !q.judged() || q.form == heading {
			continue
		}
		labelled := q.label != "" && topicOf(q.label) == rootCause
		first := !opened[q.section] || q.item != nil && q.item.parent == nil && q.item.passages[0] == q
		inside := q.section.is(rootCause) && first && q.column == 0 && (q.label == "" || labelled)
		if q.section.is(rootCause) && !blank(q.text) {
			opened[q.section] = true
		}
		if q.section.is(factors) && !labelled {
			continue
		}
		q.checkCause(labelled || inside, q.section.is(rootCause), report)
	}
}

// checkCause looks at what a passage gives as the cause: its first words if it is
// stated to be one, and what follows "caused by" and the like. Within a section on
// the root cause human error is one wherever it stands.
func (q *passage) checkCause(stated, within bool, report reporter) {
	ws := q.tokens()
	first := 0
	if q.label != "" && topicOf(q.label) == rootCause {
		for first < len(ws) && ws[first].start < q.body {
			first++
		}
	}
	if stated && first < len(ws) && q.reportCause(ws, first, report) {
		return
	}
	for i := first; i < len(ws); i++ {
		end, _, ok := causeWords.at(ws, i)
		if ok && end < len(ws) && ws[end].sentence == ws[i].sentence && ws[i].quoted == 0 && (stated || within || chief(ws[i].s)) && !denied(ws, i, end) && q.reportCause(ws, end, report) {
			return
		}
		if i > first && ws[i-1].s == "cause" && i > 1 && ws[i-2].s == "root" && strings.HasPrefix(q.text[ws[i-1].end:], ":") && q.reportCause(ws, i, report) {
			return // a line of its own within a paragraph: root cause: …
		}
		if !stated && !within {
			continue
		}
		if end, _, ok := causeErrors.at(ws, i); ok && ws[end-1].s != "the" && ws[end-1].s != "a" && ws[end-1].s != "an" && !denied(ws, i, end) && !technical(ws, i, end) {
			start, stop := q.bounds(ws[i].start, ws[end-1].end)
			report(start, stop, quoted(q.text[ws[i].start:ws[end-1].end])+" is given as the root cause")
			return
		}
	}
}

// chief reports whether a word opens a phrase that names a cause by itself.
func chief(s string) bool { return s == "root" || s == "caused" }

// reportCause reports the person or human error that begins at word i, if one does.
func (q *passage) reportCause(ws []word, i int, report reporter) bool {
	end := culprit(ws, i)
	if end < 0 || denied(ws, i, end) {
		return false
	}
	start, stop := q.bounds(ws[i].start, ws[end-1].end)
	report(start, stop, quoted(q.text[ws[i].start:ws[end-1].end])+" is given as the root cause")
	return true
}

var personSet = setOf(strings.Fields(peopleWords))
var kindSet = setOf(strings.Fields(kindWords + " a an the our one of on call"))

// culprit is the word behind a person who is the subject at word i, or behind human
// error; -1 if something else stands there, or what the person was able to do.
func culprit(ws []word, i int) int {
	if names := peopleNamed(ws[i:min(i+longestName, len(ws))]); len(names) > 0 && names[0].first == 0 {
		return agent(ws, i+names[0].end, names[0].whose)
	}
	for k := i; k < len(ws) && k < i+6 && ws[k].sentence == ws[i].sentence && (k == i || !ws[k].broken); k++ {
		if end, _, ok := causeErrors.at(ws, k); ok && !technical(ws, k, end) {
			return end
		}
		if personSet[ws[k].s] {
			return agent(ws, k+1, false)
		}
		if !kindSet[ws[k].s] {
			return -1
		}
	}
	return -1
}

// agent is end if the words from there let the person before them be the one who
// acted: a verb, or nothing. A noun (admin panel) or "was able to" does not.
func agent(ws []word, end int, whose bool) int {
	if !follows(ws, end) {
		return end
	}
	next := ws[end].s
	if whose {
		if ownedFaults[next] {
			return end + 1
		}
		return -1
	}
	for k := end; k < end+3 && follows(ws, k); k++ {
		if couldWords[ws[k].s] {
			return -1
		}
	}
	if strings.HasSuffix(next, "ed") || strings.HasSuffix(next, "ing") || strings.HasSuffix(next, "ly") || irregularVerbs[next] || linking[next] {
		return end
	}
	return -1
}

// linking words behind a person do not make a thing of them, as a noun would.
var linking = setOf(strings.Fields("who that and on in at of from during with by again then also typed"))
