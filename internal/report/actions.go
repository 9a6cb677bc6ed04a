package report

import (
	"fmt"
	"regexp"
	"strings"

	"collector/internal/timeline"
)

// privilege finds the name of a missing privilege in a gap's reason.
var privilege = regexp.MustCompile(`\b(PROCESS|REPLICATION CLIENT|REPLICATION SLAVE|BINLOG MONITOR|SLAVE MONITOR|REPLICA MONITOR)\b`)

// ActionRows prefills section 13 from the gaps only: what to do so that the next
// draft sees more. Owner, priority and date are for people.
func (d *document) ActionRows() []Row {
	var order []string
	ids := map[string][]string{}
	for _, g := range d.tl.Gaps {
		text := remedy(g)
		if _, ok := ids[text]; !ok {
			order = append(order, text)
		}
		ids[text] = append(ids[text], d.cited(g.Evidence)...)
	}
	const most = 20
	var rows []Row
	for _, text := range order[:min(len(order), most)] {
		rows = append(rows, Row{[]string{text, "", "", ""}, ids[text]})
	}
	if len(order) > most {
		var rest []string
		for _, text := range order[most:] {
			rest = append(rest, ids[text]...)
		}
		rows = append(rows, Row{[]string{"Close " + plural(len(order)-most, "more gap") + " (last section)", "", "", ""}, rest})
	}
	return rows
}

// Actions stands in section 13 when there is nothing to prefill.
func (d *document) Actions() []Statement {
	if len(d.tl.Gaps) > 0 {
		return nil
	}
	return []Statement{{"No gap asks for an action; actions that follow from the incident are for people to add.", []string{d.request}}}
}

// remedy says what would close a gap.
func remedy(g timeline.Gap) string {
	lower := strings.ToLower(g.Reason)
	where := whom(g.Source, g.Target)
	if names := privilege.FindString(g.Reason); names != "" && (strings.Contains(lower, "privilege") || strings.Contains(lower, "denied") || strings.Contains(lower, "grant")) {
		return fmt.Sprintf("Give the recorder %s on %s", names, escape(g.Target, maxName))
	}
	return fmt.Sprintf("Close the gap on %s: %s", where, escape(g.Reason, maxText))
}
