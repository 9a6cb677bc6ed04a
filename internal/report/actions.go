package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// privilege finds the name of a missing privilege in a gap's reason.
var privilege = regexp.MustCompile(`\b(PROCESS|REPLICATION CLIENT|REPLICATION SLAVE|BINLOG MONITOR|SLAVE MONITOR|REPLICA MONITOR)\b`)

// ActionRows prefills section 13 from the gaps only: what to do so that the next
// draft sees more. Owner, priority and date are for people.
func (d *document) ActionRows() []Row {
	var order []string
	ids := map[string][]string{}
	for _, g := range d.weightyGaps() {
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

// A gap asks for an action when all like it together hide this much.
const (
	weightyShare = 20 // the twentieth part of the window, 5 %
	weightyTime  = 5 * time.Minute
)

// weightyGaps are the gaps that hide enough to ask for an action.
func (d *document) weightyGaps() []timeline.Gap {
	hidden := map[string]time.Duration{}
	for _, g := range d.tl.Gaps {
		hidden[remedy(g)] += g.To.Sub(g.From)
	}
	return slices.DeleteFunc(slices.Clone(d.tl.Gaps), func(g timeline.Gap) bool {
		total := hidden[remedy(g)]
		return total < weightyTime && total < d.tl.Window.Duration()/weightyShare
	})
}

// Actions stands in section 13 when there is nothing to prefill.
func (d *document) Actions() []Statement {
	if len(d.weightyGaps()) > 0 {
		return nil
	}
	if len(d.tl.Gaps) > 0 {
		return []Statement{{"No gap hid as much as 5 % of the window or 5 min from this draft, so none asks for an action.", d.gapCites()}}
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
