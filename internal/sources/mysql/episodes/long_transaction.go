package episodes

import (
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.long_transaction. One transaction is one connection ID with
// one start (trx_started). A transaction that is nothing but one long statement
// is told once, as that statement: it is left out when every sample of it shows
// the session in a statement that began no later than the transaction did, and
// that statement is long enough to be reported. What was idle, or ran several
// statements, is reported however long those were.
//
// A replica's applier counts: a transaction that it works on for long is why the
// replica lags.
const accountApplier = "replication applier"

// transaction is a transaction that is being followed.
type transaction struct {
	followed
	id         uint64
	user, host string
	sql        string // its latest statement that a sample showed
	whole      bool   // so far it is one statement
	age        time.Duration
	elapsed    time.Duration // of its statement, while whole
	idle       int           // samples in which it was idle
	after      *look
}

// transaction takes a row whose transaction is at least youngAge old.
func (s *sessionScan) transaction(t *sessionTick, row *store.Session) {
	start := t.transactionStart(row.Transaction)
	weight := row.RowsModified + row.RowsLocked
	x := s.transactions[row.ID]
	if x != nil && x.start.meets(start, sameStart) {
		x.goOn(t, row, start, weight, s.tick)
	} else {
		if x != nil {
			s.endTransaction(row.ID, x, &t.look)
		}
		x = &transaction{id: row.ID, user: row.User, host: row.Host, whole: true}
		x.begin(t, row, start, weight, s.tick)
		s.transactions[row.ID] = x
	}
	x.age = max(x.age, row.Transaction)
	s.maxTransaction = max(s.maxTransaction, row.Transaction)
	if row.SQL != "" {
		x.sql = row.SQL
	}
	if row.Command == commandSleep {
		x.idle++
		x.whole = false
		return
	}
	if x.whole {
		x.elapsed = max(x.elapsed, row.Elapsed)
		x.whole = isStatement(row) && t.statementStart(row.Elapsed).lo <= start.hi+sameStart
	}
}

func (s *sessionScan) endTransaction(id uint64, x *transaction, after *look) {
	delete(s.transactions, id)
	if x.age < s.thresholds.LongTransaction || x.whole && x.elapsed >= s.thresholds.LongStatement {
		return
	}
	x.after = after
	s.longTransactions = append(s.longTransactions, *x)
}

func (x transaction) kin() kinship    { return kinship{x.user, x.sql} }
func (x transaction) session() uint64 { return x.id }
func (x transaction) from() int64     { return x.start.lo }
func (x transaction) until() int64    { return x.last.At.UnixMicro() + x.last.OffsetUS }
func (x transaction) length() int64   { return x.age.Milliseconds() }
func (x transaction) stillOpen() bool { return x.after == nil }

// transactions is the answer of a mysql.long_transaction record: transactions of
// one account that overlap and whose latest statement is the same.
type transactions struct {
	Account       string           `json:"account"`
	LastStatement string           `json:"last_statement"` // "" when no sample showed one
	Executions    int              `json:"transactions"`   // in all, more than Runs where the rule has cut
	Bursts        int              `json:"bursts"`         // 1: they were open at once
	Runs          []transactionRun `json:"runs"`
}

// transactionRun is one transaction.
type transactionRun struct {
	Session uint64          `json:"session"`
	Host    string          `json:"host,omitempty"`
	Samples int             `json:"samples"`
	Idle    int             `json:"idle_samples"`
	Sampled []sessionSample `json:"sampled"`
	After   *look           `json:"after"`
}

func newTransactions(b burst[transaction], roles sources.Roles) transactions {
	group := b.members
	a := transactions{Account: roles.Account(group[0].user), LastStatement: shown(group[0].sql, statementShown), Executions: len(group), Bursts: b.bursts}
	if group[0].user == UserReplication {
		a.Account = accountApplier
	}
	for _, x := range representative(group) {
		a.Runs = append(a.Runs, transactionRun{
			Session: x.id, Host: roles.Host(x.host), Samples: x.count, Idle: x.idle, Sampled: x.samples(), After: x.after,
		})
	}
	return a
}

// start is when the transaction started.
func (r transactionRun) start() timeline.Instant {
	return instantOf(startOf(r.Sampled, func(s *sessionSample) span {
		age := time.Duration(s.TransactionMS) * time.Millisecond
		if age%time.Second == 0 {
			return s.clock().started(age, time.Second)
		}
		start := s.clock().started(age, time.Millisecond)
		start.hi += 1e6
		return start
	}))
}

func (r transactionRun) last() sessionSample { return r.Sampled[len(r.Sampled)-1] }

func (r transactionRun) age() time.Duration {
	return time.Duration(r.last().TransactionMS) * time.Millisecond
}

// interpretLongTransaction makes the event of a long transaction.
func interpretLongTransaction(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[transactions](e)
	if err != nil {
		return timeline.Event{}, err
	}
	var b bracket
	var worst transactionRun
	var modified, locked uint64
	for _, r := range a.Runs {
		if len(r.Sampled) == 0 {
			return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
		}
		b.add(r.start(), r.last().look, r.After)
		if worst.Sampled == nil || r.age() > worst.age() {
			worst = r
		}
	}
	if worst.Sampled == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	for _, s := range worst.Sampled {
		modified, locked = max(modified, s.RowsModified), max(locked, s.RowsLocked)
	}
	event := b.event(q, e, timeline.MySQLLongTransaction)
	event.Key = fmt.Sprintf("%d at %s", worst.Session, timeline.FormatTime(event.Start.At))
	set(event.Attributes, "session", fmt.Sprint(worst.Session))
	set(event.Attributes, "account", a.Account)
	set(event.Attributes, "host", worst.Host)
	set(event.Attributes, "seconds", seconds(worst.age()))
	set(event.Attributes, "rows_modified", fmt.Sprint(modified))
	set(event.Attributes, "rows_locked", fmt.Sprint(locked))
	set(event.Attributes, "last_statement", a.LastStatement)
	event.Summary = fmt.Sprintf("a transaction of %s stayed open for %s", a.Account, spoken(worst.age()))
	if a.Executions > 1 {
		set(event.Attributes, "transactions", fmt.Sprint(a.Executions))
		event.Summary = fmt.Sprintf("%d transactions of %s stayed open %s, for up to %s", a.Executions, a.Account, together(a.Bursts), spoken(worst.age()))
	}
	if worst.last().Command == commandSleep {
		idle := time.Duration(worst.last().ElapsedMS) * time.Millisecond
		set(event.Attributes, "idle_seconds", seconds(idle))
		event.Summary += fmt.Sprintf(", idle for the last %s", spoken(idle))
	}
	if modified > 0 {
		event.Summary += fmt.Sprintf(", %d rows modified", modified)
	}
	return event, nil
}
