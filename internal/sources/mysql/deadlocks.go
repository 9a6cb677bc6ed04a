package mysql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/sources/mysql/innodb"
	"collector/internal/store"
)

// statusDeadlocks is MariaDB's counter of deadlocks since its start, and Percona's.
// MySQL has none among its status variables; its metric is recorded under this name.
const statusDeadlocks = "Innodb_deadlocks"

const (
	deadlockMetric = "SELECT COUNT, STATUS FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'"
	engineStatus   = "SHOW ENGINE INNODB STATUS"
)

// reportPatience is how many ticks a report is waited for when the counter moved:
// MySQL counts a deadlock before it writes the report.
const reportPatience = 2

// stampSlack is by how much InnoDB's stamp may lie outside of the two readings
// between which the counter moved: it is a whole second, and the clock's error.
const stampSlack = 2 * time.Second

// errNoMetric says that a MySQL server does not count its deadlocks.
var errNoMetric = errors.New("the metric lock_deadlocks is disabled: innodb_monitor_enable = lock_deadlocks turns it on")

// deadlocks reads the counter of deadlocks at every tick, and what InnoDB reports
// about the latest one when the counter moved. InnoDB keeps one report.
type deadlocks struct {
	known    bool
	count    int64     // at the last reading that is dealt with
	at       time.Time // when that was
	uptime   uint64    // of the server then
	latest   string    // the report that is known
	patience int
	undone   gate // of MySQL's metric
}

// rollbackCounter counts transactions that were rolled back, a deadlock's victim among
// them. MySQL's metric makes a table of all 300 metrics to be read (0.6 ms of a MySQL
// 9.7 under load), so it is asked when this counter moved, and after metricAnyway.
const (
	rollbackCounter = "Handler_rollback"
	metricAnyway    = 10 * time.Second
)

func newDeadlocks() *deadlocks {
	return &deadlocks{undone: gate{counter: rollbackCounter, anyway: metricAnyway}}
}

func (d *deadlocks) read(ctx context.Context, c *conn, into *store.Tick) error {
	count, err := d.counted(ctx, c, into)
	if err != nil {
		return err
	}
	fact := facts.Deadlock{First: !d.known, Before: d.count, After: count, Since: d.at}
	if count < d.count || count != d.count && into.Heartbeat.UptimeSec < d.uptime {
		fact.Before, d.count = 0, 0 // a new process of the server counts from 0
	}
	if count != d.count {
		waits, err := d.note(ctx, c, into, &fact)
		if err != nil || waits {
			return err
		}
	}
	d.known, d.count, d.at, d.uptime, d.patience = true, count, into.Heartbeat.At, into.Heartbeat.UptimeSec, 0
	return nil
}

// note adds the fact to the tick, or says that it waits for the report.
func (d *deadlocks) note(ctx context.Context, c *conn, into *store.Tick, fact *facts.Deadlock) (waits bool, err error) {
	name, err := c.latestDeadlock(ctx, into, fact)
	if err != nil {
		return false, err
	}
	if name != "" && name == d.latest {
		if d.patience++; d.patience <= reportPatience {
			return true, nil
		}
		*fact = facts.Deadlock{First: fact.First, Before: fact.Before, After: fact.After, Since: fact.Since, InErrorLog: fact.InErrorLog,
			Missing: "the server wrote no new report"}
	}
	d.latest = name
	return false, note(into, facts.KindDeadlock, fact)
}

// counted is how many deadlocks there were since the server started. It adds the
// number to the tick's status where that lacks it.
func (d *deadlocks) counted(ctx context.Context, c *conn, into *store.Tick) (int64, error) {
	if n, ok := into.Status[statusDeadlocks]; ok {
		return n, nil
	}
	if d.known && d.patience == 0 && d.undone.shut(into) {
		into.Status[statusDeadlocks] = d.count
		return d.count, nil
	}
	if c.version.Flavour == MariaDB {
		return 0, fmt.Errorf("reading the counter of deadlocks: %w", errStillBusy) // the status rests at this tick, and so does this
	}
	row, err := c.one(ctx, deadlockMetric)
	if err != nil {
		return 0, fmt.Errorf("reading the counter of deadlocks: %w", err)
	}
	if row[1].String != "enabled" {
		return 0, errNoMetric
	}
	d.undone.look(into)
	n := int64(number(row[0]))
	if into.Status != nil {
		into.Status[statusDeadlocks] = n
	}
	return n, nil
}

