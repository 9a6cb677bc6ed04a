package episodes

import (
	"fmt"

	"collector/internal/store"
	"collector/internal/timeline"
)

// pair is two neighbouring samples between which something changed.
type pair[S sample] struct {
	Before *S `json:"before"`
	After  *S `json:"after"`
}

// at is when it changed.
func (p pair[S]) at() timeline.Instant {
	before := (*p.Before).when()
	return changed(&before, (*p.After).when(), before.At)
}

// readPair decodes a change and makes sure that it has both sides.
func readPair[S sample](e timeline.Evidence) (pair[S], error) {
	p, err := read[pair[S]](e)
	if err == nil && (p.Before == nil || p.After == nil) {
		err = fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	return p, err
}

// roleScan follows read_only: a flip between two answered heartbeats is a
// mysql.role_change, also when a restart lies in between.
type roleScan struct {
	last beat
	has  bool
	done []pair[beat]
}

func (r *roleScan) observe(b *beat) {
	if b.outcome != store.Answered {
		return
	}
	if r.has && r.last.ReadOnly != b.ReadOnly {
		r.done = append(r.done, pair[beat]{kept(&r.last), kept(b)})
	}
	r.last, r.has = *b, true
}

// interpretRoleChange makes the event of a flip, an instant. Flips in the two
// directions have different keys, so that a flip back at once stays a flip.
func interpretRoleChange(q question, e timeline.Evidence) (timeline.Event, error) {
	p, err := readPair[beat](e)
	if err != nil {
		return timeline.Event{}, err
	}
	at := p.at()
	event := q.event(e, timeline.MySQLRoleChange, at, &at)
	from, to := role(p.Before.ReadOnly), role(p.After.ReadOnly)
	event.Key = "to " + to
	event.Attributes["from"], event.Attributes["to"] = from, to
	event.Summary = fmt.Sprintf("%s became %s, it was %s before", q.Server, to, from)
	return event, nil
}

func role(readOnly bool) string {
	if readOnly {
		return "read-only"
	}
	return "writable"
}
