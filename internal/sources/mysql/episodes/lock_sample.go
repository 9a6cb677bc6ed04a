package episodes

import (
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// lockSample is one look at everybody who waits behind one root.
type lockSample struct {
	look
	Waiters   int            `json:"waiters"`
	Blocker   *sessionSample `json:"blocker"` // the root's row in the processlist; null when it was idle outside a transaction, or gone
	Statement string         `json:"blocker_statement,omitempty"`
	Kills     int64          `json:"com_kill"`                    // counter; -1 when it was not read
	Connected *bool          `json:"blocker_connected,omitempty"` // set when the recorder asked whether it is
}

// victim is one wait. Where the server says for how long it has waited, that says
// when the wait began, to the second; else it began between the look before and the
// first one, and not before its statement.
type victim struct {
	Session   uint64     `json:"session"`
	Account   string     `json:"account"`
	Statement string     `json:"statement,omitempty"`
	Behind    uint64     `json:"behind,omitempty"` // the session that it waits for
	Object    string     `json:"object,omitempty"`
	Index     string     `json:"index,omitempty"`
	Mode      string     `json:"mode,omitempty"`
	Held      string     `json:"held,omitempty"`
	Before    *look      `json:"before"` // the last look at which it did not wait here
	First     waitSample `json:"first"`
	Last      look       `json:"last"`
}

// waitSample is what the first look says of a wait's start.
type waitSample struct {
	look
	OffsetUS    int64 `json:"clock_offset_us,omitempty"`
	RoundTripUS int64 `json:"round_trip_us,omitempty"`
	WaitedMS    int64 `json:"waited_ms,omitempty"`  // as the server says; counted from a whole second
	ElapsedMS   int64 `json:"elapsed_ms,omitempty"` // of the statement
}

func (s *waitSample) clock() serverClock {
	return serverClock{At: s.At, SpentMS: s.SpentMS, OffsetUS: s.OffsetUS, RoundTripUS: s.RoundTripUS}
}

// start is when the wait began, on the server's clock; unit is the resolution of
// the processlist's times.
func (v *victim) start(unit time.Duration) span {
	now := v.First.clock().now()
	s := span{now.lo, now.hi}
	switch {
	case v.First.WaitedMS > 0:
		us := v.First.WaitedMS * 1000
		s = span{now.lo - us - 1000, min(now.hi-us+1e6, now.hi)}
	case v.First.ElapsedMS > 0 || v.Before != nil:
		s.lo -= statementAge(v.First.ElapsedMS, unit).Microseconds()
	}
	if v.Before != nil {
		seen := v.Before.At.UnixMicro() + v.First.OffsetUS - v.First.RoundTripUS/2 - 1
		if v.First.WaitedMS == 0 && v.First.ElapsedMS == 0 || seen > s.hi {
			s.lo = seen
			s.hi = now.hi
		}
		s.lo = max(s.lo, seen)
	}
	return s
}

// statementAge is how old the statement may be at most.
func statementAge(ms int64, unit time.Duration) time.Duration {
	return time.Duration(ms)*time.Millisecond + unit + clockSlack
}

// lasted is how long the wait has certainly lasted, and how long by the best estimate.
func (v *victim) lasted(unit time.Duration) (atLeast, about time.Duration) {
	s := v.start(unit)
	last := v.Last.At.UnixMicro() + v.First.OffsetUS
	atLeast = max(time.Duration(last-s.hi)*time.Microsecond, 0)
	about = max(time.Duration(last-(s.lo+s.hi)/2)*time.Microsecond, atLeast)
	return atLeast, about
}

// began is the start on the collector's clock.
func (v *victim) began(unit time.Duration) timeline.Instant {
	return instantOf(v.First.clock().local(v.start(unit)))
}

// sameWait reports whether a session that waits at two looks has been waiting all
// the time between: by the start of the wait where the server says it, else by that
// of the statement.
func sameWait(a, b *waitSample, unit time.Duration) bool {
	if (a.WaitedMS > 0) != (b.WaitedMS > 0) {
		return false
	}
	if a.WaitedMS > 0 {
		return countedFrom(a, a.WaitedMS, time.Millisecond).meets(countedFrom(b, b.WaitedMS, time.Millisecond), sameStart)
	}
	return countedFrom(a, a.ElapsedMS, unit).meets(countedFrom(b, b.ElapsedMS, unit), sameStart)
}

func countedFrom(s *waitSample, ms int64, unit time.Duration) span {
	return s.clock().started(time.Duration(ms)*time.Millisecond, unit)
}

func newWaitSample(m *moment, w *store.LockWait, row *store.Session) waitSample {
	s := waitSample{look: m.look, OffsetUS: m.clock.OffsetUS, RoundTripUS: m.clock.RoundTripUS, WaitedMS: w.Waited.Milliseconds()}
	if row != nil {
		s.ElapsedMS = row.Elapsed.Milliseconds()
	}
	return s
}
