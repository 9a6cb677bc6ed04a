package deployline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Compare orders events by time, then target, key and evidence.
func Compare(a, b timeline.Event) int {
	return cmp.Or(a.Start.At.Compare(b.Start.At), strings.Compare(a.Target, b.Target), strings.Compare(a.Key, b.Key), strings.Compare(a.Evidence[0], b.Evidence[0]))
}

// Attempts gives a retry that follows at once, within the error of its times, a
// key of its own: one log tells each fact once, so the two are not the same fact.
func Attempts(events []timeline.Event) []timeline.Event {
	slices.SortStableFunc(events, Compare)
	type run struct {
		n    int
		last *timeline.Event
	}
	runs := map[string]*run{}
	for i := range events {
		e := &events[i]
		name := string(e.Kind) + "\x00" + e.Key
		r := runs[name]
		if r == nil || (r.last.End != nil && r.last.End.Latest.Before(e.Start.Earliest)) {
			runs[name] = &run{1, e}
			continue
		}
		r.n++
		r.last = e
		e.Key += fmt.Sprintf("/attempt %d", r.n)
	}
	return events
}
