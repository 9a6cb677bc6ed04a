package prometheus

import (
	"cmp"
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// impactFindings gives the figures in the order of their names.
func (a *answers) impactFindings(f *timeline.Findings) {
	slices.SortStableFunc(a.impact, func(x, y part[impactQuestion, impactAnswer]) int {
		return cmp.Compare(x.question.Name, y.question.Name)
	})
	for _, p := range a.impact {
		if p.answer.Value == nil {
			reason := fmt.Sprintf("impact %s is not known: its query gave no value for the window", p.question.Name)
			f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, []string{p.id}))
			continue
		}
		f.Impact = append(f.Impact, timeline.Impact{Name: p.question.Name, Value: *p.answer.Value, Unit: p.question.Unit, Evidence: []string{p.id}})
	}
}
