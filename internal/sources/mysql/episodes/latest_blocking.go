package episodes

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// latestBlocking is one look at who waits for whom; accounts are still accounts.
type latestBlocking struct {
	live.Blocking
	accounts []string // of the chains' roots
}

// next is the look of a tick that took one. What the look before knew of a root that
// is still one is known of it now.
func (b *latestBlocking) next(t *store.Tick, last map[uint64]string) *latestBlocking {
	now := &latestBlocking{Blocking: live.Blocking{At: stampOf(t.Heartbeat.At), Chains: []live.Chain{}}}
	if len(t.Waits) == 0 {
		return now
	}
	rows := sessionsByID(t.Sessions)
	before := b.statements()
	known := maps.Clone(before)
	for _, f := range t.Facts {
		if f.Kind != facts.KindBlocker {
			continue
		}
		if told, err := facts.Read[facts.Blocker](f); err == nil { // one that cannot be read says nothing
			known[told.Session] = shown(told.Statement, latestStatement)
		}
	}
	all := gatherChains(t.Waits, rows, before)
	now.Waiting = all.waiting
	now.More = max(0, len(all.chains)-latestChains)
	for _, c := range all.chains[:len(all.chains)-now.More] {
		root := &c.Root
		if row := rows[root.Session]; row != nil {
			describeRoot(root, row)
			now.accounts = append(now.accounts, row.User)
		} else {
			now.accounts = append(now.accounts, "")
		}
		root.Statement = shown(cmp.Or(root.Statement, last[root.Session], known[root.Session]), latestStatement)
		c.Object = shown(c.Object, latestName)
		now.Chains = append(now.Chains, c.Chain)
	}
	return now
}

// statements are the roots of a look with their statements; never nil.
func (b *latestBlocking) statements() map[uint64]string {
	known := map[uint64]string{}
	if b != nil {
		for _, c := range b.Chains {
			known[c.Root.Session] = c.Root.Statement
		}
	}
	return known
}

// masked is the look with roles in the place of accounts.
func (b *latestBlocking) masked(roles sources.Roles) *live.Blocking {
	shown := b.Blocking
	shown.Chains = slices.Clone(shown.Chains)
	for i := range shown.Chains {
		shown.Chains[i].Root.Account = accountOf(b.accounts[i], roles)
	}
	return &shown
}

func sessionsByID(s *store.Sessions) map[uint64]*store.Session {
	rows := map[uint64]*store.Session{}
	if s != nil {
		for i := range s.Active {
			rows[s.Active[i].ID] = &s.Active[i]
		}
	}
	return rows
}

// describeRoot takes what the processlist says of a root.
func describeRoot(root *live.Root, row *store.Session) {
	root.Seconds, root.Transaction, root.Statement = rounded(row.Elapsed), rounded(row.Transaction), row.SQL
	switch {
	case row.Command != commandSleep:
		root.Doing = live.Running
	case row.Transaction > 0:
		root.Doing = live.IdleIn
	default:
		root.Doing = live.Idle
	}
}

// chainNow is a chain that is being put together.
type chainNow struct {
	live.Chain
	objects map[string]int
}

type chainsNow struct {
	waiting int
	chains  []*chainNow // those with most victims first
}

// gatherChains puts the waits of one look together by root and class of lock. A
// session that waits for several is counted to one that was a root before.
func gatherChains(waits []store.LockWait, rows map[uint64]*store.Session, before map[uint64]string) chainsNow {
	wasRoot := func(id uint64) int {
		if _, was := before[id]; was {
			return 1
		}
		return 0
	}
	links := chains(waits, func(a, b uint64) int {
		return cmp.Or(-cmp.Compare(wasRoot(a), wasRoot(b)), -cmp.Compare(age(rows[a]), age(rows[b])))
	})
	type key struct {
		root          uint64
		class, object string // the object only where nobody names the root
	}
	found := map[key]*chainNow{}
	all := chainsNow{waiting: len(links)}
	for _, l := range links {
		k := key{root: l.root, class: l.top.Class}
		if l.root == 0 {
			k.object = l.top.Object
		}
		c := found[k]
		if c == nil {
			c = &chainNow{Chain: live.Chain{Class: k.class, Root: live.Root{Session: l.root}}, objects: map[string]int{}}
			found[k] = c
			all.chains = append(all.chains, c)
		}
		c.add(l, rows[l.wait.Waiter])
	}
	slices.SortFunc(all.chains, func(a, b *chainNow) int {
		return cmp.Or(cmp.Compare(b.Victims, a.Victims), cmp.Compare(b.Longest, a.Longest),
			cmp.Compare(a.Root.Session, b.Root.Session), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Object, b.Object))
	})
	return all
}

// add takes a wait. Where the server does not say for how long it has lasted, the
// age of the statement that waits says so.
func (c *chainNow) add(l link, row *store.Session) {
	c.Victims++
	c.Guessed = c.Guessed || l.top.Guessed
	waited := l.wait.Waited
	if waited == 0 && row != nil {
		waited = row.Elapsed
	}
	c.Longest = max(c.Longest, rounded(waited))
	if l.wait.Class != c.Class || l.wait.Object == "" {
		return
	}
	c.objects[l.wait.Object]++
	if n, most := c.objects[l.wait.Object], c.objects[c.Object]; n > most || n == most && l.wait.Object < c.Object {
		c.Object = l.wait.Object
	}
}

// rounded is in seconds, to the millisecond.
func rounded(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
