package report

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"collector/internal/timeline"
)

const (
	// maxAlike is how many earlier drafts the table shows.
	maxAlike = 8
	// maxShared is how many features one of its cells names, and one sentence.
	maxShared = 6
)

// compared says what two drafts are compared by.
const compared = "the same alert, the same statement, the same blocking statement, the same kind of trouble on the same server, a change of the same thing, the same table"

// Seen says with how many earlier drafts this one was compared and how
// many of them hold something that it holds too. A draft that was made without looking
// at earlier ones says nothing.
func (d *document) Seen() []Statement {
	h := d.tl.History
	if h == nil {
		return nil
	}
	out := []Statement{{d.comparison(h), d.cited(h.Evidence)}}
	if s := d.sharedMost(h); s.Text != "" {
		out = append(out, s)
	}
	return append(out, d.uncompared(h)...)
}

func (d *document) comparison(h *timeline.History) string {
	n := len(h.Drafts)
	if n == 0 {
		return "No other draft beside this one is of a window that was over when this one began, so there was nothing to compare with: that is not to say that nothing like it happened before."
	}
	windows := make([]timeline.Window, n)
	for i, e := range h.Drafts {
		windows[i] = e.Window
	}
	earliest := slices.MinFunc(windows, func(a, b timeline.Window) int { return a.From.Compare(b.From) })
	text := fmt.Sprintf("Compared with %s, the first of %s", plural(n, "earlier draft"), d.day(earliest.From))
	if n == 1 {
		text = "Compared with 1 earlier draft, of " + d.day(earliest.From)
	}
	if times := timeline.Occasions(windows); times < n {
		text += fmt.Sprintf(" (of %s: some tell of the same one)", plural(times, "separate time"))
	}
	alike := len(d.tl.Alike())
	switch {
	case len(d.tl.Features()) == 0:
		return text + ": this draft itself holds nothing that they could share (" + compared + ")."
	case alike == 0:
		return text + ": none shares anything with this one. Looked for: " + compared + "."
	}
	who := commas(fmt.Sprint(alike)) + " of them have"
	switch {
	case n == 1:
		who = "it has"
	case alike == 1:
		who = "1 of them has"
	}
	return text + ": " + who + " something in common with this one. Looked for: " + compared + ". That the same was seen twice does not say that it had the same cause."
}

// day is a date in the document's zone.
func (d *document) day(t time.Time) string { return t.In(d.clock.zone).Format(time.DateOnly) }

// sharedMost names what most earlier drafts have in common with this one, where it is
// more than one draft.
func (d *document) sharedMost(h *timeline.History) Statement {
	count := map[timeline.Feature]int{}
	for _, a := range d.tl.Alike() {
		for _, f := range a.Shared {
			count[f]++
		}
	}
	maps.DeleteFunc(count, func(_ timeline.Feature, n int) bool { return n < 2 })
	if len(count) == 0 {
		return Statement{}
	}
	order := slices.SortedFunc(maps.Keys(count), func(a, b timeline.Feature) int {
		return cmp.Or(count[b]-count[a], timeline.CompareFeatures(a, b))
	})
	here := d.tl.Features()
	var texts []string
	cites := slices.Clone(h.Evidence)
	for _, f := range order[:min(len(order), maxShared)] {
		texts = append(texts, fmt.Sprintf("%s (in %d of %d)", featureText(f), count[f], len(h.Drafts)))
		cites = append(cites, here[f]...)
	}
	return Statement{"Shared most often: " + enumerate(texts, maxShared) + ".", d.cited(cites)}
}

