package episodes

import (
	"cmp"
	"slices"
	"time"
)

// runsKept is how many members of a folded episode its record shows: the worst
// ones, and always the first to start and the last to end.
const runsKept = 50

// Executions that follow each other are told one by one, as long as they are
// few: more than chainLength bursts with pauses of at most chainPause between
// them are one episode, as a storm of alerts is.
const (
	chainLength = 5
	chainPause  = time.Minute
)

// foldRule says so in the question of a record.
const foldRule = "executions of several sessions that overlap are one burst; a burst is an episode, and so are more than 5 bursts with pauses of at most 1 minute; " +
	"of more than 50 executions the record shows the 50 longest, the first to start and the last to end"

// burst is one or more members of one kinship that overlap in time.
type burst[M member] struct {
	members []M
	until   int64
	bursts  int // folded into this one, itself included
}

// fold groups members of one kinship that overlap in time, in the order of their
// starts: 200 sessions that wait behind one lock with the same statement are one
// fact, not 200.
func fold[M member](members []M) []burst[M] {
	slices.SortFunc(members, func(a, b M) int {
		x, y := a.kin(), b.kin()
		return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b),
			cmp.Compare(a.from(), b.from()), cmp.Compare(a.session(), b.session()))
	})
	var out []burst[M]
	for i, m := range members {
		if i > 0 && m.kin() == members[i-1].kin() && m.from() <= out[len(out)-1].until {
			last := &out[len(out)-1]
			last.members = append(last.members, m)
			last.until = max(last.until, m.until())
			continue
		}
		out = append(out, burst[M]{[]M{m}, m.until(), 1})
	}
	return chain(out)
}

// chain joins bursts of one kinship that are many and close together.
func chain[M member](in []burst[M]) (out []burst[M]) {
	for len(in) > 0 {
		n := 1
		for n < len(in) && follows(in[n-1], in[n]) {
			n++
		}
		if n <= chainLength {
			out = append(out, in[:n]...)
		} else {
			all := burst[M]{until: in[n-1].until, bursts: n}
			for _, b := range in[:n] {
				all.members = append(all.members, b.members...)
			}
			out = append(out, all)
		}
		in = in[n:]
	}
	return out
}

func follows[M member](a, b burst[M]) bool {
	return a.members[0].kin() == b.members[0].kin() && b.members[0].from()-a.until <= chainPause.Microseconds()
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
