package episodes

import (
	"fmt"

	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.connections_exhausted. A tick shows exhaustion when
//   - the recorder's own login was refused with error 1040, even if the tick was
//     then answered over admin_address; or
//   - Connection_errors_max_connections has grown since the previous reading:
//     somebody else's was; or
//   - Threads_connected has reached max_connections: the next one will be. The
//     recorder keeps its own connection, so this is what it usually sees.
const (
	statusConnected      = "Threads_connected"
	statusMaxConnections = "max_connections"
	statusRefusals       = "Connection_errors_max_connections"

	errTooManyConnections = 1040
)

// connectionSample is one look at the server's connections. A refused login
// reads nothing, so its numbers are 0.
type connectionSample struct {
	look
	Refused   bool  `json:"refused,omitempty"`
	Connected int64 `json:"threads_connected,omitempty"`
	Limit     int64 `json:"max_connections,omitempty"`
	Refusals  int64 `json:"connection_errors_max_connections,omitempty"` // counter since the server's start
	New       int64 `json:"new_refusals,omitempty"`                      // since the previous reading
}

func (s *connectionSample) exhausted() bool {
	return s.Refused || s.New > 0 || s.Limit > 0 && s.Connected >= s.Limit
}

// exhaustion is the answer of a mysql.connections_exhausted record.
type exhaustion struct {
	excerpt[connectionSample]
	RefusedTicks int   `json:"refused_ticks"`
	Refusals     int64 `json:"refusals"` // what the counter grew by

	Held *holders `json:"held_by,omitempty"` // at the tick with the most sessions
}

// connectionScan follows heartbeats and status together.
type connectionScan struct {
	tracker[connectionSample]
	refusals    int64
	hasRefusals bool
	limit       int64
	peak        int64
	waiting     beat // an answered heartbeat whose status has not come yet
	isWaiting   bool
	now         exhaustion
	done        []exhaustion
}

func newConnectionScan() connectionScan {
	var c connectionScan
	c.worse = func(a, b *connectionSample) bool { return a.Connected > b.Connected }
	return c
}

// beat takes a heartbeat. An answered one alone shows that a login that was
// refused works again, unless the same tick's status says otherwise.
func (c *connectionScan) beat(b *beat) {
	c.flush()
	switch b.outcome {
	case store.Refused:
		c.take(&connectionSample{look: b.look, Refused: true}, b)
	case store.Answered:
		c.waiting, c.isWaiting = *b, true
	default:
		c.unknown(b.At)
	}
}

// refusedFirst reports whether the server answered over admin_address only.
func (b *beat) refusedFirst() bool {
	return b.outcome == store.Answered && b.ErrorNumber == errTooManyConnections
}

// flush takes the answered heartbeat that no status followed.
func (c *connectionScan) flush() {
	if refused := c.waiting.refusedFirst(); c.isWaiting && (refused || c.open != nil && c.open.Last.Refused) {
		c.take(&connectionSample{look: c.waiting.look, Refused: refused}, &c.waiting)
	}
	c.isWaiting = false
}

// status takes a reading of the status.
func (c *connectionScan) status(l look, s store.Status, b *beat) {
	c.isWaiting = false
	connected, ok := s[statusConnected]
	if !ok {
		return
	}
	x := connectionSample{look: l, Connected: connected, Limit: s[statusMaxConnections], Refused: b.At.Equal(l.At) && b.refusedFirst()}
	if n, ok := s[statusRefusals]; ok {
		x.Refusals = n
		if c.hasRefusals && n > c.refusals {
			x.New = n - c.refusals
		}
		c.refusals, c.hasRefusals = n, true
	}
	c.peak, c.limit = max(c.peak, connected), max(c.limit, x.Limit)
	c.take(&x, b)
}

func (c *connectionScan) take(x *connectionSample, b *beat) {
	if !x.exhausted() {
		c.fine(x)
		c.collect()
		return
	}
	if c.open == nil {
		c.now = exhaustion{}
	}
	if x.Refused {
		c.now.RefusedTicks++
	}
	c.now.Refusals += x.New
	c.bad(x, tooLate(b.interval))
}

func (c *connectionScan) collect() {
	for _, x := range c.closed {
		c.now.excerpt = x
		c.done = append(c.done, c.now)
	}
	c.closed = c.closed[:0]
}

func (c *connectionScan) finish() []exhaustion {
	c.flush()
	c.close()
	c.collect()
	return c.done
}

// interpretExhausted makes the event of a server without free connections.
func interpretExhausted(q question, e timeline.Evidence) (timeline.Event, error) {
	x, err := read[exhaustion](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(x.First) == 0 || x.Last == nil || x.Peak == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := x.episode(q, e, timeline.MySQLConnectionsExhausted)
	event.Key = "connections"
	event.Attributes["error_code"] = fmt.Sprint(errTooManyConnections)
	event.Attributes["refused_ticks"] = fmt.Sprint(x.RefusedTicks)
	if x.Refusals > 0 {
		event.Attributes["refused_logins"] = fmt.Sprint(x.Refusals)
	}
	limit, peak := x.Peak.Limit, x.Peak.Connected
	if x.Before != nil {
		limit = max(limit, x.Before.Limit)
	}
	if x.After != nil {
		limit = max(limit, x.After.Limit)
	}
	if limit > 0 {
		event.Attributes["max_connections"] = fmt.Sprint(limit)
	}
	if peak < limit {
		peak = 0 // every connection was in use at some time, and no sample saw it
	}
	if peak > 0 {
		event.Attributes["peak_connections"] = fmt.Sprint(peak)
	}
	event.Summary = exhaustedSummary(q, x, limit, peak)
	x.Held.tell(&event)
	return event, nil
}

func exhaustedSummary(q question, x exhaustion, limit, peak int64) string {
	switch {
	case x.RefusedTicks > 0:
		return fmt.Sprintf("%s refused the recorder's login with error %d in %s", q.Server, errTooManyConnections, ticks(x.RefusedTicks))
	case x.Refusals > 0 && peak == 0:
		return fmt.Sprintf("%s refused %d logins with error %d", q.Server, x.Refusals, errTooManyConnections)
	case x.Refusals > 0:
		return fmt.Sprintf("%s refused %d logins with error %d, %d connections at the most", q.Server, x.Refusals, errTooManyConnections, peak)
	}
	return fmt.Sprintf("%s had no free connection: %d of %d in use", q.Server, peak, limit)
}
