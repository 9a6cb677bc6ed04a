package report

import (
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// RuleSoonAfter puts harm and alerts beside the last change before them, when it
// was less than soonAfter before. Like every candidate it names a coincidence in
// time, not a cause.
const RuleSoonAfter = "what began within 5 min after a change and after no later one"

const soonAfter = 5 * time.Minute

// sequel is a change and what began soon after it.
type sequel struct {
	change timeline.Event
	began  []timeline.Event
}

// sequels lists the changes after which something began, in order. A change of
// which the errors do not say whether it was before counts.
func sequels(t timeline.Timeline) []sequel {
	var out []sequel
	for _, e := range t.Events {
		if e.Kind.Action() && !t.Repeats(e) {
			out = append(out, sequel{change: e})
		}
	}
	for _, e := range t.Events {
		if !e.Harm() && e.Kind != timeline.Alert {
			continue
		}
		last := -1
		for i, s := range out {
			if !e.Start.Before(s.change.Start) && e.Start.At.Sub(s.change.Start.At) <= soonAfter {
				last = i
			}
		}
		if last >= 0 {
			out[last].began = append(out[last].began, e)
		}
	}
	return slices.DeleteFunc(out, func(s sequel) bool { return len(s.began) == 0 })
}

// later are the sequels of changes that are no candidates: those after the onset.
func (d *document) later() []sequel {
	before := candidates(d.tl)
	return slices.DeleteFunc(sequels(d.tl), func(s sequel) bool {
		return slices.ContainsFunc(before, func(c candidate) bool { return c.ID == s.change.ID })
	})
}

// SequelRows is the second table of section 6: each change after the onset and
// what began soon after it.
func (d *document) SequelRows() []Row {
	list := d.later()
	var rows []Row
	for _, s := range list[:min(len(list), maxCandidates)] {
		rows = append(rows, Row{[]string{deed(s.change), d.clock.cell(s.change.Start, d.clock.zone), d.followers(s, 6)}, slices.Concat(s.change.Evidence, evidenceOf(s.began))})
	}
	return rows
}

// SequelsLeft tells of changes beyond the table.
func (d *document) SequelsLeft() []Statement {
	list := d.later()
	var rest []timeline.Event
	for _, s := range list[min(len(list), maxCandidates):] {
		rest = append(rest, s.change)
	}
	return more(rest, "change", "the timeline has them")
}

// followers lists what began after a change: "shop_error_rate high on shop-app (3 s
// after)". Equal ones, such as several long statements of a server, are counted.
func (d *document) followers(s sequel, limit int) string {
	var parts []string
	times := map[string]int{}
	for _, e := range s.began {
		name := escape(short(e), maxName)
		if e.Kind == timeline.Alert {
			name = "alert " + alertName(e)
		} else if e.Target != "" {
			name += " on " + escape(e.Target, maxName)
		}
		when := "at about the same time"
		if s.change.Start.Before(e.Start) {
			when = apart(s.change.Start, e.Start) + " after"
		}
		part := name + " (" + when + ")"
		if times[part]++; times[part] == 1 {
			parts = append(parts, part)
		}
	}
	for i, part := range parts {
		if n := times[part]; n > 1 {
			parts[i] = strings.TrimSuffix(part, ")") + ", " + plural(n, "time") + ")"
		}
	}
	return enumerate(parts, limit)
}

// gravestSequel is the change after which the gravest harm began, the first of equals.
func (d *document) gravestSequel() (sequel, bool) {
	best, rank := sequel{}, -1
	for _, s := range sequels(d.tl) {
		for _, e := range s.began {
			if e.Severity.Rank() > rank {
				best, rank = s, e.Severity.Rank()
			}
		}
	}
	return best, rank >= 0
}
