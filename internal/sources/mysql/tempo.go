package mysql

import (
	"time"

	"collector/internal/store"
)

// Incident begins or ends the hurry of an incident: statements and plans are looked
// at more often, from the next tick on. It is safe for concurrent use.
func (r *Recorder) Incident(open bool) { r.incident.Store(open) }

// How often the statement digests are read during an incident: as often as costs at
// most a hundredth of the time, and not more often than hurriedDigests. A reading
// takes 33 to 69 ms of a MySQL 9.7 with a full table of 10,000 digests, which makes
// one every 3 to 7 s, and less than 2 ms of one with a few hundred. A server in so
// much trouble that it takes 100 ms is read every ten seconds, as ever.
const (
	hurriedDigests = 2 * time.Second
	hurriedShare   = 100
)

// During an incident a plan is taken of what has run for hurriedPlanAfter, and again
// after hurriedPlanAgain: a plan that turned over is often what the incident is
// about. There is still at most one at a tick.
const (
	hurriedPlanAfter = time.Second
	hurriedPlanAgain = 2 * time.Minute
)

// pace is when it is a part's turn again.
type pace struct {
	*part
	hurried time.Duration // how often at most during an incident; 0 as ever
	soon    time.Time     // not asked before, during an incident
	tired   time.Time     // rests until then, because of what it cost
}

// newPaces makes the paces of a recorder's parts.
func newPaces(parts []*part) []*pace {
	all := make([]*pace, 0, len(parts))
	for _, p := range parts {
		one := &pace{part: p}
		if p.bit == store.PartDigests {
			one.hurried = hurriedDigests
		}
		all = append(all, one)
	}
	return all
}

// asked takes what a reading cost that ended just now.
func (p *pace) asked(end time.Time, took time.Duration) {
	rest := min(restFactor*took, maxRest)
	p.tired, p.soon = end.Add(rest), p.due
	if p.hurried > 0 {
		every := min(p.every, max(p.hurried, hurriedShare*took))
		p.soon = end.Add(max(rest, every-took-earlyTurn))
	}
}

// ready reports whether it is the part's turn.
func (p *pace) ready(at time.Time, hurried bool) bool { return !at.Before(p.turn(hurried)) }

// turn is since when it is the part's turn.
func (p *pace) turn(hurried bool) time.Time {
	if hurried {
		return p.soon
	}
	return p.due
}

// A tick that has taken its interval divided by crowdedTick takes on no
// more of what is asked only now and then.
const crowdedTick = 2

// waitsLongest is the part that is asked now and then and waits longest for its
// turn, nil if none waits. Each tick asks that one, so that none waits forever.
func waitsLongest(parts []*pace, at time.Time, hurried bool) (longest *pace) {
	for _, p := range parts {
		if p.every == 0 || !p.ready(at, hurried) {
			continue
		}
		if longest == nil || p.turn(hurried).Before(longest.turn(hurried)) {
			longest = p
		}
	}
	return longest
}

// planPace sets how eager a reader of plans is. usual is how long a statement must
// have run without an incident.
func (p *planReader) planPace(hurried bool, usual time.Duration, now time.Time) {
	p.after = usual
	if !hurried {
		return
	}
	p.after = min(usual, hurriedPlanAfter)
	for statement, at := range p.taken {
		if now.Sub(at) >= hurriedPlanAgain {
			delete(p.taken, statement)
		}
	}
}

// setTempo tells the parts before a tick whether there is an incident.
func (r *Recorder) setTempo(now time.Time) (hurried bool) {
	hurried = r.incident.Load()
	r.gauges.tempo(hurried)
	for _, p := range r.parts {
		if reader, ok := p.reader.(*planReader); ok {
			reader.planPace(hurried, time.Duration(r.config.Thresholds.LongStatement)/2, now)
		}
	}
	return hurried
}
