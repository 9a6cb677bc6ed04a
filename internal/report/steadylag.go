package report

import (
	"fmt"
	"math"

	"collector/internal/timeline"
)

// steady is the one value that a replica's lag had in all samples, before the onset and
// after it: what never moved has nothing to recover from. A lag with an episode is not
// steady, nor is one of which nothing is recorded on one side of the onset.
func (d *document) steady(s timeline.Series) (value float64, steady bool) {
	onset := d.tl.Phases.Onset
	if onset == nil || len(d.lagEpisodes(s)) > 0 {
		return 0, false
	}
	before, after := false, false
	for _, p := range s.Points {
		if math.IsNaN(p.V) {
			continue
		}
		if (before || after) && p.V != value {
			return 0, false
		}
		value = p.V
		if p.T.Before(onset.Earliest) {
			before = true
		} else {
			after = true
		}
	}
	return value, before && after
}

// steadyLags says in one line for each value which replicas' lag did not move.
func (d *document) steadyLags() []Statement {
	var order []string // values
	where, ids := map[string][]string{}, map[string][]string{}
	for _, s := range d.lags() {
		v, steady := d.steady(s)
		if !steady {
			continue
		}
		value := quantity(v, s.Unit)
		if where[value] == nil {
			order = append(order, value)
		}
		where[value] = append(where[value], escape(s.Target, maxName)+channelText(s.Labels["channel"]))
		ids[value] = append(ids[value], s.Evidence...)
	}
	var out []Statement
	for _, value := range order {
		out = append(out, Statement{fmt.Sprintf("Replication lag did not move on %s: it was %s in every sample.", enumerate(where[value], 10), value), d.cited(ids[value])})
	}
	return out
}
