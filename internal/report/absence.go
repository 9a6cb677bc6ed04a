package report

import (
	"fmt"
	"slices"
	"time"

	"collector/internal/timeline"
)

// Checks is everything that was looked for and not found.
func (d *document) Checks() []Statement {
	if len(d.tl.Checks) == 0 {
		return []Statement{{"No source reported a search without a result.", []string{d.request}}}
	}
	return d.checkStatements(d.tl.Checks)
}

// Gaps is everything that could not be seen.
func (d *document) Gaps() []Statement {
	if len(d.tl.Gaps) == 0 {
		out := []Statement{{"No gap is recorded: every question of this draft was answered.", []string{d.request}}}
		return append(out, d.notLookedFor(slices.Concat(deeds(), troubles()))...)
	}
	return append(d.gapStatements(d.tl.Gaps), d.notLookedFor(slices.Concat(deeds(), troubles()))...)
}

// gapLines is how many gaps the last section tells of: one line for each, see
// gapStatements.
func (d *document) gapLines() int { return len(d.gapStatements(d.hiding())) }

// hiding are the gaps that hide something of the window.
func (d *document) hiding() []timeline.Gap {
	return slices.DeleteFunc(slices.Clone(d.tl.Gaps), aboutDraft)
}

// aboutDraft tells a gap of the draft itself: an instant, because all of the window was seen.
func aboutDraft(g timeline.Gap) bool { return g.Source == RequestSource && g.To.Equal(g.From) }

// checkStatements joins checks for the same thing: "Looked for deadlocks on db1 and db2: none."
func (d *document) checkStatements(checks []timeline.Check) []Statement {
	type wanted struct{ source, lookedFor string }
	groups, order := grouped(checks, func(c timeline.Check) wanted { return wanted{c.Source, c.LookedFor} })
	var out []Statement
	for _, k := range order {
		var targets, ids []string
		for _, c := range groups[k] {
			if c.Target != "" {
				targets = append(targets, escape(c.Target, maxName))
			}
			ids = append(ids, d.cited(c.Evidence)...)
		}
		on := ""
		if len(targets) > 0 {
			on = " on " + enumerate(targets, 10)
		}
		out = append(out, Statement{fmt.Sprintf("Looked for %s%s (%s): none.", escape(k.lookedFor, 2*maxText), on, escape(k.source, maxName)), ids})
	}
	return out
}

// gapStatements joins gaps of one source and reason: those of one target, and then
// the targets that it hid as long from.
func (d *document) gapStatements(gaps []timeline.Gap) []Statement {
	type hole struct{ source, target, reason string }
	type told struct{ source, reason, stretch string }
	holes, order := grouped(gaps, func(g timeline.Gap) hole { return hole{g.Source, g.Target, g.Reason} })
	joined, lines := grouped(order, func(h hole) told { return told{h.source, h.reason, d.stretch(holes[h])} })
	var out []Statement
	for _, line := range lines {
		var targets, ids []string
		for _, h := range joined[line] {
			targets = append(targets, h.target)
			for _, g := range holes[h] {
				ids = append(ids, d.cited(g.Evidence)...)
			}
		}
		out = append(out, Statement{fmt.Sprintf("Gap: %s, %s. Reason: %s.", whom(line.source, targets...), line.stretch, escape(line.reason, maxText)), ids})
	}
	return out
}

// grouped sorts items into groups; order is that in which the groups first came.
func grouped[Item any, Key comparable](items []Item, key func(Item) Key) (groups map[Key][]Item, order []Key) {
	groups = map[Key][]Item{}
	for _, item := range items {
		k := key(item)
		if _, known := groups[k]; !known {
			order = append(order, k)
		}
		groups[k] = append(groups[k], item)
	}
	return groups, order
}

// whom names a source and its targets: "db1 and db2 (mysql)". A source without
// targets has one that is empty.
func whom(source string, targets ...string) string {
	named := slices.DeleteFunc(escapeAll(targets), func(t string) bool { return t == "" })
	if len(named) == 0 {
		return escape(source, maxName)
	}
	return enumerate(named, 10) + " (" + escape(source, maxName) + ")"
}

// stretch says when gaps were: the whole window, from … to …, or how often. What several
// gaps cover counts once.
func (d *document) stretch(gaps []timeline.Gap) string {
	gaps = union(gaps)
	first, last := gaps[0], gaps[len(gaps)-1]
	var total time.Duration
	for _, g := range gaps {
		total += g.To.Sub(g.From)
	}
	switch {
	case total >= d.tl.Window.Duration():
		return "the whole window"
	case aboutDraft(first):
		return "in this draft"
	case len(gaps) == 1 && total == 0:
		return "at " + d.clock.time(first.From)
	case len(gaps) == 1:
		return fmt.Sprintf("from %s to %s (%s)", d.clock.time(first.From), d.clock.time(first.To), span(total))
	}
	return fmt.Sprintf("%d times between %s and %s (%s together)", len(gaps), d.clock.time(first.From), d.clock.time(last.To), span(total))
}

// union makes one gap of those that overlap or touch, in the order of time. Only From and
// To of what it returns mean something.
func union(gaps []timeline.Gap) []timeline.Gap {
	sorted := slices.SortedStableFunc(slices.Values(gaps), func(a, b timeline.Gap) int { return a.From.Compare(b.From) })
	out := sorted[:1]
	for _, g := range sorted[1:] {
		last := &out[len(out)-1]
		switch {
		case g.From.After(last.To):
			out = append(out, g)
		case g.To.After(last.To):
			last.To = g.To
		}
	}
	return out
}
