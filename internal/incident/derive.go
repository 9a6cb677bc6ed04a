package incident

import (
	"slices"
	"strings"
	"time"
)

// Ledger is everything that incidents follow from.
type Ledger struct {
	Episodes  []Episode
	Names     []Naming   // in the order in which they were given
	Decisions []Decision // in the order in which they were made

	Recoveries map[string]Recovery // what the last draft of an incident, by its ID, saw of its harm
}

// Naming is an ID that was given to an incident: the one that holds its anchor, an
// alert. Alerts of before the anchor may still arrive; the ID stays.
type Naming struct {
	ID     string
	Anchor Anchor
}

// Anchor identifies an episode.
type Anchor struct {
	Fingerprint string
	StartsAt    time.Time
}

func (a Anchor) key() key { return key{a.Fingerprint, a.StartsAt.UnixMilli()} }

// Decision is what an operator said about an incident.
type Decision struct {
	At       time.Time
	Kind     DecisionKind
	Incident string   // which one
	Other    string   // merge: the one that becomes part of it; split: the new one
	Alerts   []Anchor // split: what goes into the new one
}

// DecisionKind is what was decided.
type DecisionKind string

// The decisions.
const (
	CloseDecision DecisionKind = "close"
	MergeDecision DecisionKind = "merge"
	SplitDecision DecisionKind = "split"
)

// cluster is alerts that belong together by the rules for alerts: one group, no
// long pause, or split off together.
type cluster struct {
	labels  map[string]string // the group's
	members []*Member
	names   []int // of the ledger, ascending
	begins  time.Time
	ends    time.Time // of what has ended
	fires   bool
	cut     time.Time // what starts later is not taken: max_open has passed, or an operator closed it
	closed  time.Time // when an operator closed it; zero never
}

// Derive says what incidents there are now: a pure function of its arguments, in
// order of their begin. Incidents that have no ID yet are given one here; they are
// [Incident.Unnamed], and whoever keeps the ledger adds them to its names.
func Derive(l Ledger, c *Config, now time.Time) []Incident {
	a := newArrangement(c)
	a.seen = l.Recoveries
	a.name(l.Names)
	a.decide(l.Decisions)
	for _, e := range l.Episodes {
		a.put(e)
	}
	return a.incidents(now)
}

// takes reports whether an alert that starts after all others belongs to them.
func (c *cluster) takes(m *Member, gap time.Duration) bool {
	return !m.From.After(c.cut) && (c.fires || !m.From.After(c.ends.Add(gap)))
}

func (c *cluster) add(m *Member) {
	c.members = append(c.members, m)
	if m.Ended == StillFires {
		c.fires = true
	} else {
		c.ends = latest(c.ends, m.To)
	}
}

// name adds a name of the ledger, and what an operator decided about it.
func (c *cluster) name(n int, closed time.Time) {
	c.names = append(c.names, n)
	slices.Sort(c.names)
	if !closed.IsZero() {
		c.cut, c.closed = earliest(c.cut, closed), latest(c.closed, closed)
	}
}

// unite says which names mean one incident: those whose anchors the rules have put
// into one cluster, where the one that was given first stands for all, and those
// that an operator merged. aliases are the other names of each root.
func unite(l Ledger, clusters []*cluster) (roots []int, aliases map[int][]string) {
	roots = make([]int, len(l.Names))
	numbers := map[string]int{}
	for i, n := range l.Names {
		roots[i], numbers[n.ID] = i, i
	}
	into := func(to, from int) { // everything of one root gets the other
		if to, from = roots[to], roots[from]; to == from {
			return
		}
		for i, r := range roots {
			if r == from {
				roots[i] = to
			}
		}
	}
	for _, c := range clusters {
		for _, n := range c.names {
			into(min(roots[c.names[0]], roots[n]), max(roots[c.names[0]], roots[n]))
		}
	}
	for _, d := range l.Decisions {
		to, known := numbers[d.Incident]
		from, too := numbers[d.Other]
		if d.Kind == MergeDecision && known && too {
			into(to, from)
		}
	}
	aliases = map[int][]string{}
	for i, r := range roots {
		if i != r {
			aliases[r] = append(aliases[r], l.Names[i].ID)
		}
	}
	return roots, aliases
}

// groupOf is what an alert's group is told apart by.
func groupOf(labels map[string]string, by []string) map[string]string {
	group := make(map[string]string, len(by))
	for _, name := range by {
		if v := labels[name]; v != "" { // Prometheus makes no difference between empty and absent
			group[name] = v
		}
	}
	return group
}

// groupKey is the same as one text.
func groupKey(labels map[string]string, by []string) string {
	if len(by) == 1 {
		return labels[by[0]]
	}
	values := make([]string, len(by))
	for i, name := range by {
		values[i] = labels[name]
	}
	return strings.Join(values, "\xff")
}
