package lint

import "strings"

// humanErrors name a person's error as such.
var humanErrors = group{"%s explains nothing: it says that a person erred, not what let it happen", `
human|operator|pilot|engineer|developer|dba|admin|administrator|individual|personal error|mistake|oversight|slip
human failure|failing|failings|lapse
fat-finger|fat-fingered|fat-fingering|pebkac
fat finger|fingered|fingers
rookie|beginner's|stupid|silly|dumb mistake|error`}

// blameWords are words that judge people wherever they stand.
var blameWords = newLexicon(peopleClasses, humanErrors, group{"%s judges a person", `
careless|carelessly|carelessness|negligent|negligently|negligence|sloppy|sloppily|sloppiness|incompetent|incompetence
reckless|recklessly|recklessness|irresponsible|irresponsibly|unprofessional|stupidity|idiot|idiots|idiotic|clueless|inattentive|amateurish
lack of care|diligence|attention|discipline|attentiveness|professionalism
should|ought|could to? have known
should've known
did not bother|care to
didn't bother|care to
couldn't|not be bothered
not paying attention
wasn't|weren't paying attention
disciplinary action|actions|measures|proceedings|procedure|steps
reprimanded|reprimand
be|been more careful|diligent|attentive
pay|paying more|better|closer attention
%whose fault|mistake|carelessness|negligence|oversight|blunder|incompetence|failure
his|her|their own? fault|mistake|carelessness|negligence|blunder
%group %be to blame
%group %be at fault
%group %be %adverb? responsible|guilty for|of the|this outage|incident|loss|deletion|failure|damage
blame|blamed|blames on? %article? %kind? %person
fault of %article? %kind? %kind? %person
the guilty %person|party
poor|bad|lack judgement|judgment
lapse of|in judgement|judgment|concentration|attention
error of|in judgement|judgment
fault|blame|responsibility .. lies|lie|rests|goes|falls|belongs with|to|on %det? %kind? %kind? %person
%person who|that .. should|ought to? have %adverb? %known
without|never thinking
ignorance of|by %det? %kind? %person
fell|fallen|was asleep
should be fired|dismissed|sacked
inexperienced|incapable|incompetent|lazy %person`}, group{"%s says what a person did wrong", `
%who %aux? %aux? %adverb
%adverb .. by %det? %kind? %kind? %person
%who .. by mistake|accident
%group %aux? %aux? forgot|forgotten|forgets
forgotten by %det? %kind? %person
%group %aux? didn't|did|does|doesn't not? .. properly|carefully|thoroughly|attentively
%group %aux? didn't|did not? follow|read|heed %det? %kind? %rules
%group panicked
%group made|took %det? %kind? wrong|bad|poor|stupid decision|call|choice
%group had no idea|clue
%group %aux? %aux? neglected to
%group %aux? %adverb? failed|fails to properly|correctly|even? %duty
%group %aux? %adverb? ignored|disregarded|overlooked|missed a|an|the|all|his|her|their|this|these|several|every
%group and|but ignored|disregarded a|an|the|all|his|her|their
%group .. and ignored|disregarded the|all|this|these
%group %aux? %adverb? made a|an|the %kind? mistake|error|blunder
%group should|ought to? have %adverb? %known
%group should've %known
%group messed|screwed up
%group dropped the ball
%group violated|breached|bypassed the|our|a policy|process|procedure|rule|rules`})

// denials before a phrase turn it into its opposite or into a rule about words.
var denials = setOf(strings.Fields(`not no never avoid avoids avoiding without nor neither isn't wasn't don't doesn't didn't cannot can't aren't weren't rather instead
beyond against prevent prevents preventing eliminate reduce reducing room scope prone tolerate tolerates resilient survive possibility risk risks less blameless nobody`))

// deniedWithin is how many words before a phrase a denial reaches.
const deniedWithin = 5

// denied reports whether the words from i to j are denied or only mentioned: after
// "not" or "avoid", before "is not", in quotation marks of their own.
func denied(words []word, i, j int) bool {
	if q := words[i].quoted; q > 0 && (q <= j-i+2 || q <= 3) {
		return true
	}
	for k := i - 1; k >= 0 && k >= i-deniedWithin && words[k].sentence == words[i].sentence; k-- {
		if words[k+1].broken {
			break
		}
		if denials[words[k].s] {
			return true
		}
	}
	for k := j; k < len(words) && k < j+3 && words[k].sentence == words[i].sentence && !words[k].broken && !words[k].comma; k++ {
		switch words[k].s {
		case "isn't", "wasn't", "never", "not", "no":
			return true
		}
	}
	return false
}

// judged reports whether people wrote the passage, in their own voice.
func (p *passage) judged() bool { return !p.generated() && !p.quote && p.text != "" }

func checkBlame(p *page, report reporter) {
	for _, q := range p.passages {
		if !q.judged() {
			continue
		}
		ws := q.tokens()
		last := -1
		for i := range ws {
			if ws[i].sentence == last {
				continue
			}
			end, said, ok := blameWords.at(ws, i)
			if !ok || denied(ws, i, end) || technical(ws, i, end) {
				continue
			}
			last = ws[i].sentence
			start, stop := q.bounds(ws[i].start, ws[end-1].end)
			report(start, stop, strings.Replace(said, "%s", quoted(q.text[ws[i].start:ws[end-1].end]), 1))
		}
	}
}

// afterError turns "user error" and "developer error" into things of a program.
var afterError = setOf(strings.Fields("rate rates message messages page pages log logs code codes handling count counts budget budgets report reports reporting handler response responses"))

// technical reports whether the phrase is the name of a thing: a user error rate.
func technical(ws []word, i, end int) bool {
	return ws[end-1].s == "error" && end < len(ws) && !ws[end].broken && ws[end].sentence == ws[i].sentence && afterError[ws[end].s]
}

// quoted shows a stretch of text in a message: one line, not too long.
func quoted(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return "“" + strings.Map(visible, s) + "”"
}

// visible leaves out control characters and marks that turn the direction of writing.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0xfffd || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
		return -1
	}
	return r
}
