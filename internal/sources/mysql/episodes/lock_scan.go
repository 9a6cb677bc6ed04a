package episodes

import (
	"cmp"
	"slices"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// waitSlack is by how much a wait may miss the threshold: ticks are not exactly an
// interval apart.
const waitSlack = 100 * time.Millisecond

// lockScan follows blocking chains through the looks.
type lockScan struct {
	threshold  time.Duration
	tables     *facts.LockTables // where the recorder read blockers from
	kills      int64             // latest reading of Com_kill, -1 before the first
	statements map[uint64]string // the last statement of sessions in a transaction that is not young
	told       map[uint64]string // the last statement of idle blockers, as the server told
	open       []*blocking
	now        map[waiterKey]*waiting // who waited at the last look
	prev       *look
	unit       time.Duration
	done       []*blocking
}

type waiterKey struct {
	session uint64
	class   string
}

// waiting is a wait that goes on.
type waiting struct {
	victim
	user  string
	seen  waitSample // at the last look
	chain *blocking
}

func newLockScan(threshold time.Duration) *lockScan {
	return &lockScan{threshold: threshold, kills: -1, statements: map[uint64]string{}, told: map[uint64]string{}, now: map[waiterKey]*waiting{}, unit: time.Second}
}

func (s *lockScan) observe(m *moment) {
	s.unit = time.Second
	if m.mariaDB {
		s.unit = time.Millisecond
	}
	if m.restart != nil {
		s.restarted(*m.restart)
	}
	left := s.facts(m.facts)
	if n, ok := m.status[statusKills]; ok {
		s.kills = n
	}
	if m.sessions != nil {
		s.remember(*m.sessions)
	}
	if m.waits == nil {
		return
	}
	if len(*m.waits) > 0 || len(s.open) > 0 {
		s.look(m, left)
	} else {
		clear(s.now)
	}
	s.prev = kept(&m.look)
}

// facts takes what the recorder noted, and returns which blockers are still connected.
func (s *lockScan) facts(noted []store.Fact) map[uint64]bool {
	var left map[uint64]bool
	for _, f := range noted {
		switch f.Kind {
		case facts.KindLockTables:
			if t, err := facts.Read[facts.LockTables](f); err == nil { // one that cannot be read says nothing
				s.tables = &t
			}
		case facts.KindBlocker:
			if b, err := facts.Read[facts.Blocker](f); err == nil {
				s.told[b.Session] = b.Statement
			}
		case facts.KindBlockerLeft:
			if b, err := facts.Read[facts.BlockerLeft](f); err == nil {
				if left == nil {
					left = map[uint64]bool{}
				}
				left[b.Session] = b.Connected
			}
		}
	}
	return left
}

// remember keeps the last statement of sessions whose transaction is not young:
// most rows are passed by with one comparison.
func (s *lockScan) remember(rows []store.Session) {
	for i := range rows {
		if row := &rows[i]; row.Transaction >= youngAge && row.SQL != "" {
			s.statements[row.ID] = row.SQL
		}
	}
	if len(s.statements) > 4*len(rows)+100 {
		open := map[uint64]string{}
		for i := range rows {
			if sql := s.statements[rows[i].ID]; sql != "" && rows[i].Transaction > 0 {
				open[rows[i].ID] = sql
			}
		}
		s.statements = open
	}
}

// look takes one look at who waits.
func (s *lockScan) look(m *moment, left map[uint64]bool) {
	rows := map[uint64]*store.Session{}
	if m.sessions != nil {
		for i := range *m.sessions {
			rows[(*m.sessions)[i].ID] = &(*m.sessions)[i]
		}
	}
	links := chains(*m.waits, func(a, b uint64) int {
		return cmp.Or(-cmp.Compare(s.isRoot(a), s.isRoot(b)), -cmp.Compare(age(rows[a]), age(rows[b])))
	})
	roots := map[uint64]bool{}
	for _, l := range links {
		roots[l.root] = true
	}
	now := make(map[waiterKey]*waiting, len(links))
	for _, l := range links {
		w := s.waiter(m, l, rows[l.wait.Waiter])
		w = s.assign(w, l, roots)
		now[waiterKey{w.Session, l.wait.Class}] = w
	}
	s.now = now
	for _, c := range s.open {
		c.sample(s, m, rows[c.root], left)
	}
	s.open = slices.DeleteFunc(s.open, func(c *blocking) bool {
		if c.calm < 2 {
			return false
		}
		s.end(c)
		return true
	})
}

// waiter is the wait of a link: the one that goes on, or a new one.
func (s *lockScan) waiter(m *moment, l link, row *store.Session) *waiting {
	seen := newWaitSample(m, l.wait, row)
	before := s.prev
	if w := s.now[waiterKey{l.wait.Waiter, l.wait.Class}]; w != nil && sameWait(&w.seen, &seen, s.unit) {
		w.seen, w.Last = seen, m.look
		w.describe(l.wait)
		return w
	}
	w := &waiting{seen: seen}
	w.victim = victim{Session: l.wait.Waiter, Before: before, First: seen, Last: m.look}
	w.describe(l.wait)
	if row != nil {
		w.user, w.Statement = row.User, row.SQL
	}
	return w
}

// describe takes what the latest look says; what it does not say stays.
func (v *victim) describe(w *store.LockWait) {
	v.Behind = cmp.Or(w.Blocker, v.Behind)
	v.Object, v.Index = cmp.Or(w.Object, v.Object), cmp.Or(w.Index, v.Index)
	v.Mode, v.Held = cmp.Or(w.Mode, v.Mode), cmp.Or(w.Held, v.Held)
}

// assign finds the chain that a wait belongs to.
//
// A wait goes on when the session at the root of it changes: the next in the queue
// for a row has got it. Where the earlier root was one for less than the threshold,
// the chain goes on with the new root: a row that many take in turn is one episode.
// Otherwise the new root has an episode of its own, in which the wait begins anew.
func (s *lockScan) assign(w *waiting, l link, roots map[uint64]bool) *waiting {
	of := w.chain
	c := s.find(l)
	switch {
	case c == nil && of != nil && of.calm == 0 && l.root == 0:
		c = of // the server did not name it this time
	case c == nil && of != nil && of.calm == 0 && (of.root == 0 || !roots[of.root] && of.lastTop.Sub(of.firstTop) < s.threshold):
		of.passTo(l.root, w.seen.At)
		c = of
	case c == nil:
		c = newBlocking(l, w.seen.At)
		s.open = append(s.open, c)
	}
	if of != nil && of != c {
		w = kept(w) // the chain that it leaves keeps what it knows
		w.Before, w.First = s.prev, w.seen
		w.First.WaitedMS, w.First.ElapsedMS = 0, 0
	}
	w.chain = c
	c.add(w, l)
	return w
}

func (s *lockScan) find(l link) *blocking {
	for _, c := range s.open {
		if c.root == l.root && c.class == l.top.Class && (l.root != 0 || c.object() == l.top.Object) {
			return c
		}
	}
	return nil
}

// isRoot is 1 when a session is the root of an open chain.
func (s *lockScan) isRoot(id uint64) int {
	for _, c := range s.open {
		if c.root == id {
			return 1
		}
	}
	return 0
}

// age is for how long a session has been in its transaction or statement.
func age(row *store.Session) time.Duration {
	if row == nil {
		return 0
	}
	if row.SQL == "" {
		return row.Transaction
	}
	return max(row.Transaction, row.Elapsed)
}

// end keeps a chain in which a single wait reached the threshold.
func (s *lockScan) end(c *blocking) {
	if atLeast, _ := c.longest.lasted(s.unit); atLeast >= s.threshold-waitSlack {
		s.done = append(s.done, c)
	}
}

// restarted ends everything: the server process is gone.
func (s *lockScan) restarted(gone look) {
	for _, c := range s.open {
		if c.after == nil {
			c.after = &lockSample{look: gone, Kills: -1}
			c.restarted = true
		}
		s.end(c)
	}
	s.open = nil
	s.kills = -1
	clear(s.now)
	clear(s.statements)
	clear(s.told)
}

func (s *lockScan) finish() {
	for _, c := range s.open {
		s.end(c)
	}
	s.open = nil
	slices.SortStableFunc(s.done, func(a, b *blocking) int {
		return cmp.Or(a.first.At.Compare(b.first.At), cmp.Compare(a.root, b.root), cmp.Compare(a.class, b.class))
	})
}