// uncompared says which drafts were not compared, and why.
func (d *document) uncompared(h *timeline.History) []Statement {
	var out []Statement
	say := func(format string, args ...any) {
		out = append(out, Statement{fmt.Sprintf(format, args...), d.cited(h.Evidence)})
	}
	if len(h.Overlapping) > 0 {
		var names []string
		for _, e := range h.Overlapping {
			names = append(names, draftLink(e))
		}
		say("Not compared, because its window reaches into this one's: %s.", enumerate(names, maxShared))
	}
	if h.LeftOut > 0 {
		say("Not compared: %s.", plural(h.LeftOut, "older draft"))
	}
	if h.Cut > 0 {
		say("Of the earlier drafts that hold most, %s not compared.", were(h.Cut, "feature"))
	}
	if len(h.Unreadable) > 0 {
		say("Could not be read, and so not compared: %s.", enumerate(escapeAll(h.Unreadable), maxShared))
	}
	return out
}

func were(n int, noun string) string {
	if n == 1 {
		return plural(n, noun) + " was"
	}
	return plural(n, noun) + " were"
}

// SeenRows are the earlier drafts that share most with this one.
func (d *document) SeenRows() []Row {
	if d.tl.History == nil {
		return nil
	}
	here := d.tl.Features()
	alike := d.tl.Alike()
	var rows []Row
	for _, a := range alike[:min(len(alike), maxAlike)] {
		cites := slices.Clone(d.tl.History.Evidence)
		var texts []string
		for _, f := range a.Shared {
			texts = append(texts, featureText(f))
			cites = append(cites, here[f]...)
		}
		when := a.Window.From.In(d.clock.zone).Format("2006-01-02 15:04 ") + d.clock.abbreviation(a.Window.From)
		before := span(d.tl.Window.From.Sub(a.Window.To)) + " before this window"
		rows = append(rows, Row{[]string{draftLink(a.EarlierDraft), when, before, enumerate(texts, maxShared)}, d.cited(cites)})
	}
	return rows
}

// SeenLeft counts the earlier drafts that the table has no room for.
func (d *document) SeenLeft() []Statement {
	alike := d.tl.Alike()
	if len(alike) <= maxAlike {
		return nil
	}
	var names []string
	for _, a := range alike[maxAlike:] {
		names = append(names, draftLink(a.EarlierDraft))
	}
	return []Statement{{"Fewer things are shared with " + enumerate(names, maxShared) + ".", d.cited(d.tl.History.Evidence)}}
}

// plainFile is a name that needs no care in a link.
var plainFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// draftLink leads to an earlier draft, which lies beside this one; a directory that
// people gave a name of other characters is only named.
func draftLink(e timeline.EarlierDraft) string {
	name := escape(e.Name, maxName)
	if !plainFile.MatchString(e.Name) {
		return name
	}
	return "[" + name + "](" + besideLink(e, e.Document) + ")"
}

// besideLink is the way from a document to a file of an earlier draft that lies beside it.
func besideLink(e timeline.EarlierDraft, file string) string {
	to := "../" + e.Name + "/"
	if plainFile.MatchString(file) {
		to += file
	}
	return to
}

// pagesBeside are, by the links to the documents of earlier drafts, the links to their
// pages: who reads a page goes on to a page.
func pagesBeside(h *timeline.History) map[string]string {
	pages := map[string]string{}
	if h == nil {
		return pages
	}
	for _, e := range slices.Concat(h.Drafts, h.Overlapping) {
		if plainFile.MatchString(e.Name) && plainFile.MatchString(e.Page) {
			pages[besideLink(e, e.Document)] = besideLink(e, e.Page)
		}
	}
	return pages
}

// featureText names a feature.
func featureText(f timeline.Feature) string {
	name := escape(f.Name, 2*maxName)
	switch f.Kind {
	case timeline.FeatureBlocker:
		return "blocking statement “" + name + "”"
	case timeline.FeatureChange:
		return name
	case timeline.FeatureServer:
		kind, detail, server := f.OnServer()
		text := noun(kind)
		if detail != "" {
			text += " (" + escape(detail, maxName) + ")"
		}
		return text + " on " + escape(server, maxName)
	case timeline.FeatureStatement:
		return "statement “" + name + "”"
	}
	return escape(string(f.Kind), maxName) + " " + name
}
