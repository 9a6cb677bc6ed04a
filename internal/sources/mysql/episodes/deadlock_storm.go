package episodes

import (
	"cmp"
	"slices"
	"strings"
)

// deadlockRule says which deadlocks are told together.
const deadlockRule = "each move of the counter is an episode; more than 5 moves whose reports have the same statements, with pauses of at most 1 minute, are one; " +
	"of more than 50 moves the record shows the first 49 and the last, and the statements once"

// deadlocks is the answer of a mysql.deadlock record: one move of the counter, or
// a storm of them.
type deadlocks struct {
	Moves      int          `json:"moves"`      // more than Shown where the rule has cut
	Deadlocks  int64        `json:"deadlocks"`  // by the counter
	Unreported int64        `json:"unreported"` // of them without a report
	Shown      []deadlocked `json:"shown"`
}

// sound reports whether the record shows what an event needs.
func (s deadlocks) sound() bool {
	return len(s.Shown) > 0 && !slices.ContainsFunc(s.Shown, func(a deadlocked) bool {
		return a.After.Count <= a.Before.Count || a.Report != nil && len(a.Report.Transactions) == 0
	})
}

// storms folds the moves that are alike, many and close together. The moves are in
// the order of time, and so is what comes out, by its first.
func storms(moves []deadlocked) (out []deadlocks) {
	alike := map[string][]deadlocked{}
	for _, a := range moves {
		alike[a.kin()] = append(alike[a.kin()], a)
	}
	for _, list := range alike {
		for len(list) > 0 {
			n := 1
			for n < len(list) && list[n].After.At.Sub(list[n-1].After.At) <= chainPause {
				n++
			}
			if n > chainLength {
				out = append(out, newDeadlocks(list[:n]))
			} else {
				for i := range list[:n] {
					out = append(out, newDeadlocks(list[i:i+1]))
				}
			}
			list = list[n:]
		}
	}
	slices.SortFunc(out, func(a, b deadlocks) int {
		return cmp.Or(a.Shown[0].After.At.Compare(b.Shown[0].After.At), cmp.Compare(a.Shown[0].kin(), b.Shown[0].kin()))
	})
	return out
}

// kin is what the deadlocks of a storm share: the statements, whoever came first.
func (a deadlocked) kin() string {
	if a.Report == nil {
		return a.Missing
	}
	var statements []string
	for _, t := range a.Report.Transactions {
		statements = append(statements, t.Statement)
	}
	slices.Sort(statements)
	return "of " + strings.Join(statements, "; ")
}

func newDeadlocks(moves []deadlocked) deadlocks {
	s := deadlocks{Moves: len(moves)}
	for i, a := range moves {
		n := a.After.Count - a.Before.Count
		s.Deadlocks += n
		s.Unreported += n
		if a.Report != nil {
			s.Unreported--
		}
		if i == 0 {
			s.Shown = append(s.Shown, a)
		} else if i < runsKept-1 || i == len(moves)-1 {
			s.Shown = append(s.Shown, a.withoutStatements())
		}
	}
	return s
}

// withoutStatements leaves out what the storm's first already tells.
func (a deadlocked) withoutStatements() deadlocked {
	if a.Report == nil {
		return a
	}
	report := *a.Report
	report.Transactions = slices.Clone(report.Transactions)
	for i := range report.Transactions {
		report.Transactions[i].Statement = ""
	}
	a.Report = &report
	return a
}
