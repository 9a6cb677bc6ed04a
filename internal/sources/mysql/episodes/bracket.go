package episodes

import "collector/internal/timeline"

// bracket spans the executions that are folded into one episode.
type bracket struct {
	start timeline.Instant
	last  look  // of the execution that ended last, or of one that did not end
	after *look // nil: one did not end
	n     int
}

// add takes one execution: its start, the last look that showed it and the first
// that did not.
func (b *bracket) add(start timeline.Instant, last look, after *look) {
	b.n++
	if b.n == 1 {
		b.start, b.last, b.after = start, last, after
		return
	}
	if start.Earliest.Before(b.start.Earliest) {
		b.start.Earliest = start.Earliest
	}
	if start.Latest.Before(b.start.Latest) {
		b.start.Latest = start.Latest
	}
	if start.At.Before(b.start.At) {
		b.start.At = start.At
	}
	switch {
	case b.after == nil && after == nil:
		if last.At.After(b.last.At) {
			b.last = last
		}
	case b.after == nil:
	case after == nil, last.At.After(b.last.At), last.At.Equal(b.last.At) && after.At.After(b.after.At):
		b.last, b.after = last, after
	}
}

// event makes the event of the episode.
func (b *bracket) event(q question, e timeline.Evidence, kind timeline.Kind) timeline.Event {
	end, lastSeen := q.ended(b.last, b.after)
	event := q.event(e, kind, b.start, end)
	set(event.Attributes, "last_seen", lastSeen)
	return event
}
