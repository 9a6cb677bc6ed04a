package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// remark is what a check adds in brackets; the last section has it.
var remark = regexp.MustCompile(` \([^()]*\)`)

// noTrouble is a check whose "none" speaks of the server's place, not its health.
const noTrouble = "replication channels"

// sound says in one line for each set of servers what trouble was looked for
// there and not found. The last section has each check with its numbers.
func (d *document) sound() []Statement {
	var found []string // what was looked for, in order
	targets, ids := map[string][]string{}, map[string][]string{}
	for _, c := range d.checksAbout(topicServers) {
		name := remark.ReplaceAllString(c.LookedFor, "")
		if name == noTrouble || c.Target == "" {
			continue
		}
		if _, ok := ids[name]; !ok {
			found = append(found, name)
		}
		if !slices.Contains(targets[name], c.Target) {
			targets[name] = append(targets[name], c.Target)
		}
		ids[name] = append(ids[name], d.cited(c.Evidence)...)
	}
	var order []string // sets of servers, in order
	sets, cites := map[string][]string{}, map[string][]string{}
	for _, name := range found {
		set := enumerate(escapeAll(targets[name]), 10)
		if _, ok := sets[set]; !ok {
			order = append(order, set)
		}
		sets[set] = append(sets[set], escape(name, maxText))
		cites[set] = append(cites[set], ids[name]...)
	}
	var out []Statement
	for _, set := range order {
		out = append(out, Statement{"Looked for on " + set + " and not found: " + strings.Join(sets[set], "; ") + ".", cites[set]})
	}
	return capped(out, "what else was looked for and not found stands in the last section")
}

// elsewhere stands where a section has nothing of its own: what could not be
// seen, else how much was looked for, else that nobody looked.
func (d *document) elsewhere(about topic) []Statement {
	gaps := slices.DeleteFunc(slices.Clone(d.tl.Gaps), func(g timeline.Gap) bool { return !slices.Contains(about.sources, g.Source) })
	switch {
	case len(gaps) > 0:
		return capped(d.gapStatements(gaps), "the other gaps stand in the last section")
	case len(d.tl.Checks) > 0:
		return []Statement{d.searched()}
	}
	return []Statement{d.unasked(about)}
}

// searched counts what was looked for and not found.
func (d *document) searched() Statement {
	var ids []string
	for _, c := range d.tl.Checks {
		ids = append(ids, d.cited(c.Evidence)...)
	}
	n, were := len(d.checkStatements(d.tl.Checks)), "were"
	if n == 1 {
		were = "was"
	}
	return Statement{fmt.Sprintf("%s of trouble %s looked for and not found; the last section has the list.", plural(n, "sort"), were), ids}
}
