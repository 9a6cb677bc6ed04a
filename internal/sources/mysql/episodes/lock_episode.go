package episodes

import (
	"cmp"
	"slices"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// What a record keeps of a chain.
const (
	victimsKept = 5 // of the first look, and the one that waited longest
	objectsKept = 5
)

// blocking is everybody who waits behind one root, followed through the looks.
type blocking struct {
	root    uint64
	class   string
	guessed bool
	passed  int // how often the root changed

	firstTop, lastTop time.Time // looks at which this root was one
	first, peak, last *lockSample
	held              *lockSample // the last that shows the root in the processlist
	after             *lockSample
	calm              int // looks without a waiter since the last
	restarted         bool

	user, host, statement string // of the root
	count                 int    // waiters at the present look
	victims               map[uint64]string
	earliest              []*waiting
	longest               *waiting
	objects               map[string]int
	behind                map[uint64]int // at the present look, how many wait for one that waits itself
	head                  *queueHead
}

// queueHead is a waiter that others queue behind.
type queueHead struct {
	Session   uint64 `json:"session"`
	Account   string `json:"account"`
	Statement string `json:"statement,omitempty"`
	Behind    int    `json:"behind"` // at most, at one look
}

func newBlocking(l link, at time.Time) *blocking {
	return &blocking{root: l.root, class: l.top.Class, firstTop: at, lastTop: at, victims: map[uint64]string{}, objects: map[string]int{}, behind: map[uint64]int{}}
}

// passTo makes another session the root.
func (c *blocking) passTo(root uint64, at time.Time) {
	if c.root != 0 {
		c.passed++
	}
	c.root, c.firstTop, c.lastTop = root, at, at
	c.user, c.host, c.statement, c.held = "", "", "", nil
}

// add takes a wait of the present look.
func (c *blocking) add(w *waiting, l link) {
	c.count++
	c.lastTop = w.seen.At
	c.guessed = c.guessed || l.top.Guessed
	c.victims[w.Session] = w.user
	if l.wait.Class == c.class && l.wait.Object != "" {
		c.objects[l.wait.Object]++
	}
	if l.wait.Blocker != c.root {
		c.behind[l.wait.Blocker]++
	}
	if c.first == nil {
		c.earliest = append(c.earliest, w)
	}
	if c.longest == nil || w.length() > c.longest.length() {
		c.longest = w
	}
}

// length compares waits: the server's word, or the looks'.
func (w *waiting) length() int64 {
	return w.Last.At.Sub(w.First.At).Milliseconds() + w.First.WaitedMS
}

// object is what most waits were for.
func (c *blocking) object() string {
	if names := c.names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

func (c *blocking) names() []string {
	names := make([]string, 0, len(c.objects))
	for name := range c.objects {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(c.objects[b], c.objects[a]), cmp.Compare(a, b)) })
	return names
}

// sample closes the present look.
func (c *blocking) sample(s *lockScan, m *moment, root *store.Session, left map[uint64]bool) {
	x := &lockSample{look: m.look, Waiters: c.count, Kills: s.kills}
	if root != nil {
		t := sessionTick{look: m.look, clock: m.clock, mariaDB: m.mariaDB, interval: m.interval}
		row := newSessionSample(&t, root)
		x.Blocker, x.Statement = &row, shown(root.SQL, statementShown)
	}
	if connected, ok := left[c.root]; ok {
		x.Connected = &connected
	}
	waiters := c.count
	c.count = 0
	if waiters == 0 {
		c.calm++
		if c.calm == 1 {
			c.after = x
		}
		return
	}
	c.calm, c.after = 0, nil
	c.last = x
	if c.first == nil {
		c.first = x
	}
	if c.peak == nil || waiters > c.peak.Waiters {
		c.peak = x
	}
	if root != nil {
		c.user, c.host = root.User, root.Host
		c.statement = cmp.Or(root.SQL, c.statement)
		c.held = x
	}
	c.statement = cmp.Or(c.statement, s.statements[c.root], s.told[c.root])
	c.queue(s)
}

