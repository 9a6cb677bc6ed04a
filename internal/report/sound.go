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
	checks := slices.DeleteFunc(d.checksAbout(topicServers), func(c timeline.Check) bool {
		return c.Target == "" || checkName(c) == noTrouble
	})
	var out []Statement
	for _, s := range d.searches(checks) {
		on := enumerate(escapeAll(s.targets), 10)
		out = append(out, Statement{"Looked for on " + on + " and not found: " + strings.Join(escapeTexts(s.names), "; ") + ".", s.ids})
	}
	return capped(out, "what else was looked for and not found stands in the last section")
}

// checkName is what a check looked for, without its remarks.
func checkName(c timeline.Check) string { return remark.ReplaceAllString(c.LookedFor, "") }

// searchedOn is what was looked for, and not found, on one and the same set of targets.
type searchedOn struct{ targets, names, ids []string }

// searches joins checks that were made on the same targets, in their order: what was
// looked for on one target only is not said of another.
func (d *document) searches(checks []timeline.Check) []searchedOn {
	byName, names := grouped(checks, checkName)
	type found struct{ name, set string }
	var list []found
	for _, name := range names {
		list = append(list, found{name, strings.Join(checkTargets(byName[name]), "\x00")})
	}
	bySet, sets := grouped(list, func(f found) string { return f.set })
	var out []searchedOn
	for _, set := range sets {
		s := searchedOn{targets: checkTargets(byName[bySet[set][0].name])}
		for _, f := range bySet[set] {
			s.names = append(s.names, f.name)
			for _, c := range byName[f.name] {
				s.ids = append(s.ids, d.cited(c.Evidence)...)
			}
		}
		out = append(out, s)
	}
	return out
}

// checkTargets are the targets that checks name, each once.
func checkTargets(checks []timeline.Check) []string {
	var targets []string
	for _, c := range checks {
		if c.Target != "" {
			targets = append(targets, c.Target)
		}
	}
	return distinct(targets)
}

func escapeTexts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = escape(s, maxText)
	}
	return out
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
