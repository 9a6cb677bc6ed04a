package binlog

import (
	"time"

	"collector/internal/timeline"
)

// Clock is the server's clock as it was measured when the log was read.
type Clock struct {
	OffsetUS    int64 `json:"offset_us"`     // the server's clock minus ours
	RoundTripUS int64 `json:"round_trip_us"` // of the measurement, which is right to within half of it
}

// tick is the resolution of the clock behind whole seconds: the kernel's coarse one.
const tick = int64(10 * time.Millisecond / time.Microsecond)

// instant is a time between two of the server's clock, in microseconds since 1970.
func (c Clock) instant(lo, at, hi int64) timeline.Instant {
	hi = max(hi, lo)
	at = min(max(at, lo), hi)
	half := c.RoundTripUS/2 + 1
	local := func(us int64) time.Time { return time.UnixMicro(us - c.OffsetUS).UTC() }
	return timeline.Instant{At: local(at), Earliest: local(lo - half), Latest: local(hi + half)}
}

// second is the range that a whole second stands for.
func second(seconds uint32) (lo, hi int64) {
	lo = int64(seconds) * micros
	return lo - tick, lo + micros + tick
}

// ended is the range in which the statement ended here. MySQL says so to the
// microsecond. Else it is the second of its start at the origin and the seconds from
// there to its logging here, which are counted on this server's clock.
func (s statement) ended() (lo, hi int64) {
	if s.CommitUS != 0 {
		return s.CommitUS, s.CommitUS
	}
	return second(s.Seconds + s.Took)
}

// began is the range in which it began here, and the best estimate. The second in
// the event is the start at the origin. A replica cannot have begun before the
// commit there; it is taken to have needed as long as its source. MariaDB does not say
// when that was, but its replicas begin a change of a schema when what is in front of
// it in the log is done.
func (p place) began(endLo, endHi int64) (lo, at, hi int64) {
	lo, hi = second(p.Seconds)
	switch {
	case p.Origin == 0:
		hi = min(hi, endHi)
		return lo, (lo + hi) / 2, hi
	case p.OriginalUS != 0:
		first := min(p.OriginalUS, endHi)
		return first, endLo - max(0, p.OriginalUS-lo), endHi
	}
	if after, _ := second(p.After); after <= endLo {
		lo = max(lo, after)
	}
	return lo, (lo + endHi) / 2, endHi
}

// ended is the range in which a large transaction was committed. MariaDB does not
// say when: the log is in the order of commits, so it was not before the last
// statement in front of it began; and about when the next one behind it began.
func (t transaction) ended() (lo, hi int64) {
	if t.CommitUS != 0 {
		return t.CommitUS, t.CommitUS
	}
	lo, hi = second(t.Last)
	if t.Next > t.Last {
		_, hi = second(t.Next)
	}
	return lo, hi
}
