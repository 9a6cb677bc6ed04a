package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// stillCited are the records of the draft's former state that its documents cite
// and its new state no longer has.
func stillCited(docs []Document, now, before []timeline.Evidence) []timeline.Evidence {
	have := map[string]bool{}
	for _, e := range now {
		have[e.ID] = true
	}
	was := map[string]timeline.Evidence{}
	for _, e := range before {
		was[e.ID] = e
	}
	var kept []timeline.Evidence
	for _, doc := range docs {
		for _, id := range citedIn(withoutLinks(doc.Text)) {
			if e, ok := was[id]; ok && !have[id] {
				kept = append(kept, e)
				have[id] = true
			}
		}
	}
	slices.SortFunc(kept, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	return kept
}

// withoutLinks is the document without its blocks of link definitions.
func withoutLinks(doc string) string {
	var b strings.Builder
	for _, s := range split(doc) {
		if base, _ := family(s.id); base != linksID {
			b.WriteString(s.raw)
		}
	}
	return b.String()
}

// relink rewrites the link definitions for what the merged document cites. A
// block of them that a person changed stays, and a second one stands behind it;
// one that a person removed comes back, or citations would lead nowhere.
func relink(doc string, records, earlier []timeline.Evidence) string {
	links := linksBlock(withoutLinks(doc), records, earlier)
	var b strings.Builder
	done := false
	for _, s := range split(doc) {
		base, n := family(s.id)
		switch {
		case base != linksID:
			b.WriteString(s.raw)
		case n == 0 && !s.changed():
			b.WriteString(block(linksID, links))
			done = true
		case n == 0:
			b.WriteString(s.raw)
		case s.changed(), done && !once(doc, s.id):
			b.WriteString(s.raw)
		case !done:
			b.WriteString(block(s.id, links))
			done = true
		}
	}
	if done {
		return b.String()
	}
	id := linksID
	if strings.Contains(doc, "collector:begin id="+linksID) {
		id = next(lastOf(doc, linksID))
	}
	if !strings.HasSuffix(b.String(), "\n") {
		b.WriteString("\n")
	}
	return b.String() + "\n" + block(id, links)
}

// lastOf is the newest block of a family in a document.
func lastOf(doc, base string) string {
	last, most := base, 0
	for _, s := range split(doc) {
		if b, n := family(s.id); b == base && n >= most {
			last, most = s.id, n
		}
	}
	return last
}
