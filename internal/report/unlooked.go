package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// search is something that a postmortem's reader takes for looked at, unless the
// document says otherwise.
type search struct {
	name  string
	kinds []timeline.Kind
	words []string // one of which a check or a gap about it has
}

// deeds and troubles are what a source may look for or not, by the collector's
// version and configuration.
func deeds() []search {
	return []search{
		{"schema changes", []timeline.Kind{timeline.MySQLSchemaChange}, []string{"schema change"}},
		{"changed server variables", []timeline.Kind{timeline.MySQLVariableChange}, []string{"variable"}},
		{"killed sessions", []timeline.Kind{timeline.MySQLKill}, []string{"kill"}},
	}
}

func troubles() []search {
	return []search{
		{"who waited for whose locks", []timeline.Kind{timeline.MySQLLockWait, timeline.MySQLMetadataLockWait}, []string{"lock wait", "waits for row locks", "waits for metadata locks"}},
		{"deadlocks", []timeline.Kind{timeline.MySQLDeadlock}, []string{"deadlock"}},
		{"the servers' error logs", []timeline.Kind{timeline.MySQLErrorLog}, []string{"error log"}},
	}
}

// unlooked are the searches of which the draft has no event, no check and no gap:
// nobody looked. Idle and unobserved must not look alike.
func (d *document) unlooked(list []search) []string {
	var out []string
	for _, s := range list {
		if !d.looked(s) {
			out = append(out, s.name)
		}
	}
	return out
}

func (d *document) looked(s search) bool {
	says := func(text string) bool {
		text = strings.ToLower(text)
		return slices.ContainsFunc(s.words, func(word string) bool { return strings.Contains(text, word) })
	}
	return slices.ContainsFunc(d.tl.Events, func(e timeline.Event) bool { return slices.Contains(s.kinds, e.Kind) }) ||
		slices.ContainsFunc(d.tl.Checks, func(c timeline.Check) bool { return says(c.LookedFor) }) ||
		slices.ContainsFunc(d.tl.Gaps, func(g timeline.Gap) bool { return says(g.Reason) })
}

// notLookedFor says what nobody looked for, citing the request, which lists who
// was asked.
func (d *document) notLookedFor(list []search) []Statement {
	names := d.unlooked(list)
	if len(names) == 0 {
		return nil
	}
	return []Statement{{"Not looked for by any source of this draft, so neither seen nor ruled out: " + enumerate(names, len(names)) + ".", []string{d.request}}}
}
