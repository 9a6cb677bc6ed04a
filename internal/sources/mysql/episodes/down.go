package episodes

import (
	"fmt"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.down.
//
// A tick failed when it was Unreachable or TimedOut, or when the server said that
// it is shutting down (error 1053). Refused (1040) and other denied logins come
// from a server that is up: they end an outage and never make one. A Skipped
// tick says nothing.
//
// Consecutive failed ticks are an outage when
//   - the server restarted meanwhile, be it a single failed tick; or
//   - at least outageTicks ticks failed and at least one was Unreachable; or
//   - all of them timed out, at least outageTicks, over at least hungAfter: an
//     overloaded server that misses a tick or two is slow, not down.
//
// What failed and is no outage was merely not observed: it becomes a gap.
const (
	outageTicks = 2
	hungAfter   = 5 * time.Second

	errServerShutdown = 1053
)

// failed reports whether the heartbeat met no working server.
func (b *beat) failed() bool {
	switch b.outcome {
	case store.Unreachable, store.TimedOut:
		return true
	}
	return b.outcome == store.Denied && b.ErrorNumber == errServerShutdown
}

// outage is the answer of a mysql.down record.
type outage struct {
	excerpt[beat]
	Unreachable int   `json:"unreachable"` // ticks
	TimedOut    int   `json:"timed_out"`   // ticks
	Answered    *beat `json:"answered"`    // the first answered heartbeat afterwards; null when none followed
}

// restarted reports whether another server process answered afterwards.
func (o outage) restarted() bool {
	return o.Before != nil && o.Answered != nil && bootMoved(o.Before, o.Answered)
}

// isOutage applies the rule of mysql.down.
func (o outage) isOutage() bool {
	switch {
	case o.restarted():
		return true
	case o.Samples < outageTicks:
		return false
	case o.Unreachable > 0:
		return true
	}
	until := o.Last.latest()
	if o.After != nil {
		until = o.After.At
	}
	return until.Sub(o.First[0].At) >= hungAfter
}

// downScan follows failed heartbeats.
type downScan struct {
	tracker[beat]
	now     outage   // counts of the open episode
	pending []outage // closed, waiting for an answered heartbeat
	done    []outage
}

func (d *downScan) observe(b *beat) {
	switch {
	case b.outcome == store.Skipped:
		d.unknown(b.At)
		return
	case b.failed():
		if d.open == nil {
			d.now = outage{}
		}
		d.now.Answered = nil
		if b.outcome == store.TimedOut {
			d.now.TimedOut++
		} else {
			d.now.Unreachable++
		}
		d.bad(b, tooLate(b.interval))
	default:
		d.fine(b)
	}
	d.collect()
	if b.readsUptime() {
		if d.open != nil && d.open.After != nil && d.now.Answered == nil {
			d.now.Answered = kept(b)
		}
		for i := range d.pending {
			d.pending[i].Answered = kept(b)
		}
		d.done, d.pending = append(d.done, d.pending...), d.pending[:0]
	}
}

// collect takes over what the tracker closed.
func (d *downScan) collect() {
	for _, x := range d.closed {
		o := d.now
		o.excerpt = x
		if o.Answered != nil {
			d.done = append(d.done, o)
		} else {
			d.pending = append(d.pending, o)
		}
	}
	d.closed = d.closed[:0]
}

// finish returns all stretches of failed heartbeats, outages or not.
func (d *downScan) finish() []outage {
	d.close()
	d.collect()
	return append(d.done, d.pending...)
}

// interpretDown makes the event of an outage.
func interpretDown(q question, e timeline.Evidence) (timeline.Event, error) {
	o, err := read[outage](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(o.First) == 0 || o.Last == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := o.episode(q, e, timeline.MySQLDown)
	event.Key = timeline.FormatTime(event.Start.At)
	if o.restarted() && event.End != nil {
		// The new process did not answer before it existed.
		if up, ok := startedAt(o.Before, []beat{*o.Answered}); ok && up.Earliest.After(event.End.Earliest) && !up.Earliest.After(event.End.At) {
			event.End.Earliest = up.Earliest
		}
	}
	cause, verb := "unreachable", "was down"
	if o.Unreachable == 0 {
		cause, verb = "timed out", "did not answer"
	}
	event.Attributes["cause"] = cause
	event.Attributes["failed_ticks"] = fmt.Sprint(o.Samples)
	event.Attributes["restarted"] = fmt.Sprint(o.restarted())
	if number := o.First[0].ErrorNumber; number != 0 {
		event.Attributes["error_code"] = fmt.Sprint(number)
	}
	event.Summary = downSummary(q, o, event, verb)
	return event, nil
}

func downSummary(q question, o outage, event timeline.Event, verb string) string {
	switch {
	case event.End == nil && o.Before == nil:
		return fmt.Sprintf("%s %s at the first look and until the window closed", q.Server, verb)
	case event.End == nil:
		return fmt.Sprintf("%s %s from here on, %d ticks failed", q.Server, verb, o.Samples)
	}
	how := ""
	switch {
	case o.restarted():
		how = ", it came back as a new process"
	case o.Answered != nil && o.Before != nil:
		how = ", its uptime shows no restart"
	}
	return fmt.Sprintf("%s %s for %s%s", q.Server, verb, spoken(event.End.At.Sub(event.Start.At)), how)
}