// latestDeadlock fills in what InnoDB reports, and returns the report's identity,
// "" when there is none that can be read. Why not is in the fact; an error is what
// another tick may heal.
func (c *conn) latestDeadlock(ctx context.Context, into *store.Tick, fact *facts.Deadlock) (string, error) {
	answer, err := c.query(ctx, engineStatus)
	switch {
	case isPrivilege(err):
		fact.Missing = "a privilege is missing, see `collector check`"
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading the latest deadlock: %w", err)
	}
	text := answer.column("Status")
	if text < 0 || len(answer.values) != 1 {
		return "", fmt.Errorf("reading the latest deadlock: %w", errStrange)
	}
	report, err := innodb.ParseDeadlock(answer.values[0][text].String)
	stamp := report.Stamp
	if err != nil {
		fact.Missing = "the server has no report that can be read"
		if errors.Is(err, innodb.ErrNone) {
			fact.Missing = "the server wrote no report"
		}
		stamp = "2000-01-01 00:00:00"
	}
	row, err := c.one(ctx, fmt.Sprintf("SELECT CONVERT_TZ('%s', 'SYSTEM', '+00:00'), @@global.innodb_print_all_deadlocks", stamp))
	if err != nil {
		return "", fmt.Errorf("reading the latest deadlock: %w", err)
	}
	fact.InErrorLog = isOn(row[1].String)
	if fact.Missing != "" {
		return "", nil
	}
	written, err := time.ParseInLocation(time.DateTime, row[0].String, time.UTC)
	if err != nil {
		return "", fmt.Errorf("reading the latest deadlock: %w: its time is no time", errStrange)
	}
	fact.Written = within(written, fact.Since.Add(into.Heartbeat.ClockOffset), into.Heartbeat.At.Add(into.Heartbeat.ClockOffset))
	fact.Victim, fact.Truncated = report.Victim, report.Truncated
	for _, t := range report.Transactions {
		fact.Transactions = append(fact.Transactions, deadlockTransaction(t, c.texts))
	}
	return identity(report), nil
}

// within moves a time by an hour when only that brings it between two others: a
// server's local time names each moment of the hour that a clock has twice twice.
func within(t, from, to time.Time) time.Time {
	for _, shifted := range []time.Time{t, t.Add(time.Hour), t.Add(-time.Hour)} {
		if !shifted.Before(from.Add(-stampSlack)) && !shifted.After(to.Add(stampSlack)) {
			return shifted
		}
	}
	return t
}

// identity tells one report from another: InnoDB numbers its transactions.
func identity(report innodb.Deadlock) string {
	name := report.Stamp
	for _, t := range report.Transactions {
		name += fmt.Sprintf(" %d", t.ID)
	}
	return name
}

func deadlockTransaction(t innodb.Transaction, texts *texts) facts.DeadlockTransaction {
	return facts.DeadlockTransaction{
		Number: t.Number, ID: t.ID, Session: t.Session, User: t.Account, Host: t.Host, ActiveSec: t.ActiveSec,
		Statement: texts.shape([]byte(t.Statement)), Waits: deadlockLocks(t.Waits), Holds: deadlockLocks(t.Holds),
	}
}

func deadlockLocks(locks []innodb.Lock) []facts.DeadlockLock {
	var out []facts.DeadlockLock
	for _, l := range locks {
		out = append(out, facts.DeadlockLock{Class: l.Class, Object: l.Schema + "." + l.Table, Index: l.Index, Mode: l.Mode})
	}
	return out
}
