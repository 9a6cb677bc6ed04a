package episodes

import (
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.kill. Com_kill counts the KILL statements and the protocol's
// own COM_PROCESS_KILL, those that fail too; it moved between two samples. Moves
// less than killPause apart are one episode: a script that kills everything that
// is slow kills for a while.
//
// The server does not say whom it killed. Named are the sessions whose statement or
// transaction, older than a second at one look, was gone at the next: those that
// the processlist shows as killed, else those that did not wait for a lock
// themselves (what waited behind the killed one ends with it), else those that did,
// and only when there are no more of them than KILLs. That is an inference, which
// the attribute `rule` says.
const (
	statusKills   = "Com_kill"
	commandKilled = "Killed"
	killPause     = 30 * time.Second

	killRule = "the sessions whose statement or transaction of more than a second ended between the same two samples as the counter moved, if they are no more than the KILLs; " +
		"of those, the ones shown as killed, else the ones that waited for no lock"
)

// killMove is a move of the counter.
type killMove struct {
	before, after counted
	ended         []busySession
}

// busySession is a session in the middle of something that is older than a second.
type busySession struct {
	id                   uint64
	user, host, sql      string
	command              string
	elapsed, transaction time.Duration
	waits                bool
	look                 look
}

// killScan follows the counter, and who was busy at the latest look.
type killScan struct {
	last   counted
	has    bool
	busy   []busySession // at the latest look at the sessions
	open   int           // looks at which the latest move may still find its sessions
	done   []killMove
	unused []busySession
}

func newKillScan() *killScan { return &killScan{} }

func (s *killScan) observe(m *moment) {
	if m.restart != nil {
		s.busy, s.open = s.busy[:0], 0
		s.last = counted{*m.restart, 0}
	}
	if n, ok := m.status[statusKills]; ok {
		s.sample(counted{m.look, n})
	}
	if m.sessions == nil {
		return
	}
	if s.open > 0 {
		s.open--
		if x := &s.done[len(s.done)-1]; x.ended == nil {
			x.ended = endedBy(s.busy, *m.sessions, x.after.Count-x.before.Count)
		}
	}
	s.unused, s.busy = s.busy, s.unused[:0]
	for i := range *m.sessions {
		if b, ok := newBusySession(m.look, &(*m.sessions)[i]); ok {
			s.busy = append(s.busy, b)
		}
	}
}

// sample takes a reading of the counter. A session may be seen to be gone at the
// same tick, or at the next when it was killed within this one.
func (s *killScan) sample(now counted) {
	if s.has && now.Count < s.last.Count {
		s.last.Count = 0
	}
	if s.has && now.Count > s.last.Count {
		s.done = append(s.done, killMove{before: s.last, after: now})
		s.open = 2
	}
	s.last, s.has = now, true
}

// newBusySession reports whether a session is in the middle of something.
func newBusySession(l look, row *store.Session) (busySession, bool) {
	if row.Transaction < youngAge && (row.Elapsed < youngAge || row.Command == commandSleep) {
		return busySession{}, false // nearly all
	}
	if row.Command == commandKilled || !isStatement(row) && row.Command != commandSleep || row.User == UserReplication {
		return busySession{}, false
	}
	return busySession{id: row.ID, user: row.User, host: row.Host, sql: row.SQL, command: row.Command, look: l,
		elapsed: row.Elapsed, transaction: row.Transaction, waits: row.LockWait || strings.HasPrefix(row.State, "Waiting ")}, true
}

// endedBy are the sessions that n KILLs can have ended.
func endedBy(before []busySession, now []store.Session, n int64) []busySession {
	rows := make(map[uint64]*store.Session, len(now))
	for i := range now {
		rows[now[i].ID] = &now[i]
	}
	var killed, free, waiting []busySession
	for _, b := range before {
		row := rows[b.id]
		switch {
		case row != nil && row.Command == commandKilled:
			killed = append(killed, b)
		case row != nil && !b.endedIn(row):
		case b.waits:
			waiting = append(waiting, b)
		default:
			free = append(free, b)
		}
	}
	for _, list := range [][]busySession{killed, free, waiting} {
		if len(list) > 0 {
			if int64(len(list)) > n {
				return nil
			}
			return list
		}
	}
	return nil
}

// endedIn reports whether a later row of the session shows that what it did is over.
func (b busySession) endedIn(row *store.Session) bool {
	if b.command == commandSleep {
		return row.Transaction < b.transaction
	}
	return row.Command == commandSleep || row.Elapsed < b.elapsed
}

// kills is the answer of a mysql.kill record.
type kills struct {
	Kills int64       `json:"kills"`
	Count int         `json:"moves"` // of the counter, more than Moves where the rule has cut
	Moves []killShown `json:"moves_shown"`
}

// killShown is one move of the counter.
type killShown struct {
	Before counted         `json:"before"`
	After  counted         `json:"after"`
	Ended  []killedSession `json:"ended,omitempty"`
}

// killedSession is a session as it was before it was gone.
type killedSession struct {
	look
	Session       uint64 `json:"session"`
	Account       string `json:"account"`
	Host          string `json:"host,omitempty"`
	Command       string `json:"command"`
	Statement     string `json:"statement,omitempty"`
	ElapsedMS     int64  `json:"elapsed_ms"`
	TransactionMS int64  `json:"transaction_ms,omitempty"`
}

func (s *killScan) records(g *recorder) {
	q := g.question(timeline.MySQLKill)
	q.Rule = killRule
	for rest := s.done; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].after.At.Sub(rest[n-1].after.At) < killPause {
			n++
		}
		g.episode(q, g.killQuery(), newKills(rest[:n], g.roles))
		rest = rest[n:]
	}
	g.looked(timeline.MySQLKill, store.PartStatus, g.killQuery(), "KILL statements (counter Com_kill)")
}

// newKills shows the first moves and the last.
func newKills(moves []killMove, roles sources.Roles) kills {
	a := kills{Count: len(moves)}
	for i, x := range moves {
		a.Kills += x.after.Count - x.before.Count
		if i >= runsKept-1 && i < len(moves)-1 {
			continue
		}
		shownMove := killShown{Before: x.before, After: x.after}
		for _, b := range x.ended {
			shownMove.Ended = append(shownMove.Ended, killedSession{
				look: b.look, Session: b.id, Account: roles.Account(b.user), Host: roles.Host(b.host), Command: b.command,
				Statement: shown(b.sql, summaryShown), ElapsedMS: b.elapsed.Milliseconds(), TransactionMS: b.transaction.Milliseconds(),
			})
		}
		a.Moves = append(a.Moves, shownMove)
	}
	return a
}
