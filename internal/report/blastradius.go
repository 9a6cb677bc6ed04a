package report

import (
	"slices"

	"collector/internal/timeline"
)

// BlastRows are the places that suffered harm, hardest hit first.
func (d *document) BlastRows() []Row {
	order, by := d.hitPlaces()
	var rows []Row
	for _, target := range order[:min(len(order), briefRows)] {
		events := by[target]
		total, open := covered(inOrder(timeline.Suffered(events)), d.tl.Window.To)
		long := span(total)
		switch {
		case open && total > 0:
			long = "at least " + long + ", still going on when the window closed"
		case total == 0:
			long = "an instant"
		}
		rows = append(rows, Row{[]string{placeName(target), enumerate(kindsOf(events), 4), long}, evidenceOf(events)})
	}
	return rows
}

// Blast says what else there is to say about the extent: the places beyond the
// table, those that were watched and suffered nothing, and the figures.
func (d *document) Blast() []Statement {
	order, by := d.hitPlaces()
	if len(order) == 0 {
		return []Statement{{"No place suffered harm in this window, as far as it was seen.", []string{d.request}}}
	}
	var out []Statement
	if left := order[min(len(order), briefRows):]; len(left) > 0 {
		var ids []string
		for _, target := range left {
			ids = append(ids, evidenceOf(by[target])...)
		}
		out = append(out, Statement{"And " + plural(len(left), "more place") + "; the timeline has them.", ids})
	}
	out = append(out, d.unhit(by)...)
	return append(out, d.damage()...)
}

// unhit names the servers on which trouble was looked for and no harm was seen; those
// that were not seen all the time are told apart.
func (d *document) unhit(by map[string][]timeline.Event) []Statement {
	var whole, part, wholeIDs, partIDs []string
	for _, c := range d.checksAbout(topicServers) {
		if c.Target == "" || by[c.Target] != nil {
			continue
		}
		name := escape(c.Target, maxName)
		hidden := slices.ContainsFunc(d.tl.Gaps, func(g timeline.Gap) bool { return g.Source == c.Source && g.Target == c.Target })
		if hidden {
			part, partIDs = append(part, name), append(partIDs, d.cited(c.Evidence)...)
		} else {
			whole, wholeIDs = append(whole, name), append(wholeIDs, d.cited(c.Evidence)...)
		}
	}
	var out []Statement
	if whole = distinct(whole); len(whole) > 0 {
		slices.Sort(whole)
		out = append(out, Statement{"Watched, and no harm seen on: " + enumerate(whole, 8) + ".", wholeIDs})
	}
	if part = distinct(part); len(part) > 0 {
		slices.Sort(part)
		out = append(out, Statement{"Watched with gaps, and no harm seen on: " + enumerate(part, 8) + ".", partIDs})
	}
	return out
}

// hitPlaces are the targets that suffered harm, in order of the gravest and then of
// the first, with what each suffered.
func (d *document) hitPlaces() (order []string, by map[string][]timeline.Event) {
	by = map[string][]timeline.Event{}
	for _, e := range d.harm() {
		if by[e.Target] == nil {
			order = append(order, e.Target)
		}
		by[e.Target] = append(by[e.Target], e)
	}
	return order, by
}

// inOrder sorts events by their start.
func inOrder(events []timeline.Event) []timeline.Event {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b timeline.Event) int { return a.Start.At.Compare(b.Start.At) })
	return events
}

func placeName(target string) string {
	if target == "" {
		return "no single place"
	}
	return escape(target, maxName)
}
