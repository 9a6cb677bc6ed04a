package lint

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// person is a name in a passage.
type person struct {
	words      []word
	first, end int // words: the first of the name, the one behind it
	whose      bool
}

// longestName is how many words are needed to see whether a name begins with the first
// of them, and whether its bearer acts.
const longestName = 8

// notSurnames are words behind a given name that make a product, a place or a
// thing of it: Maria DB, Hudson Street, Julia notebooks.
var notSurnames = setOf(strings.Fields(`db sql ci cd street road avenue city valley notebooks notebook metrics hotel server servers cluster clusters database databases
release releases job jobs pipeline pipelines framework library driver client api sdk cli server's ltd inc gmbh llc corp foundation university airport algorithm
code script scripts service services build builds`))

// humanVerbs are done by people only: they make a person of two unknown
// capitalised words before them.
var humanVerbs = setOf(strings.Fields("forgot typed mistyped misread realised realized thought apologised apologized admitted overlooked pasted said asked joined logged decided guessed believed"))

// irregularVerbs are past forms that do not end in -ed, and short present forms.
var irregularVerbs = setOf(strings.Fields(`ran did was is had has made took forgot broke wrote sent set put shut cut thought said told found left went came saw knew gave got kept let
lost meant met read began began chose drew felt held hit led misread overrode paid rebuilt rewrote sat sold spoke spent stood taught understood woke won runs does makes takes forgets breaks
writes sends sets puts says tells finds leaves goes sees knows gives gets keeps lets loses restarts deploys merges pushes drops deletes starts stops reverts applies executes approves
notices calls tries logs types pastes changes removes adds rolls joins decides fixes confirms reports asks escalates investigates switches enables disables kills didn't hadn't wasn't`))

// peopleNamed finds the names in a passage's words.
func peopleNamed(ws []word) []person {
	var out []person
	for i := 0; i < len(ws); i++ {
		if !ws[i].upper {
			continue
		}
		name, whose := strings.CutSuffix(ws[i].s, "'s")
		switch {
		case given(name):
			n := person{ws, i, i + 1, whose}
			if !whose && n.end < len(ws) && surname(ws, n.end) {
				if _, n.whose = strings.CutSuffix(ws[n.end].s, "'s"); true {
					n.end++
				}
			}
			if !whose && n.end < len(ws) && !ws[n.end].broken && notSurnames[ws[n.end].s] {
				continue
			}
			out = append(out, n)
			i = n.end - 1
		case title(ws[i].s) && i+1 < len(ws) && ws[i+1].upper && ws[i+1].sentence == ws[i].sentence:
			out = append(out, person{ws, i, i + 2, strings.HasSuffix(ws[i+1].s, "'s")})
			i++
		case i+2 < len(ws) && capital(ws, i) && surname(ws, i+1) && follows(ws, i+2) && humanVerbs[ws[i+2].s] && !organisation(ws[i].s) && !organisation(ws[i+1].s):
			out = append(out, person{ws, i, i + 2, false})
			i++
		}
	}
	return out
}

func title(s string) bool { return s == "mr" || s == "mrs" || s == "ms" || s == "dr" }

// capital reports whether a word is written like a name: Smith, not SMITH or v2.
func capital(ws []word, i int) bool {
	s := ws[i].s
	return ws[i].upper && utf8.RuneCountInString(s) > 1 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }) < 0
}

// surname reports whether word i may be the second part of a name.
func surname(ws []word, i int) bool {
	return follows(ws, i) && capital(ws, i) && !notSurnames[ws[i].s]
}

// follows reports whether word i stands directly behind the one before it.
func follows(ws []word, i int) bool {
	return i < len(ws) && i > 0 && !ws[i].broken && !ws[i].comma && ws[i].sentence == ws[i-1].sentence
}

// ownedFaults are what a person is blamed for when it is called theirs.
var ownedFaults = setOf(strings.Fields(`change changes commit mistake fault deploy deployment script query session laptop migration error patch command carelessness oversight
statement shell terminal account upgrade typo decision release merge negligence failure`))

// byAuthors stand before "by" where a name is a credit.
var byAuthors = setOf(strings.Fields("written reviewed prepared authored facilitated edited published compiled approved signed presented moderated photo illustration led chaired"))

// thanksWithin is how many words before and behind a name a thank-you reaches.
const thanksWithin = 60

var gratitude = setOf(strings.Fields("thank thanks thanked kudos credit credits grateful congratulations"))

func checkNames(p *page, report reporter) {
	for _, q := range p.passages {
		if !q.judged() || q.credit() || q.form == heading {
			continue
		}
		ws := q.tokens()
		for _, n := range peopleNamed(ws) {
			if ws[n.first].quoted > 0 || !n.acts() {
				continue
			}
			start, end := q.bounds(ws[n.first].start, ws[n.end-1].end)
			report(start, end, quoted(q.text[ws[n.first].start:ws[n.end-1].end])+" is named as the one who did something")
		}
	}
}

// acts reports whether the person does something, or something is theirs or done
// by them.
func (n person) acts() bool {
	ws := n.words
	first, last := sentenceBounds(ws, n.first)
	for k := max(first, n.first-thanksWithin); k <= min(last, n.first+thanksWithin); k++ {
		if gratitude[ws[k].s] {
			return false
		}
	}
	if n.first > 0 && follows(ws, n.first) {
		before := ws[n.first-1].s
		if before == "by" {
			return n.first < 2 || !byAuthors[ws[n.first-2].s]
		}
		if before == "of" && n.first > 1 && ws[n.first-2].s == "because" {
			return true
		}
	}
	if !follows(ws, n.end) {
		return false
	}
	next := ws[n.end].s
	if n.whose {
		return ownedFaults[next]
	}
	if strings.HasSuffix(next, "ly") && follows(ws, n.end+1) {
		next = ws[n.end+1].s
	}
	if next == "and" && follows(ws, n.end+1) {
		if others := peopleNamed(ws[n.end+1 : min(n.end+1+longestName, len(ws))]); len(others) > 0 && others[0].first == 0 {
			return others[0].acts()
		}
	}
	return irregularVerbs[next] || strings.HasSuffix(next, "ed") && len(next) > 3
}
