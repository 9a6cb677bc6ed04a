package episodes

import (
	"fmt"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// bootSlack is how far the start of a server, computed from two readings of its
// uptime, may differ while it is the same process: both are whole seconds.
const bootSlack = 2 * time.Second

// restart is the answer of a mysql.restart record: the last answered heartbeat
// of the old process, the first failed one, and the first ones of the new process.
type restart struct {
	Before *beat  `json:"before"`
	Failed *beat  `json:"failed"` // null: no tick failed in between
	After  []beat `json:"after"`
}

// bootMoved reports whether the server that answered b started later than the
// one that answered a. Starts are compared on the server's own clock, so that a
// clock that was set back, which also shortens the uptime, is no restart.
func bootMoved(a, b *beat) bool {
	if a.UptimeSeconds == 0 || b.UptimeSeconds == 0 {
		return false
	}
	return b.boot().lo > a.boot().hi+bootSlack.Microseconds()
}

// startedAt is when the new process started, by its own uptime, on the
// collector's clock: after the old one's last answer, before its own first one.
func startedAt(before *beat, after []beat) (timeline.Instant, bool) {
	if len(after) == 0 {
		return timeline.Instant{}, false
	}
	start := after[0].boot()
	for i := range after[1:] {
		if narrower := start.and(after[i+1].boot()); !narrower.empty() {
			start = narrower
		}
	}
	start = clockOf(&after[0]).local(start)
	limits := span{start.lo, after[0].latest().UnixMicro()}
	if before != nil {
		limits.lo = before.At.UnixMicro()
	}
	if s := start.and(limits); !s.empty() {
		start = s
	} else if before != nil {
		start = limits // the clocks disagree; between the answers it was
	}
	return timeline.Instant{At: micro((start.lo + start.hi) / 2), Earliest: micro(start.lo), Latest: micro(start.hi)}, true
}

// restartScan follows the server's uptime.
type restartScan struct {
	last    beat // the last answered heartbeat
	has     bool
	failed  *beat // the first failed one since
	done    []restart
	growing bool // the last restart still takes heartbeats
}

// observe takes a heartbeat and reports whether it is the first answer of a new
// process, and the latest moment at which the old one can have been alive.
func (r *restartScan) observe(b *beat) (gone look, restarted bool) {
	if b.failed() && r.failed == nil && r.has {
		r.failed = kept(b)
	}
	if !b.readsUptime() {
		return look{}, false
	}
	gone = b.look
	if r.has && bootMoved(&r.last, b) {
		restarted = true
		if r.failed != nil && r.failed.outcome == store.Unreachable {
			gone = r.failed.look
		}
		r.done = append(r.done, restart{Before: kept(&r.last), Failed: r.failed, After: []beat{*b}})
		r.growing = true
	} else if r.growing {
		x := &r.done[len(r.done)-1]
		x.After = append(x.After, *b)
		r.growing = len(x.After) < firstKept
	}
	r.last, r.has, r.failed = *b, true, nil
	return gone, restarted
}

// interpretRestart makes the event of a restart, an instant.
func interpretRestart(q question, e timeline.Evidence) (timeline.Event, error) {
	r, err := read[restart](e)
	if err != nil {
		return timeline.Event{}, err
	}
	start, ok := startedAt(r.Before, r.After)
	if !ok || r.Before == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := q.event(e, timeline.MySQLRestart, start, &start)
	event.Key = "restart"
	first := r.After[0]
	downFrom, atMost := r.Before.At, "at most "
	if r.Failed != nil {
		downFrom, atMost = r.Failed.At, ""
	}
	downtime := first.At.Sub(downFrom)
	event.Attributes["downtime_seconds"] = seconds(downtime)
	event.Attributes["version"] = first.Version
	event.Attributes["version_before"] = r.Before.Version
	event.Summary = fmt.Sprintf("%s restarted, it did not answer for %s%s", q.Server, atMost, spoken(downtime))
	if first.Version != r.Before.Version {
		event.Summary += fmt.Sprintf(", and came back as %s instead of %s", first.Version, r.Before.Version)
	}
	return event, nil
}
