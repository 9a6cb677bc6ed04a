package lint

import "strings"

// recognise finds what collector wrote in the blocks that a person changed: a row that
// somebody adds to a timeline makes the other rows nobody's.
func (p *page) recognise() {
	if p.facts == nil || p.facts.Generated == "" {
		return
	}
	given := map[string]bool{}
	for line := range strings.SplitSeq(p.facts.Generated, "\n") {
		given[strings.TrimSpace(line)] = true
	}
	for _, q := range p.passages {
		if q.block == nil || !q.block.Changed || len(q.spans) == 0 {
			continue
		}
		start, _ := p.lineAt(q.srcStart())
		_, end := p.lineAt(max(q.srcStart(), q.srcEnd-1))
		q.ours = true
		for line := range strings.SplitSeq(strings.TrimSpace(p.src[start:end]), "\n") {
			q.ours = q.ours && given[strings.TrimSpace(line)]
		}
	}
}

// generates reports whether the draft gives a text, as far as its beginning shows it.
func (p *page) generates(text string) bool {
	begin := strings.TrimSpace(text)
	begin = strings.TrimSpace(begin[:min(len(begin), 40)])
	if begin == "" || p.facts == nil {
		return false
	}
	return strings.Contains(strings.NewReplacer("\\", "", "**", "").Replace(p.facts.Generated), begin)
}

// told reports whether a statement is a line that people added to a timeline of
// collector's, as its document asks them to: it begins with a time, and the draft gives
// nothing of what it says. What people decided and did has no record to cite.
func (p *page) told(s statement) bool {
	if p.facts == nil || p.facts.Generated == "" || len(s.passages) == 0 {
		return false
	}
	if _, ok := s.passages[0].stamp(); !ok {
		return false
	}
	for i, q := range s.passages {
		text := q.text
		if i == 0 {
			_, text, _ = strings.Cut(text, ": ") // "09:12:03 UTC: what happened" in a list
		}
		if len(text) > len("measured") && p.generates(text) {
			return false
		}
	}
	return true
}
