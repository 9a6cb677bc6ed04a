package episodes

import (
	"time"

	"collector/internal/store"
)

// sessionScan follows the statements and the transactions of all sessions. It
// passes by what is young, which is nearly everything, with two comparisons.
type sessionScan struct {
	thresholds   Thresholds
	statements   map[uint64]*execution
	transactions map[uint64]*transaction
	tick         int
	prev         look // the previous look
	hasPrev      bool

	longStatements   []execution
	longTransactions []transaction
	maxElapsed       time.Duration // of a statement
	maxTransaction   time.Duration
}

func newSessionScan(t Thresholds) sessionScan {
	return sessionScan{thresholds: t, statements: map[uint64]*execution{}, transactions: map[uint64]*transaction{}}
}

func (s *sessionScan) observe(t *sessionTick, rows []store.Session) {
	s.tick++
	for i := range rows {
		row := &rows[i]
		if row.Elapsed >= youngAge && row.Command != commandSleep {
			s.statement(t, row)
		}
		if row.Transaction >= youngAge {
			s.transaction(t, row)
		}
	}
	for id, x := range s.statements {
		if x.tick != s.tick {
			s.endStatement(id, x, &t.look)
		}
	}
	for id, x := range s.transactions {
		if x.tick != s.tick {
			s.endTransaction(id, x, &t.look)
		}
	}
	s.prev, s.hasPrev = t.look, true
}

// restarted ends everything: the server process that ran it is gone. Connection
// IDs begin anew.
func (s *sessionScan) restarted(gone look) { s.endAll(&gone) }

// finish leaves what is still going on without an end.
func (s *sessionScan) finish() { s.endAll(nil) }

func (s *sessionScan) endAll(after *look) {
	for id, x := range s.statements {
		s.endStatement(id, x, after)
	}
	for id, x := range s.transactions {
		s.endTransaction(id, x, after)
	}
}

// kinship is what all members of one folded episode share.
type kinship struct{ a, b string }

// member is one statement or transaction that may be folded with others.
type member interface {
	kin() kinship
	session() uint64
	from() int64     // start, µs, on the server's clock
	until() int64    // last seen, µs
	length() int64   // ms
	stillOpen() bool // no end was seen
}
