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

// sessionsStatement lists the sessions: number, account, host, database, command,
// elapsed time (see elapsedUnit), state, statement, rows examined.
//
// MySQL got performance_schema.processlist in 8.0.22; unlike the old table it
// takes no global mutex, so it is used wherever the schema is on. MariaDB's table
// has milliseconds and examined rows.
func sessionsStatement(v Version, performanceSchema bool) string {
	elapsed, examined := "TIME", "0"
	if v.Flavour == MariaDB {
		elapsed, examined = "TIME_MS", "EXAMINED_ROWS"
	}
	return fmt.Sprintf("SELECT ID, USER, HOST, DB, COMMAND, %s, STATE, LEFT(INFO, %d), %s FROM %s WHERE ID <> CONNECTION_ID()",
		elapsed, sqltext.MaxInput, examined, processlist(v, performanceSchema))
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
	open, err := c.readTransactions(ctx)
	if err != nil {
		return err
	}
	seen := &store.Sessions{Active: make([]store.Session, 0, len(open)+idleRoom), Idle: map[string]int{}}
	unit := elapsedUnit(c.version)
	err = c.each(ctx, c.sessions, func(row []driver.Value) {
		s := session(row, unit, c.texts)
		if s.ID == c.id {
			return
		}
		if t, ok := open[s.ID]; ok {
			s.Transaction, s.RowsLocked, s.RowsModified, s.LockWait = t.age, t.locked, t.writes, t.waits
		}
		if isIdle(s) {
			seen.Idle[s.User]++
			return
		}
		seen.Active = append(seen.Active, s)
	})
	if err != nil {
		return fmt.Errorf("reading the processlist: %w", err)
	}
	into.Sessions = seen
	return nil
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

// elapsed is what a session's time says, to the millisecond. MySQL counts below zero
// when the clock steps back; that, and what is no time, is 0.
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
