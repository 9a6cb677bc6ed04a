package lint

import (
	"slices"
	"strings"
	"unicode"

	written "collector/internal/actions"
)

// topic is what a section is for, by its heading.
type topic int

const (
	other      topic = iota
	toDo             // what will be done
	remedies         // perhaps what will be done: a weaker word for it
	chronology       // a timeline
	rootCause
	hypotheses // guesses are welcome
	lessons
	questions
	metadata // who wrote, read, approved; thanks
	factors  // contributing: not the root cause
	escapePoint
)

// topics are found by the words of a heading, first match first. What announces actions
// is known where they are read.
var topics = []struct {
	topic topic
	words []string // within the heading; "=word" is the whole of it
}{
	{escapePoint, []string{"escape point"}},
	{rootCause, []string{"whys"}},
	{metadata, []string{"author", "attend", "participants", "acknowledg", "thank", "credits", "approval", "reviewers", "distribution", "contacts", "sign-off", "=present"}},
	{hypotheses, []string{"hypothes", "theor", "specul", "assumption", "suspicion", "suspect"}},
	{questions, []string{"question", "unknown", "open point", "open issue", "discussion", "to be clarified", "not clear", "unclear", "do not know", "don't know", "not known"}},
	{lessons, []string{"lesson", "learn", "takeaway", "reflection"}},
	{factors, []string{"contribut", "causal factor", "aggravat"}},
	{chronology, []string{"timeline", "chronolog", "sequence of events", "=events"}},
	{other, []string{"actions taken", "immediate action", "mitigation", "what happened"}},
	{toDo, nil},
	{rootCause, []string{"root cause", "=cause", "=causes", "why it happened", "why did it happen", "what caused", "cause of the", "=why", "cause analysis"}},
	{remedies, nil},
}

// topicOf is what a heading announces.
func topicOf(title string) topic {
	t := bare(title)
	about, surely := written.Announces(t)
	for _, c := range topics {
		if c.topic == toDo && surely || c.topic == remedies && about || slices.ContainsFunc(c.words, func(w string) bool {
			whole, is := strings.CutPrefix(w, "=")
			return is && t == whole || !is && strings.Contains(t, w)
		}) {
			return c.topic
		}
	}
	return other
}

// bare is a heading in lower case without its number, signs and colon.
func bare(title string) string {
	t := strings.ToLower(strings.TrimSpace(title))
	t = strings.TrimLeftFunc(t, func(r rune) bool { return !unicode.IsLetter(r) })
	if number, rest, ok := strings.Cut(t, ". "); ok && strings.Trim(number, "ivx") == "" { // II. Cause
		t = rest
	}
	return strings.TrimRightFunc(t, func(r rune) bool { return !unicode.IsLetter(r) })
}

// labelOf is what a label says, "" if it is too long for one.
func labelOf(s string) string {
	l := bare(s)
	if len(l) > 120 {
		return ""
	}
	return l
}

// maxLabel is how many words a label has at most.
const maxLabel = 6

// findLabel finds what a passage begins with before a colon: "Root cause: …". What
// follows in parentheses belongs to the label.
func (p *passage) findLabel() {
	depth, words := 0, 1
	for i, r := range p.text {
		switch {
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case r == ' ' && depth == 0:
			words++
		case r == '.' && depth == 0 || words > maxLabel || i > 300:
			return
		case r == ':' && depth == 0:
			if i+1 < len(p.text) && p.text[i+1] != ' ' {
				return // a time, an address
			}
			name, _, _ := strings.Cut(p.text[:i], "(")
			if l := labelOf(name); l != "" {
				p.label, p.body = l, i+1
			}
			return
		}
	}
}

// topic is what the passage is about: by its label, or by its section.
func (p *passage) about(t topic) bool {
	if p.label != "" {
		if own := topicOf(p.label); own != other {
			return own == t
		}
	}
	return p.section.is(t)
}

// credits are labels behind which people may be named: who wrote, reviewed, leads.
var credits = []string{
	"author", "authors", "written by", "prepared by", "reviewed by", "reviewer", "reviewers", "facilitator", "facilitated by", "scribe", "owner", "present",
	"attendees", "participants", "incident commander", "incident lead", "incident manager", "approved by", "approver", "approvers", "contact", "contacts",
	"editor", "editors", "moderator", "distribution", "cc", "thanks", "acknowledgements", "document owner", "postmortem owner", "communications lead", "by",
}

// credit reports whether the passage is about who made the document, or a thank-you.
func (p *passage) credit() bool {
	return p.section.is(metadata) || p.label != "" && slices.Contains(credits, p.label)
}
