package episodes

import (
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.deadlock. The server counts its deadlocks; the counter moved
// between two samples. InnoDB keeps a report of the latest one only: it belongs to
// the move that the recorder saw when it fetched the report, and the whole second
// that stands in it narrows the time. Of n deadlocks between two samples, n - 1
// have no report. What was counted before the first sample is no event.
const statusDeadlocks = "Innodb_deadlocks" // MySQL's metric lock_deadlocks is recorded under this name

// stampSlack is by how much the second in a report may lie outside of the two
// samples and still belong to them.
const stampSlack = 2 * time.Second

// reportDelay is how long after the counter's move its report may be fetched: at
// the next ticks, when the server did not answer at once.
const reportDelay = time.Minute

// counted is one look at a counter.
type counted struct {
	look
	Count int64 `json:"count"`
}

// deadlocked is the answer of a mysql.deadlock record.
type deadlocked struct {
	Before      counted         `json:"before"` // 0 when the server was started in between
	After       counted         `json:"after"`
	OffsetUS    int64           `json:"clock_offset_us,omitempty"` // server's clock minus the collector's
	RoundTripUS int64           `json:"round_trip_us,omitempty"`
	Report      *deadlockReport `json:"report"`                 // null: the server had none for this one
	Missing     string          `json:"missing,omitempty"`      // why, where it is known
	InErrorLog  bool            `json:"in_error_log,omitempty"` // the server logs every deadlock
}

// deadlockReport is what InnoDB wrote.
type deadlockReport struct {
	Written      time.Time       `json:"written"`          // on the server's clock, whole second
	Victim       int             `json:"victim,omitempty"` // the party that was rolled back
	Truncated    bool            `json:"truncated,omitempty"`
	Transactions []deadlockParty `json:"transactions"`
}

// deadlockParty is a transaction of a deadlock.
type deadlockParty struct {
	Number    int                  `json:"number"`
	ID        uint64               `json:"id"`
	Session   uint64               `json:"session,omitempty"`
	Account   string               `json:"account,omitempty"`
	Host      string               `json:"host,omitempty"`
	ActiveSec uint64               `json:"active_seconds"`
	Statement string               `json:"statement,omitempty"`
	Waits     []facts.DeadlockLock `json:"waits,omitempty"`
	Holds     []facts.DeadlockLock `json:"holds,omitempty"`
}

// deadlockScan follows the counter, and puts the reports beside its moves.
type deadlockScan struct {
	last counted
	has  bool
	done []deadlockMove
}

// deadlockMove is a move of the counter, with the fact that the recorder noted.
type deadlockMove struct {
	before, after counted
	clock         serverClock
	fact          *facts.Deadlock
}

func (s *deadlockScan) observe(m *moment) {
	if m.restart != nil && s.has {
		s.last = counted{*m.restart, 0}
	}
	n, sampled := m.status[statusDeadlocks]
	if sampled {
		s.sample(counted{m.look, n}, m.clock)
	}
	for _, f := range m.facts {
		if f.Kind != facts.KindDeadlock {
			continue
		}
		if d, err := facts.Read[facts.Deadlock](f); err == nil { // one that cannot be read tells nothing: the counter does
			s.attach(&d, m, sampled)
		}
	}
}

func (s *deadlockScan) sample(now counted, clock serverClock) {
	if s.has && now.Count < s.last.Count {
		s.last.Count = 0 // a new process, whatever the uptime said
	}
	if s.has && now.Count > s.last.Count {
		s.done = append(s.done, deadlockMove{before: s.last, after: now, clock: clock})
	}
	s.last, s.has = now, true
}

// attach finds the move that a fact tells of. Where the status was not sampled
// the fact is itself the witness of the move.
func (s *deadlockScan) attach(d *facts.Deadlock, m *moment, sampled bool) {
	for i := len(s.done) - 1; i >= 0 && m.At.Sub(s.done[i].after.At) <= reportDelay; i-- {
		if x := &s.done[i]; x.fact == nil && x.after.Count == d.After && x.before.Count >= d.Before {
			x.fact = d
			return
		}
	}
	if sampled || d.First || d.After <= d.Before || s.has && s.last.Count >= d.After {
		return
	}
	before := counted{newLook(d.Since, 0), d.Before}
	if s.has {
		before = s.last
	}
	s.last, s.has = counted{m.look, d.After}, true
	s.done = append(s.done, deadlockMove{before: before, after: s.last, clock: m.clock, fact: d})
}

func (s *deadlockScan) records(g *recorder) {
	q := g.question(timeline.MySQLDeadlock)
	q.Rule = deadlockRule
	all := make([]deadlocked, 0, len(s.done))
	for _, x := range s.done {
		all = append(all, newDeadlocked(x, g.roles))
	}
	for _, storm := range storms(all) {
		g.episode(q, g.deadlockQuery(), storm)
	}
	g.looked(timeline.MySQLDeadlock, store.PartDeadlocks, g.deadlockQuery(), "deadlocks")
}

func newDeadlocked(x deadlockMove, roles sources.Roles) deadlocked {
	a := deadlocked{Before: x.before, After: x.after, OffsetUS: x.clock.OffsetUS, RoundTripUS: x.clock.RoundTripUS}
	d := x.fact
	if d == nil {
		return a
	}
	a.Missing, a.InErrorLog = d.Missing, d.InErrorLog
	if d.Missing != "" {
		return a
	}
	report := deadlockReport{Written: d.Written, Victim: d.Victim, Truncated: d.Truncated}
	if written, between := report.second(a.clock()), a.span(); !written.meets(between, stampSlack.Microseconds()) {
		a.Missing = "the report that the server keeps is of an earlier deadlock"
		return a
	}
	for _, t := range d.Transactions {
		report.Transactions = append(report.Transactions, deadlockParty{
			Number: t.Number, ID: t.ID, Session: t.Session, Account: roles.Account(t.User), Host: roles.Host(t.Host),
			ActiveSec: t.ActiveSec, Statement: shown(t.Statement, statementShown), Waits: t.Waits, Holds: t.Holds,
		})
	}
	a.Report = &report
	return a
}

func (a deadlocked) clock() serverClock {
	return serverClock{At: a.After.At, SpentMS: a.After.SpentMS, OffsetUS: a.OffsetUS, RoundTripUS: a.RoundTripUS}
}

// span is between the two looks at the counter, on the collector's clock.
func (a deadlocked) span() span {
	return span{a.Before.At.UnixMicro(), a.After.latest().UnixMicro()}
}

// second is the second in which the report was written, on the collector's clock.
func (r deadlockReport) second(c serverClock) span {
	us := r.Written.UnixMicro()
	return c.local(span{us, us + 1e6})
}

// at is when the reported deadlock was, or any of those without a report.
func (a deadlocked) at() timeline.Instant {
	between := a.span()
	if a.Report == nil {
		return timeline.Instant{At: a.After.At, Earliest: micro(between.lo), Latest: micro(between.hi)}
	}
	if both := between.and(a.Report.second(a.clock())); !both.empty() {
		return instantOf(both)
	}
	return timeline.Instant{At: a.After.At, Earliest: micro(between.lo), Latest: micro(between.hi)}
}
