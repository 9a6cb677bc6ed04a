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
	word  string // what a check or a gap about it says
}

// deeds and troubles are what a source may look for or not, by the collector's
// version and configuration.
func deeds() []search {
	return []search{
		{"schema changes", []timeline.Kind{timeline.MySQLSchemaChange}, "schema change"},
		{"changed server variables", []timeline.Kind{timeline.MySQLVariableChange}, "variable"},
		{"killed sessions", []timeline.Kind{timeline.MySQLKill}, "kill"},
	}
}

func troubles() []search {
	return []search{
		{"who waited for whose locks", []timeline.Kind{timeline.MySQLLockWait, timeline.MySQLMetadataLockWait}, "lock wait"},
		{"deadlocks", []timeline.Kind{timeline.MySQLDeadlock}, "deadlock"},
		{"the servers' error logs", []timeline.Kind{timeline.MySQLErrorLog}, "error log"},
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
	says := func(text string) bool { return strings.Contains(strings.ToLower(text), s.word) }
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
