package report

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// briefShared is how many features of one earlier draft the briefing names.
const briefShared = 3

// BriefSeen is the short form of Seen, SeenRows and SeenLeft: with how many earlier
// drafts this one was compared, and those that share most.
func (d *document) BriefSeen() []Statement {
	h := d.tl.History
	if h == nil {
		return nil
	}
	alike := d.tl.Alike()
	out := []Statement{{d.briefComparison(h, len(alike)), d.cited(h.Evidence)}}
	here := d.tl.Features()
	for _, a := range alike[:min(len(alike), briefLines)] {
		cites := slices.Clone(h.Evidence)
		var texts []string
		for _, f := range a.Shared {
			texts = append(texts, featureText(f))
			cites = append(cites, here[f]...)
		}
		before := span(d.tl.Window.From.Sub(a.Window.To)) + " before this window"
		out = append(out, Statement{fmt.Sprintf("%s, %s, %s: %s.", draftLink(a.EarlierDraft), d.day(a.Window.From), before, enumerate(texts, briefShared)), d.cited(cites)})
	}
	if left := len(alike) - briefLines; left > 0 {
		out = append(out, Statement{fmt.Sprintf("%s as many things or fewer; `collector patterns` lists what recurs.", shares(left)), d.cited(h.Evidence)})
	}
	return out
}

func shares(n int) string {
	if n == 1 {
		return "1 more earlier draft shares"
	}
	return plural(n, "more earlier draft") + " share"
}

// briefComparison counts what was compared, what was found alike, and what was not
// compared.
func (d *document) briefComparison(h *timeline.History, alike int) string {
	text := "No other draft beside this one is of an earlier window, so there was nothing to compare with"
	switch n := len(h.Drafts); {
	case n > 0 && alike == 0:
		text = "Compared with " + plural(n, "earlier draft") + ": nothing in common"
	case n > 0:
		text = fmt.Sprintf("Compared with %s: something in common with %s of them, which does not say that the cause was the same", plural(n, "earlier draft"), commas(fmt.Sprint(alike)))
	}
	var not []string
	for _, left := range []struct {
		n    int
		what string
	}{{len(h.Overlapping), "whose windows reach into this one"}, {h.LeftOut, "older"}, {len(h.Unreadable), "that could not be read"}} {
		if left.n > 0 {
			not = append(not, commas(fmt.Sprint(left.n))+" "+left.what)
		}
	}
	if len(not) > 0 {
		text += "; not compared: " + strings.Join(not, ", ")
	}
	return text + "."
}
