package episodes

import (
	"time"

	"collector/internal/store"
)

// clockSlack is by how much time(NULL) lags behind the clock that NOW(6) reads:
// the kernel's coarse clock moves once in a timer tick, at most 10 ms.
const clockSlack = 10 * time.Millisecond

// span is a range of times in microseconds since 1970.
type span struct{ lo, hi int64 }

func (s span) empty() bool { return s.hi < s.lo }

// meets reports whether both ranges have a time in common, give or take slack.
func (s span) meets(other span, slack int64) bool {
	return s.lo <= other.hi+slack && other.lo <= s.hi+slack
}

// and is what both ranges have in common.
func (s span) and(other span) span { return span{max(s.lo, other.lo), min(s.hi, other.hi)} }

// serverClock says what a server's clock read while a tick's queries ran. Ages
// that a server reports (TIME, Uptime, a transaction's age) are differences of
// its own wall clock, so a start is computed on that clock, where it stays the
// same from sample to sample even when the clock is stepped or slewed.
type serverClock struct {
	At          time.Time
	SpentMS     int64
	OffsetUS    int64
	RoundTripUS int64
}

// now is the range of the server's clock during the tick.
func (c serverClock) now() span {
	at, half := c.At.UnixMicro()+c.OffsetUS, c.RoundTripUS/2+1
	return span{at - half, at + c.SpentMS*1000 + half}
}

// nowInSeconds is what a start of "n whole seconds ago" is counted from: both
// the server's clock and the start were cut to whole seconds, so that a start n
// seconds ago lies within the second floor(now) - n.
func (c serverClock) nowInSeconds() span {
	now := c.now()
	return span{floorSecond(now.lo - clockSlack.Microseconds()), floorSecond(now.hi) + 1e6}
}

// started is the range, on the server's clock, of a start that the server says
// was `ago` ago, with the given resolution of that age.
func (c serverClock) started(ago, unit time.Duration) span {
	now := c.now()
	if unit >= time.Second {
		now = c.nowInSeconds()
	} else {
		now = span{now.lo - unit.Microseconds(), now.hi + unit.Microseconds()}
	}
	return span{now.lo - ago.Microseconds(), now.hi - ago.Microseconds()}
}

// local converts a range of the server's clock to the collector's.
func (c serverClock) local(s span) span {
	half := c.RoundTripUS/2 + 1
	return span{s.lo - c.OffsetUS - half, s.hi - c.OffsetUS + half}
}

func floorSecond(us int64) int64 {
	s := us / 1e6
	if us < 0 && us%1e6 != 0 {
		s--
	}
	return s * 1e6
}

// clockOf is the server's clock at a tick, from its heartbeat.
func clockOf(b *beat) serverClock {
	return serverClock{At: b.At, SpentMS: b.SpentMS, OffsetUS: b.OffsetUS, RoundTripUS: b.RoundTripUS}
}

// boot is when the server says that it started, on its own clock.
func (b *beat) boot() span {
	return clockOf(b).started(time.Duration(b.UptimeSeconds)*time.Second, time.Second)
}

// readsUptime reports whether the heartbeat tells when its server started.
func (b *beat) readsUptime() bool { return b.outcome == store.Answered && b.UptimeSeconds > 0 }

func micro(us int64) time.Time { return time.UnixMicro(us).UTC() }
