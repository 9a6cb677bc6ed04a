package episodes

import (
	"fmt"
	"regexp"
	"strings"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// planSeen is a plan with the time at which it was taken.
type planSeen struct {
	look
	facts.Plan
}

// planScan collects the plans that were taken, the latest of each statement.
type planScan struct {
	known   map[string]planSeen // by comparable
	refused *facts.Unread       // why one could not be taken, the latest reason
	missed  bool                // one was wanted and is not there
}

func (s *planScan) observe(m *moment) {
	for _, f := range m.facts {
		if f.Kind == facts.KindUnread {
			s.observeRefusal(f)
		}
		if f.Kind != facts.KindPlan {
			continue
		}
		plan, err := facts.Read[facts.Plan](f)
		if err != nil || len(plan.Tables) == 0 {
			continue // what cannot be read explains nothing
		}
		if s.known == nil {
			s.known = map[string]planSeen{}
		}
		s.known[comparable(plan.Statement)] = planSeen{m.look, plan}
	}
}

func (s *planScan) observeRefusal(f store.Fact) {
	if u, err := facts.Read[facts.Unread](f); err == nil && u.Part == "plans" {
		s.refused = &u
	}
}

// of is the latest plan of a statement, nil when there is none.
func (s *planScan) of(statement string) *planSeen {
	if p, ok := s.known[comparable(statement)]; ok {
		return &p
	}
	s.missed = true
	return nil
}

// records says that plans are missing which were asked for by the configuration
// and refused by the server.
func (s *planScan) records(g *recorder) {
	if s.refused == nil || !s.missed {
		return
	}
	q := g.question(kindLooked)
	q.Series, q.Rule = "query plan", "the plans of the statements that ran for long"
	g.answer(q, g.planQuery(), looked{MaxPauseMS: g.window.Duration().Milliseconds(), Unread: s.refused})
}

// comparable brings a statement from the processlist and its digest text to one
// form. The server's digest quotes all names, spaces all signs and shortens lists
// of values to "?, ...".
func comparable(statement string) string {
	statement = strings.ToUpper(statement)
	statement = strings.NewReplacer("`", "", " ", "", "<>", "!=", "...", "?").Replace(statement)
	for strings.Contains(statement, "?,?") {
		statement = strings.ReplaceAll(statement, "?,?", "?")
	}
	return strings.ReplaceAll(statement, "((?))", "(?)")
}

// tell adds the plan to the event of its statement.
func (p *planSeen) tell(event *timeline.Event) {
	if p == nil {
		return
	}
	set(event.Attributes, "plan", p.sentence())
	set(event.Attributes, "plan_at", timeline.FormatTime(p.At))
	event.Summary += " (plan: " + p.sentence() + ")"
}

// sentence says where the plan reads most.
func (p *planSeen) sentence() string {
	worst := p.Tables[0]
	var temporary, filesort bool
	for _, t := range p.Tables {
		temporary, filesort = temporary || t.Temporary, filesort || t.Filesort
		if weight(t) > weight(worst) {
			worst = t
		}
	}
	table := tableName(p.Statement, worst.Table)
	var text string
	switch access := strings.ToLower(worst.Access); {
	case worst.Access == "":
		text = "no table is read"
	case access == "all":
		text = "full scan of " + table
	case access == "index":
		text = fmt.Sprintf("full scan of index %s of %s", worst.Key, table)
	case access == "range" || access == "index_merge":
		text = fmt.Sprintf("range of index %s of %s", worst.Key, table)
	default:
		text = fmt.Sprintf("lookup in index %s of %s (%s)", worst.Key, table, access)
	}
	if worst.Rows > 0 {
		text += fmt.Sprintf(", about %s rows", grouped(worst.Rows))
	}
	switch {
	case worst.Access == "" || worst.Key != "":
	case len(worst.PossibleKeys) == 0:
		text += ", no possible key"
	default:
		text += ", not used: " + strings.Join(worst.PossibleKeys, ", ")
	}
	if temporary {
		text += ", temporary table"
	}
	if filesort {
		text += ", filesort"
	}
	return text
}

// weight prefers full scans to lookups, and many rows to few. What a plan makes
// itself, <derived2>, is read from another line.
func weight(t facts.PlanTable) int64 {
	switch {
	case strings.HasPrefix(t.Table, "<"):
		return -1
	case strings.EqualFold(t.Access, "all"), strings.EqualFold(t.Access, "index"):
		return t.Rows * 10
	}
	return t.Rows
}

// tableName is the table behind an alias, as far as the statement says it without
// doubt; else the alias. Plans show aliases only.
func tableName(statement, alias string) string {
	plain := strings.ReplaceAll(statement, "`", "")
	find, err := regexp.Compile(`(?i)(?:FROM|JOIN|UPDATE|,)\s+([\w$.]+)\s+(?:AS\s+)?` + regexp.QuoteMeta(alias) + `(?:[\s,);]|$)`)
	if err != nil {
		return alias
	}
	found := find.FindAllStringSubmatch(plain, 2)
	if len(found) != 1 || strings.EqualFold(found[0][1], "AS") {
		return alias
	}
	return found[0][1]
}
