package episodes

import (
	"slices"
	"strings"
	"time"

	"collector/internal/store"
)

// youngAge is the age from which on a statement or transaction is followed. What
// is younger is most of a processlist and is passed by.
const youngAge = time.Second

// sameStart is by how much two computed starts may miss each other, in
// microseconds, and still be the same start.
const sameStart = 200_000

// sessionTick is what all rows of one look at the processlist share.
type sessionTick struct {
	look
	clock    serverClock
	mariaDB  bool
	interval time.Duration
	seconds  span // what an age in whole seconds is counted back from
	exact    span // what an age in milliseconds is counted back from
}

func newSessionTick(l look, b *beat) sessionTick {
	t := sessionTick{look: l, interval: b.interval, mariaDB: isMariaDB(b.Version)}
	t.clock = serverClock{At: l.At, SpentMS: l.SpentMS, OffsetUS: b.OffsetUS, RoundTripUS: b.RoundTripUS}
	t.seconds = t.clock.started(0, time.Second)
	t.exact = t.clock.started(0, time.Millisecond)
	return t
}

// isMariaDB tells the flavours apart by @@version.
func isMariaDB(version string) bool { return strings.Contains(version, "MariaDB") }

// timeUnit is the resolution of the age d: MariaDB has TIME_MS, MySQL's TIME is
// in whole seconds.
func (t *sessionTick) timeUnit(d time.Duration) time.Duration {
	if t.mariaDB || d%time.Second != 0 {
		return time.Millisecond
	}
	return time.Second
}

// statementStart is the range of a statement's start, on the server's clock.
func (t *sessionTick) statementStart(elapsed time.Duration) span {
	from := &t.seconds
	if t.timeUnit(elapsed) < time.Second {
		from = &t.exact
	}
	us := elapsed.Microseconds()
	return span{from.lo - us, from.hi - us}
}

// transactionStart is the range of a transaction's start, on the server's clock.
// Both flavours tell it in whole seconds (trx_started), whatever the age's unit.
func (t *sessionTick) transactionStart(age time.Duration) span {
	us := age.Microseconds()
	if age%time.Second == 0 {
		return span{t.seconds.lo - us, t.seconds.hi - us}
	}
	return span{t.exact.lo - us, t.exact.hi - us + 1e6}
}

// sessionSample is one look at one session.
type sessionSample struct {
	look
	OffsetUS      int64  `json:"clock_offset_us,omitempty"`
	RoundTripUS   int64  `json:"round_trip_us,omitempty"`
	Command       string `json:"command"`
	State         string `json:"state,omitempty"`
	ElapsedMS     int64  `json:"elapsed_ms"`
	TransactionMS int64  `json:"transaction_ms,omitempty"`
	RowsExamined  uint64 `json:"rows_examined,omitempty"`
	RowsLocked    uint64 `json:"rows_locked,omitempty"`
	RowsModified  uint64 `json:"rows_modified,omitempty"`
	LockWait      bool   `json:"lock_wait,omitempty"`
}

func newSessionSample(t *sessionTick, s *store.Session) sessionSample {
	return sessionSample{
		look: t.look, OffsetUS: t.clock.OffsetUS, RoundTripUS: t.clock.RoundTripUS,
		Command: s.Command, State: s.State,
		ElapsedMS: s.Elapsed.Milliseconds(), TransactionMS: s.Transaction.Milliseconds(),
		RowsExamined: s.RowsExamined, RowsLocked: s.RowsLocked, RowsModified: s.RowsModified, LockWait: s.LockWait,
	}
}

func (s *sessionSample) clock() serverClock {
	return serverClock{At: s.At, SpentMS: s.SpentMS, OffsetUS: s.OffsetUS, RoundTripUS: s.RoundTripUS}
}

// followed is a statement or a transaction that is being watched: the samples
// that an excerpt needs, and its start as narrowed so far.
type followed struct {
	start                           span // on the server's clock
	first, early, late, worst, last sessionSample
	weight                          uint64 // of worst
	count                           int
	tick                            int // number of the last tick that showed it
}

// begin starts to follow.
func (f *followed) begin(t *sessionTick, s *store.Session, start span, weight uint64, tick int) {
	x := newSessionSample(t, s)
	*f = followed{start: start, first: x, early: x, late: x, worst: x, last: x, weight: weight, count: 1, tick: tick}
}

// goOn takes the next sample; the one with the largest weight is the worst. early and late are the samples that bound the
// start best from below and from above.
func (f *followed) goOn(t *sessionTick, s *store.Session, start span, weight uint64, tick int) {
	f.tick = tick
	f.count++
	f.last = newSessionSample(t, s)
	if narrower := f.start.and(start); !narrower.empty() {
		if start.lo > f.start.lo {
			f.early = f.last
		}
		if start.hi < f.start.hi {
			f.late = f.last
		}
		f.start = narrower
	}
	if weight >= f.weight {
		f.worst, f.weight = f.last, weight
	}
}

// samples are the kept samples in the order of time, each once.
func (f *followed) samples() []sessionSample {
	all := []sessionSample{f.first, f.early, f.late, f.worst, f.last}
	slices.SortStableFunc(all, func(a, b sessionSample) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(all, func(a, b sessionSample) bool { return a.At.Equal(b.At) })
}

// startOf narrows a start over the samples of an excerpt; one computes what a
// single sample says, on the server's clock.
func startOf(samples []sessionSample, one func(*sessionSample) span) span {
	start := one(&samples[0])
	for i := range samples[1:] {
		if narrower := start.and(one(&samples[i+1])); !narrower.empty() {
			start = narrower
		}
	}
	return samples[0].localClock(start)
}

// localClock converts a start to the collector's clock, with the offset that was
// measured nearest to it.
func (s *sessionSample) localClock(start span) span { return s.clock().local(start) }
