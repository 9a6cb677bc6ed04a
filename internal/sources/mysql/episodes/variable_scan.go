package episodes

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// variablesTold is how many variables that changed in one look get an event of
// their own. A restart with another configuration file changes dozens.
const variablesTold = 20

// variableScan follows the global variables: what the recorder saw change, and how
// the first look of a run of the recorder differs from the last one of the run before.
type variableScan struct {
	server  string
	known   map[string]string
	last    *look // at the variables
	restart *look // the last look at a process that ended since
	alive   *look // the last look at a process that had run for a while
	done    []variableChange
}

func (s *variableScan) observe(m *moment) {
	s.process(m)
	seen := m.beat != nil && m.beat.looked.Has(store.PartVariables)
	for _, f := range m.facts {
		if f.Kind != facts.KindVariables {
			continue
		}
		if v, err := facts.Read[facts.Variables](f); err == nil { // one that cannot be read tells nothing
			s.take(m, v)
			seen = true
		}
	}
	if seen {
		s.last, s.restart = kept(&m.look), nil
	}
}

// process notices a new process of the server already in its first second, when
// the uptime is 0 and tells nobody else when it began.
func (s *variableScan) process(m *moment) {
	switch b := m.beat; {
	case m.restart != nil && s.restart == nil:
		s.restart = kept(m.restart)
	case b == nil || b.outcome != store.Answered:
	case b.UptimeSeconds > 0:
		s.alive = kept(&m.look)
	case s.alive != nil:
		s.restart, s.alive = s.alive, nil
	}
}

func (s *variableScan) take(m *moment, v facts.Variables) {
	changes, before := v.Changes, s.last
	if v.Since != nil {
		before = &look{At: v.Since.UTC().Truncate(time.Millisecond)}
	} else if v.Server == s.server {
		changes = differences(s.known, v.All)
	}
	if v.Server != s.server || s.known == nil {
		s.server, s.known = v.Server, map[string]string{}
	}
	for _, c := range changes {
		s.known[c.Name] = c.To
	}
	if v.All != nil {
		s.known = v.All
	}
	if m.beat == nil || before == nil {
		return // before the part of the window that is read in full
	}
	told := make([]variableChange, len(changes))
	for i, c := range changes {
		told[i] = variableChange{
			Before: before, After: m.look, Restarted: s.restart, Unwatched: v.Since == nil, OffsetUS: m.clock.OffsetUS, RoundTripUS: m.clock.RoundTripUS,
			Variable: c.Name, From: c.From, To: c.To, Origin: c.Origin, SetAt: c.SetAt, Shared: c.Shared, account: c.SetBy,
		}
	}
	s.done = append(s.done, tellSome(told)...)
}

// differences compares the variables of two looks. What only one of them has came
// or went with a version or a plugin.
func differences(before, after map[string]string) (changes []facts.VariableChange) {
	for name, to := range after {
		if from, ok := before[name]; ok && from != to {
			changes = append(changes, facts.VariableChange{Name: name, From: from, To: to})
		}
	}
	return changes
}

// tellSome orders what changed at one look, what somebody set before what the server
// worked out by itself, and folds what is too much.
func tellSome(changes []variableChange) []variableChange {
	slices.SortFunc(changes, func(a, b variableChange) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Variable, b.Variable))
	})
	if len(changes) <= variablesTold {
		return changes
	}
	folded := changes[variablesTold]
	folded.Variable, folded.From, folded.To, folded.Origin, folded.SetAt, folded.account = "", "", "", "", nil, ""
	for _, c := range changes[variablesTold:] {
		folded.Others = append(folded.Others, c.Variable)
	}
	return append(changes[:variablesTold:variablesTold], folded)
}

func (c *variableChange) rank() int {
	switch c.Origin {
	case "AUTO", "COMPILED", "COMPILE-TIME":
		return 1
	}
	return 0
}

func (s *variableScan) records(g *recorder) {
	q := g.question(timeline.MySQLVariableChange)
	q.Rule = "what moves by itself is left out, and values that may be private are not recorded"
	for _, c := range s.done {
		if !c.Shared {
			c.Account = g.roles.Account(c.account)
		}
		g.episode(q, g.variableQuery(), c)
	}
	g.looked(timeline.MySQLVariableChange, store.PartVariables, g.variableQuery(), "changed global variables")
}

// variableQuery is what a record names, for a person to ask a server again.
func (g *recorder) variableQuery() string {
	table := "performance_schema.global_variables, of what changed performance_schema.variables_info,"
	if g.mariaDB {
		table = "information_schema.SYSTEM_VARIABLES"
	}
	return fmt.Sprintf("SELECT of all of %s after each SET, every 30 s without one (recorded)", table)
}
