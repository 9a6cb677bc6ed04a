package lint

import "strings"

// guesses are words for what is believed and not shown.
var guesses = newLexicon(classes{
	"we":         {"we", "i"},
	"participle": strings.Fields("been known gone come had seen taken run broken lost sent set read hit gotten got made done left held kept begun thought meant felt become written"),
}, group{"%s is a guess, and nothing is cited for it", `
probably|prob|prolly|presumably|perhaps|maybe|supposedly|apparently|conceivably|seemingly|allegedly|afaik|iirc
possibly|potentially due|caused|because|triggered|related|a|an|the|from|by|also|as
might|may|could be due|related|caused|because|that
might|may|could have|be caused|triggered|contributed
is|are suspected|believed|thought|assumed|presumed to|that
it looks|looked like|as
looks|looked like|as if|though|a|an|the
chances are
pretty|fairly|quite|almost|reasonably sure|certain|confident
%we think|believe|suspect|assume|guess|presume|reckon|imagine
%we strongly|still|now|currently|also think|believe|suspect|assume
must|might|may have %participle
must|might|may not? have not? been
most|very|quite likely
likely caused|due|because|triggered|related|explains|happened|led|contributed|responsible|all|the|a|an
is|was|were|are likely
it seems|seemed|appears|appeared
seems|seem|seemed|appears|appear|appeared to have|be
in all likelihood|probability
our|my|best|working|current best|working|current? guess|theory|suspicion|assumption|hypothesis is|was
it is|was possible|likely|plausible|conceivable that
could well have
not sure|certain whether|why|if|how`})

// degrees may stand before "likely" without a guess: more likely, less likely.
var degrees = setOf(strings.Fields("more less as equally un not should would will"))

// demands before "must have been" make a rule of it.
var demands = setOf(strings.Fields("says demands requires states every each all any before guide policy rule rules"))

func checkSpeculation(p *page, report reporter) {
	chats := p.chats()
	for _, q := range p.passages {
		if !q.judged() || q.form == heading || q.item != nil && chats[q.item.list] || q.section.is(hypotheses) || q.section.is(lessons) || q.section.is(questions) || q.about(hypotheses) || q.about(questions) || q.about(lessons) {
			continue
		}
		ws := q.tokens()
		last := -1
		for i := 0; i < len(ws); i++ {
			if ws[i].sentence == last || ws[i].quoted > 0 {
				continue
			}
			end := guess(ws, i)
			if end < 0 || q.cited(ws, i) {
				continue
			}
			last = ws[i].sentence
			start, stop := q.bounds(ws[i].start, ws[end-1].end)
			report(start, stop, strings.Replace("%s is a guess, and nothing is cited for it", "%s", quoted(q.text[ws[i].start:ws[end-1].end]), 1))
		}
	}
}

// guess is the word behind the guess that begins at word i, or -1.
func guess(ws []word, i int) int {
	end, _, ok := guesses.at(ws, i)
	if !ok {
		if ws[i].s != "must" && ws[i].s != "might" && ws[i].s != "may" || !follows(ws, i+1) || ws[i+1].s != "have" || !follows(ws, i+2) {
			return -1
		}
		if s := ws[i+2].s; !strings.HasSuffix(s, "ed") || s == "need" || s == "shared" {
			return -1
		}
		end = i + 3
	}
	if i > 0 && follows(ws, i) {
		if degrees[ws[i-1].s] && ws[i].s != "it" && ws[i].s != "we" {
			return -1
		}
	}
	for k := i - 1; ws[i].s == "must" && k >= 0 && k >= i-6 && ws[k].sentence == ws[i].sentence; k-- { // a rule, not a guess
		if demands[ws[k].s] {
			return -1
		}
	}
	return end
}

// cited reports whether the sentence of word i has a citation: a record, a link, a
// footnote. In a table the citation may stand in another cell of the row.
func (p *passage) cited(ws []word, i int) bool {
	if p.row != nil {
		for _, c := range p.row.cells {
			if len(c.cites) > 0 {
				return true
			}
		}
	}
	first, last := sentenceBounds(ws, i)
	for k := first; k <= last; k++ {
		if ws[k].link {
			return true
		}
	}
	end := len(p.text)
	if last+1 < len(ws) {
		end = ws[last+1].start
	}
	for _, c := range p.cites {
		if c.start >= ws[first].start && c.start <= end {
			return true
		}
	}
	return false
}
