package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"
	"time"

	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// sessionsStatement lists the open transactions (see transactionsSelect), and then the
// sessions: number, account, host, database, command, elapsed time (see elapsedUnit),
// state, statement, rows examined. It is one statement for both because on a server
// without a free moment each question waits anew for its turn. They are not joined there:
// MariaDB compares each with each.
//
// MySQL got performance_schema.processlist in 8.0.22; unlike the old table it
// takes no global mutex, so it is used wherever the schema is on. MariaDB's table
// has milliseconds and examined rows.
func sessionsStatement(v Version, performanceSchema bool) string {
	elapsed, examined := "TIME", "0"
	if v.Flavour == MariaDB {
		elapsed, examined = "TIME_MS", "EXAMINED_ROWS"
	}
	return fmt.Sprintf("%s UNION ALL SELECT ID, USER, HOST, DB, COMMAND, %s, STATE, LEFT(INFO, %d), %s FROM %s WHERE ID <> CONNECTION_ID()",
		transactionsSelect, elapsed, sqltext.MaxInput, examined, processlist(v, performanceSchema))
}

// elapsedUnit is what a flavour counts a session's time in.
func elapsedUnit(v Version) time.Duration {
	if v.Flavour == MariaDB {
		return time.Millisecond
	}
	return time.Second
}

// processlist is the table that lists the sessions.
func processlist(v Version, performanceSchema bool) string {
	if v.mysqlFrom(80022) && performanceSchema {
		return "performance_schema.processlist"
	}
	return "information_schema.PROCESSLIST"
}

// readSessions looks at the processlist and joins the open transactions. A
// session is active unless it is idle outside a transaction.
func readSessions(ctx context.Context, c *conn, into *store.Tick) error {
	unit := elapsedUnit(c.version)
	c.listed, c.open = c.listed[:0], c.open[:0]
	err := c.each(ctx, c.sessions, func(row []driver.Value) {
		if isTransaction(row) {
			c.open = append(c.open, transactionOf(row))
			return
		}
		c.listed = append(c.listed, session(row, unit, c.texts))
	})
	if err != nil {
		return fmt.Errorf("reading the processlist and the open transactions: %w", err)
	}
	into.Sessions = withTransactions(c.listed, c.open)
	return nil
}

// withTransactions gives the sessions their transactions, and counts those that are idle.
func withTransactions(listed []store.Session, open openTransactions) *store.Sessions {
	seen := &store.Sessions{Active: make([]store.Session, 0, len(open)+idleRoom), Idle: map[string]int{}}
	of := open.bySession()
	for _, s := range listed {
		if t := of[s.ID]; t != nil {
			s.Transaction, s.RowsLocked, s.RowsModified, s.LockWait = t.age, t.locked, t.writes, t.requested != ""
		}
		if isIdle(s) {
			seen.Idle[s.User]++
			continue
		}
		seen.Active = append(seen.Active, s)
	}
	return seen
}

// idleRoom is for the sessions that are active outside of a transaction.
const idleRoom = 16

func session(row []driver.Value, unit time.Duration, texts *texts) store.Session {
	return store.Session{
		ID: whole(row[0]), User: texts.name(row[1]), Host: texts.host(row[2]), DB: texts.name(row[3]),
		Command: texts.name(row[4]), State: texts.name(row[6]),
		Elapsed: elapsed(row[5], unit),
		SQL:     texts.statement(row[7]), RowsExamined: whole(row[8]),
	}
}

// elapsed is what a session's or a transaction's time says, to the millisecond. MySQL
// counts below zero when the clock steps back; that, and what is no time, is 0.
func elapsed(value driver.Value, unit time.Duration) time.Duration {
	whole, ok := value.(int64)
	n := float64(whole)
	if !ok {
		n, _ = strconv.ParseFloat(asText(value), 64)
	}
	if !(n > 0 && n < float64(math.MaxInt64/unit)) {
		return 0
	}
	return time.Duration(n * float64(unit)).Round(time.Millisecond)
}

// isIdle reports whether a session does nothing that anybody could wait for. The
// server's own threads (the event scheduler on its empty queue, InnoDB's purge)
// are Daemon for as long as they sleep.
func isIdle(s store.Session) bool {
	return s.Transaction == 0 && s.SQL == "" && (s.Command == "Sleep" || s.Command == "Daemon")
}
