package report

import (
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// BlastRows are the places that suffered harm, hardest hit first.
func (d *document) BlastRows() []Row {
	order, by := d.hitPlaces()
	var rows []Row
	for _, target := range order[:min(len(order), briefRows)] {
		events := by[target]
		total, open := covered(inOrder(events), d.tl.Window.To)
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
	var sound, ids []string
	for _, e := range d.tl.Evidence {
		if e.Source != "mysql" || e.Target == "" || by[e.Target] != nil {
			continue
		}
		ids = append(ids, e.ID)
		sound = append(sound, escape(e.Target, maxName))
	}
	if sound = distinct(sound); len(sound) > 0 {
		slices.Sort(sound)
		out = append(out, Statement{fmt.Sprintf("Watched, and no harm seen on: %s.", enumerate(sound, 8)), ids})
	}
	return append(out, d.damage()...)
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
