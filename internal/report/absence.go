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

// checkStatements joins checks for the same thing: "Looked for deadlocks on db1 and db2: none."
func (d *document) checkStatements(checks []timeline.Check) []Statement {
	type wanted struct{ source, lookedFor string }
	var order []wanted
	targets, ids := map[wanted][]string{}, map[wanted][]string{}
	for _, c := range checks {
		k := wanted{c.Source, c.LookedFor}
		if _, ok := ids[k]; !ok {
			order = append(order, k)
		}
		if c.Target != "" {
			targets[k] = append(targets[k], escape(c.Target, maxName))
		}
		ids[k] = append(ids[k], d.cited(c.Evidence)...)
	}
	var out []Statement
	for _, k := range order {
		on := ""
		if len(targets[k]) > 0 {
			on = " on " + enumerate(targets[k], 10)
		}
		out = append(out, Statement{fmt.Sprintf("Looked for %s%s (%s): none.", escape(k.lookedFor, 2*maxText), on, escape(k.source, maxName)), ids[k]})
	}
	return out
}

// gapStatements joins gaps of one source, target and reason.
func (d *document) gapStatements(gaps []timeline.Gap) []Statement {
	type hole struct{ source, target, reason string }
	var order []hole
	by := map[hole][]timeline.Gap{}
	for _, g := range gaps {
		k := hole{g.Source, g.Target, g.Reason}
		if _, ok := by[k]; !ok {
			order = append(order, k)
		}
		by[k] = append(by[k], g)
	}
	var out []Statement
	for _, k := range order {
		var ids []string
		var total time.Duration
		for _, g := range by[k] {
			ids = append(ids, d.cited(g.Evidence)...)
			total += g.To.Sub(g.From)
		}
		text := fmt.Sprintf("Gap: %s, %s. Reason: %s.", whom(k.source, k.target), d.stretch(by[k], total), escape(k.reason, maxText))
		out = append(out, Statement{text, ids})
	}
	return out
}

// whom names a source and its target: "db1 (mysql)".
func whom(source, target string) string {
	if target == "" {
		return escape(source, maxName)
	}
	return escape(target, maxName) + " (" + escape(source, maxName) + ")"
}

// stretch says when gaps were: the whole window, from … to …, or how often.
func (d *document) stretch(gaps []timeline.Gap, total time.Duration) string {
	first, last := gaps[0], gaps[len(gaps)-1]
	switch {
	case total >= d.tl.Window.Duration():
		return "the whole window"
	case len(gaps) == 1 && total == 0:
		return "at " + d.clock.time(first.From)
	case len(gaps) == 1:
		return fmt.Sprintf("from %s to %s (%s)", d.clock.time(first.From), d.clock.time(first.To), span(total))
	}
	return fmt.Sprintf("%d times between %s and %s (%s together)", len(gaps), d.clock.time(first.From), d.clock.time(last.To), span(total))
}
