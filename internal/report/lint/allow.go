package lint

import (
	"strings"
)

// allowRule is the rule about comments that allow findings.
const allowRule = "allow-comment"

// allowances are the stretches of a page in which rules are silenced, by rule.
type allowances map[string][][2]int

func (a allowances) covers(f Finding) bool {
	for _, s := range a[f.Rule] {
		if f.start >= s[0] && f.start < s[1] {
			return true
		}
	}
	return false
}

// allowances reads the comments <!-- collector-lint: allow RULE reason -->, and
// reports those that name no known rule or no reason.
func (p *page) allowances() (allowances, []Finding) {
	out := allowances{}
	var faults []Finding
	for _, c := range p.comments {
		text, ok := strings.CutPrefix(c.text, "collector-lint:")
		if !ok {
			continue
		}
		fields := strings.Fields(text)
		message := ""
		switch {
		case len(fields) < 2 || fields[0] != "allow":
			message = "the comment allows nothing: it names no rule"
		case !allKnown(fields[1]):
			message = "there is no rule " + quoted(fields[1])
		case len(fields) < 3:
			message = "the comment allows " + fields[1] + " without a reason"
		}
		if message != "" {
			faults = append(faults, Finding{Rule: allowRule, Severity: Error, Message: message, Fix: fixOf(allowRule), start: c.start, end: c.end})
			continue
		}
		reach := p.reach(c)
		for id := range strings.SplitSeq(fields[1], ",") {
			out[id] = append(out[id], reach)
		}
	}
	return out, faults
}

func allKnown(ids string) bool {
	for id := range strings.SplitSeq(ids, ",") {
		if !Known(id) {
			return false
		}
	}
	return true
}

func fixOf(id string) string {
	for _, r := range rules() {
		if r.ID == id {
			return r.Fix
		}
	}
	return ""
}

// reach is where a comment allows: on its own line if there is text on it; below a
// heading its whole section; above everything the whole document; else the block of
// lines behind it, up to the next empty one.
func (p *page) reach(c comment) [2]int {
	start, _ := p.lineAt(c.start)
	_, end := p.lineAt(max(c.end-1, c.start))
	if !blank(p.src[start:c.start]) || !blank(p.src[c.end:end]) {
		return [2]int{start, end}
	}
	s := p.sectionAt(c.start)
	if blank(withoutComments(p.src[s.headingEnd:max(s.headingEnd, start)])) {
		if s.level == 0 {
			return [2]int{0, len(p.src) + 1}
		}
		return [2]int{s.start, s.end + 1}
	}
	at := end
	for at < len(p.src) { // blank lines and other comments
		_, next := p.lineAt(at)
		if !blank(withoutComments(p.src[at:next])) {
			break
		}
		at = next
	}
	for at < len(p.src) {
		_, next := p.lineAt(at)
		if blank(p.src[at:next]) {
			break
		}
		at = next
	}
	return [2]int{start, at + 1}
}

// withoutComments is a text without HTML comments.
func withoutComments(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "<!--")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if _, s, ok = strings.Cut(rest, "-->"); !ok {
			return b.String()
		}
	}
}
