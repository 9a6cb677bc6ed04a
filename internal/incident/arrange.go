package incident

import (
	"slices"
	"time"
)

// arrangement is a ledger in order: which alerts are which incident, whatever the
// time. The book keeps one from look to look; a change of an alert redoes its group
// alone, and nothing is redone when nothing has changed.
type arrangement struct {
	c         *Config
	names     []Naming
	decisions []Decision
	seen      map[string]Recovery // see Ledger.Recoveries

	apart   map[key]string       // what was split off, and into which incident
	closed  map[string]time.Time // when operators closed incidents, by ID
	anchors map[key][]int        // names

	same    map[string][]*Member // by fingerprint
	touched map[string]bool      // fingerprints whose members are to be judged again
	lost    map[key]Episode      // whose rows do not say their labels any more
	groups  map[groupID]*group
	bundles []bundle // see settle
	settled bool
}

// bundle is the clusters that are one incident.
type bundle struct {
	parts   []*cluster
	id      string
	unnamed bool
	aliases []string
}

func newArrangement(c *Config) *arrangement {
	return &arrangement{
		c: c, seen: map[string]Recovery{}, apart: map[key]string{}, closed: map[string]time.Time{}, anchors: map[key][]int{},
		same: map[string][]*Member{}, touched: map[string]bool{}, lost: map[key]Episode{}, groups: map[groupID]*group{},
	}
}

// name takes all names, those known before too.
func (a *arrangement) name(names []Naming) {
	a.names, a.settled = names, false
	clear(a.anchors)
	for i, n := range names {
		a.anchors[n.Anchor.key()] = append(a.anchors[n.Anchor.key()], i)
	}
	for _, g := range a.groups {
		g.stale = true
	}
}

// decide takes all decisions, those known before too.
func (a *arrangement) decide(decisions []Decision) {
	a.decisions, a.settled = decisions, false
	clear(a.apart)
	clear(a.closed)
	for _, d := range decisions {
		switch d.Kind {
		case SplitDecision:
			for _, anchor := range d.Alerts {
				a.apart[anchor.key()] = d.Other
			}
		case CloseDecision:
			a.closed[d.Incident] = d.At
		}
	}
	clear(a.groups) // any alert may be in another one
	for fingerprint, same := range a.same {
		for n, m := range same {
			same[n] = &Member{Episode: m.Episode}
		}
		a.touched[fingerprint] = true
	}
}

// put takes an episode, or what is known of it now.
func (a *arrangement) put(e Episode) {
	if e.Damaged && e.First.Labels == nil {
		a.take(e.key())
		a.lost[e.key()] = e
		return
	}
	delete(a.lost, e.key())
	a.place(e)
}

func (a *arrangement) place(e Episode) {
	a.take(e.key())
	a.same[e.Fingerprint] = append(a.same[e.Fingerprint], &Member{Episode: e})
}

// remove forgets an episode.
func (a *arrangement) remove(k key) {
	delete(a.lost, k)
	a.take(k)
}

// take takes an episode out, if it is there.
func (a *arrangement) take(k key) {
	a.settled, a.touched[k.fingerprint] = false, true
	same := a.same[k.fingerprint]
	n := slices.IndexFunc(same, func(m *Member) bool { return m.key() == k })
	if n < 0 {
		return
	}
	same[n].leave()
	a.same[k.fingerprint] = slices.Delete(same, n, n+1)
}

// settle redoes what changes have touched.
func (a *arrangement) settle() {
	if a.settled {
		return
	}
	a.judge()
	if len(a.lost) > 0 {
		a.mend()
		a.judge()
	}
	for id, g := range a.groups {
		if g.stale {
			a.divide(g)
		}
		if len(g.members) == 0 {
			delete(a.groups, id)
		}
	}
	a.bundle()
	a.settled = true
}

// judge judges the alerts that were touched, and puts each into its group.
func (a *arrangement) judge() {
	for fingerprint := range a.touched {
		same := a.same[fingerprint]
		if len(same) == 0 {
			delete(a.same, fingerprint)
			continue
		}
		var resolved []*Member
		for _, m := range same {
			if m.isResolved() {
				resolved = append(resolved, m)
			}
		}
		for n, m := range same {
			judged := m
			if m.in != nil {
				judged = &Member{Episode: m.Episode}
			}
			judged.judge(resolved, a.c)
			if judged != m && judged.From.Equal(m.From) && judged.To.Equal(m.To) && judged.Ended == m.Ended {
				continue
			}
			m.leave()
			same[n] = judged
			a.group(judged).join(judged)
		}
	}
	clear(a.touched)
}

// bundle says which clusters are one incident.
func (a *arrangement) bundle() {
	var clusters []*cluster
	for _, g := range a.groups {
		clusters = append(clusters, g.clusters...)
	}
	slices.SortFunc(clusters, func(a, b *cluster) int { return compareMembers(a.members[0], b.members[0]) })
	roots, aliases := unite(Ledger{Names: a.names, Decisions: a.decisions}, clusters)
	a.bundles = nil
	united := map[int]int{} // bundles by root
	taken := newIDs(a.names)
	for _, one := range clusters {
		if len(one.names) == 0 {
			a.bundles = append(a.bundles, bundle{parts: []*cluster{one}, id: taken.give(one), unnamed: true})
			continue
		}
		root := roots[one.names[0]]
		n, ok := united[root]
		if !ok {
			n = len(a.bundles)
			united[root] = n
			a.bundles = append(a.bundles, bundle{id: a.names[root].ID, aliases: aliases[root]})
		}
		a.bundles[n].parts = append(a.bundles[n].parts, one)
	}
}

// incidents are the incidents of the arrangement at now, in order of their begin.
func (a *arrangement) incidents(now time.Time) []Incident {
	a.settle()
	var all []Incident
	for _, b := range a.bundles {
		i := conclude(b.parts, a.seen[b.id], a.c, now)
		i.ID, i.Unnamed, i.Aliases = b.id, b.unnamed, b.aliases
		all = append(all, i)
	}
	slices.SortFunc(all, compareIncidents)
	return all
}

// members are all alerts of the arrangement in order of their starts.
func (a *arrangement) members() []*Member {
	a.settle()
	var all []*Member
	for _, g := range a.groups {
		all = append(all, g.members...)
	}
	slices.SortFunc(all, compareMembers)
	return all
}
