package incident

import "slices"

// groupID identifies a group.
type groupID struct {
	kind groupKind
	key  string
}

// groupKind is what makes alerts a group.
type groupKind int

const (
	byLabels groupKind = iota // equal values of the group_by labels
	bySplit                   // an operator split them off together
	byDamage                  // an alert whose labels nobody knows is alone
)

// group is alerts that may be one incident.
type group struct {
	kind     groupKind
	labels   map[string]string // of the first one that joined; equal where they make the group
	members  []*Member         // in order of their starts
	fresh    []*Member         // that joined since
	gone     map[*Member]bool  // that left since
	clusters []*cluster
	stale    bool // the clusters are to be made again
}

// group is where an alert belongs; it is made when it is missing.
func (a *arrangement) group(m *Member) *group {
	id := groupID{byLabels, groupKey(m.First.Labels, a.c.GroupBy)}
	if split := a.apart[m.key()]; split != "" {
		id = groupID{bySplit, split}
	} else if m.Damaged && len(m.First.Labels) == 0 && len(a.c.GroupBy) > 0 {
		id = groupID{byDamage, Alert{Fingerprint: m.Fingerprint, StartsAt: m.StartsAt}.Key()}
	}
	g := a.groups[id]
	if g == nil {
		g = &group{kind: id.kind, labels: groupOf(m.First.Labels, a.c.GroupBy), gone: map[*Member]bool{}}
		a.groups[id] = g
	}
	return g
}

// join adds an alert that was judged, and is in no group.
func (g *group) join(m *Member) {
	m.in = g
	g.fresh, g.stale = append(g.fresh, m), true
}

// leave takes an alert out of its group, if it is in one.
func (m *Member) leave() {
	if m.in != nil {
		m.in.gone[m], m.in.stale = true, true
	}
}

// divide makes the group's clusters again.
func (a *arrangement) divide(g *group) {
	g.settle()
	g.clusters = nil
	var one *cluster
	for _, m := range g.members {
		if one == nil || g.kind != bySplit && !one.takes(m, a.c.gap()) {
			one = &cluster{labels: groupOf(m.First.Labels, a.c.GroupBy), begins: m.From, cut: m.From.Add(a.c.maxOpen())}
			g.clusters = append(g.clusters, one)
		}
		one.add(m)
		for _, name := range a.anchors[m.key()] {
			one.name(name, a.closed[a.names[name].ID])
		}
	}
}

// settle makes the members what they are now.
func (g *group) settle() {
	slices.SortFunc(g.fresh, compareMembers)
	if len(g.fresh)+len(g.gone) > 0 {
		g.members = slices.DeleteFunc(merge(g.members, g.fresh), func(m *Member) bool { return len(g.gone) > 0 && g.gone[m] })
	}
	g.fresh, g.stale = nil, false
	clear(g.gone)
}

// merge is a new list of the members of two, all in order.
func merge(a, b []*Member) []*Member {
	all := make([]*Member, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compareMembers(b[0], a[0]) < 0 {
			a, b = b, a
		}
		all, a = append(all, a[0]), a[1:]
	}
	return append(append(all, a...), b...)
}
