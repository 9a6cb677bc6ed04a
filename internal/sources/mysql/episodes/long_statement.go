package episodes

import (
	"fmt"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.long_statement. One execution is one connection ID with one
// start: the start is the sample's time less TIME, on the server's clock, and it
// stays the same from sample to sample. The text may change meanwhile: inside a
// CALL the processlist shows the statement that runs, and TIME goes on. The
// start is narrowed by intersecting what all samples say.
//
// Seen beats told: TIME counts from the session's TIMESTAMP where a session has
// set one, as `mysqlbinlog | mysql` does. When TIME says that the statement was
// running at the previous look and it was not there, it started between the two.
//
// Replication applier threads, dump threads, daemons and idle sessions run no
// statement.
const (
	commandSleep  = "Sleep"
	userScheduler = "event_scheduler" // its daemon; a running event has its definer's name

	statementShown = 4000 // bytes in a record
	summaryShown   = 100  // bytes in a sentence
)

// UserReplication is the account of all applier and receiver threads, on both flavours.
const UserReplication = "system user"

// unseenSlack is by how much TIME must exceed the time since the previous look
// for the statement to have been due there: two roundings to whole seconds and
// the age from which on statements are followed.
const unseenSlack = 3 * time.Second

// execution is a statement that is being followed.
type execution struct {
	followed
	id                  uint64
	user, host, db, sql string
	unseen              *look // TIME says that it ran at this look, and it did not
	after               *look
}

// isStatement reports whether a row is a client's statement.
func isStatement(s *store.Session) bool {
	switch {
	case s.User == UserReplication, s.User == userScheduler:
		return false
	case s.SQL == "" && s.Command != "Query" && s.Command != "Execute":
		return false
	case s.Command == "Daemon", strings.HasPrefix(s.Command, "Binlog Dump"), strings.HasPrefix(s.Command, "Slave_"):
		return false
	}
	return true
}

// statement takes a row that has been busy for at least youngAge.
func (s *sessionScan) statement(t *sessionTick, row *store.Session) {
	start := t.statementStart(row.Elapsed)
	weight := uint64(row.Elapsed)
	x := s.statements[row.ID]
	if x != nil && x.start.meets(start, sameStart) {
		x.goOn(t, row, start, weight, s.tick)
		if x.sql == "" {
			x.sql = row.SQL
		}
		s.maxElapsed = max(s.maxElapsed, x.elapsed())
		return
	}
	if !isStatement(row) {
		return // an execution of this session that was followed ends with the tick
	}
	if x != nil {
		s.endStatement(row.ID, x, &t.look)
	}
	x = &execution{id: row.ID, user: row.User, host: row.Host, db: row.DB, sql: row.SQL}
	x.begin(t, row, start, weight, s.tick)
	if s.hasPrev && row.Elapsed >= t.At.Sub(s.prev.At)+unseenSlack {
		x.unseen = kept(&s.prev)
	}
	s.statements[row.ID] = x
	s.maxElapsed = max(s.maxElapsed, x.elapsed())
}

// elapsed is how long the statement has certainly run.
func (x *execution) elapsed() time.Duration {
	if x.unseen != nil {
		return x.last.At.Sub(x.first.At)
	}
	return time.Duration(x.worst.ElapsedMS) * time.Millisecond
}

func (s *sessionScan) endStatement(id uint64, x *execution, after *look) {
	delete(s.statements, id)
	if x.elapsed() >= s.thresholds.LongStatement {
		x.after = after
		s.longStatements = append(s.longStatements, *x)
	}
}

func (x execution) kin() kinship    { return kinship{x.sql, x.db} }
func (x execution) session() uint64 { return x.id }
func (x execution) until() int64    { return x.last.At.UnixMicro() + x.last.OffsetUS }
func (x execution) length() int64   { return x.elapsed().Milliseconds() }
func (x execution) stillOpen() bool { return x.after == nil }
func (x execution) from() int64 {
	if x.unseen != nil {
		return x.unseen.At.UnixMicro() + x.first.OffsetUS
	}
	return x.start.lo
}

// statements is the answer of a mysql.long_statement record.
type statements struct {
	Statement  string         `json:"statement"`
	Schema     string         `json:"schema,omitempty"`
	Executions int            `json:"executions"` // in all, more than Runs where the rule has cut
	Bursts     int            `json:"bursts"`     // 1: they ran at once
	Runs       []statementRun `json:"runs"`
	Plan       *planSeen      `json:"plan,omitempty"`
}

// statementRun is one execution.
type statementRun struct {
	Session uint64          `json:"session"`
	Account string          `json:"account"`
	Host    string          `json:"host,omitempty"`
	Samples int             `json:"samples"` // how many showed it
	Unseen  *look           `json:"unseen,omitempty"`
	Sampled []sessionSample `json:"sampled"` // the first and the last, the worst, and those that bound the start
	After   *look           `json:"after"`   // the first look without it; null when there was none
}

func newStatements(b burst[execution], roles sources.Roles) statements {
	group := b.members
	a := statements{Statement: shown(group[0].sql, statementShown), Schema: group[0].db, Executions: len(group), Bursts: b.bursts}
	for _, x := range representative(group) {
		a.Runs = append(a.Runs, statementRun{
			Session: x.id, Account: roles.Account(x.user), Host: roles.Host(x.host), Samples: x.count,
			Unseen: x.unseen, Sampled: x.samples(), After: x.after,
		})
	}
	return a
}

// start is when the execution started.
func (r statementRun) start(unit time.Duration) timeline.Instant {
	first := r.Sampled[0]
	if r.Unseen != nil {
		return changed(r.Unseen, first.look, r.Unseen.At)
	}
	s := startOf(r.Sampled, func(s *sessionSample) span {
		elapsed := time.Duration(s.ElapsedMS) * time.Millisecond
		if elapsed%time.Second != 0 {
			unit = time.Millisecond
		}
		return s.clock().started(elapsed, unit)
	})
	return instantOf(s)
}

// instantOf is a range's middle with the range as its error.
func instantOf(s span) timeline.Instant {
	return timeline.Instant{At: micro((s.lo + s.hi) / 2), Earliest: micro(s.lo), Latest: micro(s.hi)}
}

// elapsed is how long the execution has certainly run.
func (r statementRun) elapsed() time.Duration {
	if r.Unseen != nil {
		return r.Sampled[len(r.Sampled)-1].At.Sub(r.Sampled[0].At)
	}
	return time.Duration(r.worst().ElapsedMS) * time.Millisecond
}

func (r statementRun) worst() sessionSample {
	worst := r.Sampled[0]
	for _, s := range r.Sampled {
		if s.ElapsedMS >= worst.ElapsedMS {
			worst = s
		}
	}
	return worst
}

// interpretLongStatement makes the event of a long statement.
func interpretLongStatement(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[statements](e)
	if err != nil {
		return timeline.Event{}, err
	}
	var b bracket
	var worst statementRun
	for _, r := range a.Runs {
		if len(r.Sampled) == 0 {
			return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
		}
		b.add(r.start(time.Duration(q.TimeUnitMS)*time.Millisecond), r.Sampled[len(r.Sampled)-1].look, r.After)
		if worst.Sampled == nil || r.elapsed() > worst.elapsed() {
			worst = r
		}
	}
	if worst.Sampled == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	event := b.event(q, e, timeline.MySQLLongStatement)
	sample := worst.worst()
	event.Key = fmt.Sprintf("%d at %s", worst.Session, timeline.FormatTime(event.Start.At))
	set(event.Attributes, "session", fmt.Sprint(worst.Session))
	set(event.Attributes, "account", worst.Account)
	set(event.Attributes, "host", worst.Host)
	set(event.Attributes, "schema", a.Schema)
	set(event.Attributes, "statement", a.Statement)
	set(event.Attributes, "seconds", seconds(worst.elapsed()))
	set(event.Attributes, "state", sample.State)
	if sample.RowsExamined > 0 {
		set(event.Attributes, "rows_examined", fmt.Sprint(sample.RowsExamined))
	}
	event.Summary = fmt.Sprintf("a statement of %s ran for %s", worst.Account, spoken(worst.elapsed()))
	if a.Executions > 1 {
		set(event.Attributes, "executions", fmt.Sprint(a.Executions))
		event.Summary = fmt.Sprintf("%d executions of one statement ran %s, for up to %s", a.Executions, together(a.Bursts), spoken(worst.elapsed()))
	}
	if strings.HasPrefix(sample.State, "Waiting ") {
		event.Summary += " (" + sample.State + ")"
	}
	if a.Statement != "" {
		event.Summary += ": " + shown(a.Statement, summaryShown)
	}
	a.Plan.tell(&event)
	return event, nil
}

// together says how the members of a folded episode lie in time.
func together(bursts int) string {
	if bursts > 1 {
		return "again and again"
	}
	return "at once"
}

// set leaves out what is not known.
func set(attributes map[string]string, key, value string) {
	if value != "" {
		attributes[key] = value
	}
}
