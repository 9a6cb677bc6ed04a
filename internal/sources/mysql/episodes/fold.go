package episodes

import (
	"cmp"
	"slices"
)

// runsKept is how many members of a folded episode its record shows: the worst
// ones, and always the first to start and the last to end.
const runsKept = 50

// foldRule says so in the question of a record.
const foldRule = "overlapping executions by several sessions are one episode; the record shows the 50 longest, the first to start and the last to end"

// fold groups members of one kinship that overlap in time, in the order of their
// starts: 200 sessions that wait behind one lock with the same statement are one
// fact, not 200.
func fold[M member](members []M) [][]M {
	slices.SortFunc(members, func(a, b M) int {
		x, y := a.kin(), b.kin()
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b),
			cmp.Compare(a.from(), b.from()), cmp.Compare(a.session(), b.session()))
	})
	var groups [][]M
	var until int64
	for i, m := range members {
		if i > 0 && m.kin() == members[i-1].kin() && m.from() <= until {
			groups[len(groups)-1] = append(groups[len(groups)-1], m)
			until = max(until, m.until())
			continue
		}
		groups = append(groups, []M{m})
		until = m.until()
	}
	return groups
}

// representative keeps at most runsKept members and the two that bound the
// episode, in the order of their starts.
func representative[M member](group []M) []M {
	if len(group) <= runsKept {
		return group
	}
	first, last := 0, 0
	order := make([]int, len(group))
	for i := range group {
		order[i] = i
		if group[i].from() < group[first].from() {
			first = i
		}
		if later(group[i], group[last]) {
			last = i
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(group[b].length(), group[a].length()), cmp.Compare(a, b))
	})
	keep := append(order[:runsKept:runsKept], first, last)
	slices.Sort(keep)
	var out []M
	for _, i := range slices.Compact(keep) {
		out = append(out, group[i])
	}
	return out
}

// later reports whether a ends after b.
func later[M member](a, b M) bool {
	if a.stillOpen() != b.stillOpen() {
		return a.stillOpen()
	}
	return a.until() > b.until()
}