// queue finds the waiter with most others behind it.
func (c *blocking) queue(s *lockScan) {
	for id, n := range c.behind {
		if c.head != nil && (n < c.head.Behind || n == c.head.Behind && id >= c.head.Session) {
			continue
		}
		w := s.now[waiterKey{id, store.WaitMetadata}]
		if w == nil {
			w = s.now[waiterKey{id, store.WaitRow}]
		}
		if w != nil {
			c.head = &queueHead{Session: id, Account: w.user, Statement: w.Statement, Behind: n}
		}
	}
	clear(c.behind)
}

// lockChain is the answer of a mysql.lock_wait or mysql.metadata_lock_wait record.
type lockChain struct {
	Blocker   uint64         `json:"blocker"` // connection ID, 0: the server does not name it
	Account   string         `json:"blocker_account,omitempty"`
	Host      string         `json:"blocker_host,omitempty"`
	Statement string         `json:"blocker_statement,omitempty"` // the last that was seen
	Guessed   bool           `json:"guessed,omitempty"`           // the blocker is inferred
	Why       string         `json:"guessed_why,omitempty"`
	Passed    int            `json:"passed,omitempty"` // blockers before this one, none for as long as the threshold
	Objects   []string       `json:"objects"`          // most waited for first
	Victims   int            `json:"victims"`          // distinct sessions
	Accounts  map[string]int `json:"victims_by_account"`
	Head      *queueHead     `json:"queue_head,omitempty"`
	Waits     []victim       `json:"waits"` // the first ones, and the longest
	First     *lockSample    `json:"first"`
	Peak      *lockSample    `json:"peak"`
	Last      *lockSample    `json:"last"`
	Held      *lockSample    `json:"held"`  // the last look with waiters that shows the blocker itself
	After     *lockSample    `json:"after"` // the first look without a waiter; null when there was none
	Restarted bool           `json:"restarted,omitempty"`
}

func newLockChain(c *blocking, tables *facts.LockTables, roles sources.Roles) lockChain {
	a := lockChain{
		Blocker: c.root, Statement: shown(c.statement, statementShown), Guessed: c.guessed, Passed: c.passed, Victims: len(c.victims),
		Accounts: map[string]int{}, First: c.first, Peak: c.peak, Last: c.last, Held: c.held, After: c.after, Restarted: c.restarted,
	}
	if c.user != "" {
		a.Account, a.Host = accountOf(c.user, roles), roles.Host(c.host)
	}
	if c.guessed && tables != nil {
		a.Why = tables.RowWhy
		if c.class == store.WaitMetadata {
			a.Why = tables.MetadataWhy
		}
	}
	names := c.names()
	a.Objects = names[:min(len(names), objectsKept)]
	for _, user := range c.victims {
		a.Accounts[accountOf(user, roles)]++
	}
	if c.head != nil {
		head := *c.head
		head.Account, head.Statement = accountOf(head.Account, roles), shown(head.Statement, statementShown)
		a.Head = &head
	}
	slices.SortStableFunc(c.earliest, func(a, b *waiting) int {
		return cmp.Compare(b.First.WaitedMS+b.First.ElapsedMS, a.First.WaitedMS+a.First.ElapsedMS)
	})
	keep := c.earliest[:min(len(c.earliest), victimsKept)]
	if !slices.Contains(keep, c.longest) {
		keep = append(slices.Clip(keep), c.longest)
	}
	for _, w := range keep {
		v := w.victim
		v.Account, v.Statement = accountOf(w.user, roles), shown(v.Statement, statementShown)
		a.Waits = append(a.Waits, v)
	}
	return a
}

// accountOf masks an account; a replica's applier is nobody's.
func accountOf(user string, roles sources.Roles) string {
	switch user {
	case "":
		return ""
	case UserReplication:
		return accountApplier
	}
	return roles.Account(user)
}
