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
	groups, order := grouped(d.weightyGaps(), remedyFor)
	ids := make([][]string, len(order))
	texts := make([]string, len(order))
	for i, r := range order {
		var targets []string
		for _, g := range groups[r] {
			targets = append(targets, g.Target)
			ids[i] = append(ids[i], d.cited(g.Evidence)...)
		}
		slices.Sort(targets)
		texts[i] = r.of(slices.Compact(targets))
	}
	const most = 20
	var rows []Row
	for i, text := range texts[:min(len(texts), most)] {
		rows = append(rows, Row{[]string{text, "", "", ""}, ids[i]})
	}
	if len(texts) > most {
		rest := slices.Concat(ids[most:]...)
		rows = append(rows, Row{[]string{"Close " + plural(len(texts)-most, "more gap") + " (last section)", "", "", ""}, rest})
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
	type hole struct {
		remedy
		target string
	}
	holeOf := func(g timeline.Gap) hole { return hole{remedyFor(g), g.Target} }
	hidden := map[hole]time.Duration{}
	for _, g := range d.hiding() {
		hidden[holeOf(g)] += g.To.Sub(g.From)
	}
	return slices.DeleteFunc(d.hiding(), func(g timeline.Gap) bool {
		total := hidden[holeOf(g)]
		return total < weightyTime && total < d.tl.Window.Duration()/weightyShare
	})
}

// Actions stands in section 13 when there is nothing to prefill.
func (d *document) Actions() []Statement {
	if len(d.weightyGaps()) > 0 {
		return nil
	}
	if len(d.hiding()) > 0 {
		return []Statement{{"No gap hid as much as 5 % of the window or 5 min from this draft, so none asks for an action.", d.gapCites()}}
	}
	return []Statement{{"No gap asks for an action; actions that follow from the incident are for people to add.", []string{d.request}}}
}

// remedy is what would close a gap, on whichever targets have it.
type remedy struct{ source, privilege, reason string }

func remedyFor(g timeline.Gap) remedy {
	lower := strings.ToLower(g.Reason)
	if name := privilege.FindString(g.Reason); name != "" && (strings.Contains(lower, "privilege") || strings.Contains(lower, "denied") || strings.Contains(lower, "grant")) {
		return remedy{source: g.Source, privilege: name}
	}
	return remedy{source: g.Source, reason: g.Reason}
}

// of says it for these targets.
func (r remedy) of(targets []string) string {
	if r.privilege != "" {
		return fmt.Sprintf("Give the recorder %s on %s", r.privilege, enumerate(escapeAll(targets), 10))
	}
	return fmt.Sprintf("Close the gap on %s: %s", whom(r.source, targets...), escape(r.reason, maxText))
}
