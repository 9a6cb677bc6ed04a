package page

import (
	"cmp"
	"slices"
	"strings"

	"collector/internal/report"
	"collector/internal/timeline"
)

// lane is what happened to one server or service, or what one source told without
// saying whom it is about.
type lane struct {
	name    string
	sources []string
	class   laneClass
	events  []int // numbers in the timeline, in its order
	gaps    []timeline.Gap
}

// laneClass orders the lanes: what was done stands over what came of it.
type laneClass int

const (
	deedLane   laneClass = iota // only deploys, changes, notes and the like
	otherLane                   // services, hosts, jobs
	serverLane                  // a database server
)

// elsewhere is the lane of all targets beyond maxLanes.
const elsewhere = "everything else"

// lanesOf sorts a timeline into lanes and says which one is each event's.
func lanesOf(t timeline.Timeline) ([]lane, []int) {
	found := map[string]*lane{}
	of := func(source, target string) *lane {
		name := cmp.Or(target, source)
		l := found[name]
		if l == nil {
			l = &lane{name: name}
			found[name] = l
		}
		if !slices.Contains(l.sources, source) {
			l.sources = append(l.sources, source)
		}
		return l
	}
	for n, e := range t.Events {
		l := of(e.Source, e.Target)
		l.events = append(l.events, n)
		l.class = max(l.class, classOf(e.Kind))
	}
	for _, g := range t.Gaps {
		l := of(g.Source, g.Target)
		l.gaps = append(l.gaps, g)
		if g.Source == "mysql" {
			l.class = serverLane
		}
	}
	lanes := ordered(found)
	laneOf := make([]int, len(t.Events))
	for n, l := range lanes {
		for _, e := range l.events {
			laneOf[e] = n
		}
	}
	return lanes, laneOf
}

func classOf(k timeline.Kind) laneClass {
	switch k {
	case timeline.Deploy, timeline.Rollback, timeline.Change, timeline.Note, timeline.Annotation, timeline.Silence:
		return deedLane
	}
	if strings.HasPrefix(string(k), "mysql.") {
		return serverLane
	}
	return otherLane
}

// ordered are at most maxLanes; the ones with the fewest events share the last.
func ordered(found map[string]*lane) []lane {
	var lanes []lane
	for _, l := range found {
		slices.Sort(l.sources)
		lanes = append(lanes, *l)
	}
	slices.SortFunc(lanes, func(a, b lane) int {
		return cmp.Or(cmp.Compare(len(b.events), len(a.events)), strings.Compare(a.name, b.name))
	})
	var rest *lane
	if len(lanes) > maxLanes {
		rest = &lane{name: elsewhere, class: serverLane + 1}
		for _, l := range lanes[maxLanes-1:] {
			rest.events, rest.gaps = append(rest.events, l.events...), append(rest.gaps, l.gaps...)
		}
		slices.Sort(rest.events)
		lanes = lanes[:maxLanes-1]
	}
	slices.SortFunc(lanes, func(a, b lane) int {
		return cmp.Or(cmp.Compare(a.class, b.class), natural(a.name, b.name))
	})
	if rest != nil {
		lanes = append(lanes, *rest)
	}
	return lanes
}

// natural orders db2 before db10.
func natural(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			x, restA := number(a)
			y, restB := number(b)
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// number takes the digits from the beginning of a text, without leading zeros.
func number(text string) (digits, rest string) {
	n := 0
	for n < len(text) && digit(text[n]) {
		n++
	}
	return strings.TrimLeft(text[:n], "0"), text[n:]
}

// title is the lane's name as it is shown.
func (l lane) title() string { return report.Plain(l.name, maxName) }

// about says who told what stands in the lane.
func (l lane) about() string {
	if len(l.sources) == 1 && l.sources[0] == l.name {
		return ""
	}
	return report.Plain(strings.Join(l.sources, ", "), maxName)
}
