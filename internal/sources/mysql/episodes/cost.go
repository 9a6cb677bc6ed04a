package episodes

import (
	"fmt"
	"time"

	"collector/internal/timeline"
)

// cost is what the recorder asked of the server in the window.
type cost struct {
	Queries      int64      `json:"queries"`
	SpentMS      int64      `json:"spent_ms"` // all ticks together
	WorstSpentMS int64      `json:"worst_spent_ms"`
	WorstAt      *time.Time `json:"worst_at"`
}

// remark says what being watched cost the server: the time in which the
// recorder's one connection waited for answers, which is the most that the server
// can have worked for it.
func (w watch) remark() timeline.Remark {
	c := w.Cost
	text := fmt.Sprintf("recording %s took %d queries in %d ticks, %d ms of waiting for answers in all", w.Server, c.Queries, w.Ticks.Seen, c.SpentMS)
	if c.WorstAt != nil {
		text += fmt.Sprintf(", at most %d ms in one tick", c.WorstSpentMS)
	}
	if w.Ticks.Skipped > 0 {
		text += fmt.Sprintf("; it left out %d ticks", w.Ticks.Skipped)
	}
	return timeline.Remark{Source: sourceKind, Target: w.Server, Text: text, Evidence: []string{w.id}}
}
