package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"net"
	"strconv"
	"strings"
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

// statements normalises statements and remembers the shapes of the last ones,
// because the same long statement is seen at every tick. Of the texts it keeps only
// hashes: they may be long, and hold what nobody else should know. It is not safe
// for concurrent use.
type statements struct {
	normalizer *sqltext.Normalizer
	seed       maphash.Seed
	known      map[uint64]string // by hash of the text
}

// rememberedStatements bounds the memory: the whole memory is dropped when full.
const rememberedStatements = 512

func newStatements() *statements {
	return &statements{normalizer: sqltext.NewNormalizer(), seed: maphash.MakeSeed(), known: map[uint64]string{}}
}

func (s *statements) shape(statement string) string {
	if statement == "" {
		return ""
	}
	key := maphash.String(s.seed, statement)
	shape, ok := s.known[key]
	if !ok {
		if len(s.known) >= rememberedStatements {
			clear(s.known)
		}
		shape = s.normalizer.Normalize(statement)
		s.known[key] = shape
	}
	return shape
}

// readSessions looks at the processlist and joins the open transactions. A
// session is active unless it is idle outside a transaction.
func readSessions(ctx context.Context, c *conn, into *store.Tick) error {
	open, err := c.readTransactions(ctx)
	if err != nil {
		return err
	}
	answer, err := c.query(ctx, sessionsStatement(c.version, c.schema))
	if err != nil {
		return fmt.Errorf("reading the processlist: %w", err)
	}
	seen := &store.Sessions{Idle: map[string]int{}}
	unit := elapsedUnit(c.version)
	for _, row := range answer.values {
		s := session(row, unit, c.texts)
		if s.ID == c.id {
			continue
		}
		if t, ok := open[s.ID]; ok {
			s.Transaction, s.RowsLocked, s.RowsModified, s.LockWait = t.age, t.locked, t.writes, t.waits
		}
		if isIdle(s) {
			seen.Idle[s.User]++
			continue
		}
		seen.Active = append(seen.Active, s)
	}
	into.Sessions = seen
	return nil
}

func session(row []sql.NullString, unit time.Duration, texts *statements) store.Session {
	elapsed, err := strconv.ParseFloat(row[5].String, 64)
	if err != nil || elapsed < 0 {
		elapsed = 0 // MySQL counts below zero when the clock steps back
	}
	return store.Session{
		ID: number(row[0]), User: row[1].String, Host: clientHost(row[2].String), DB: row[3].String,
		Command: row[4].String, State: row[6].String,
		Elapsed: time.Duration(elapsed * float64(unit)).Round(time.Millisecond),
		SQL:     texts.shape(row[7].String), RowsExamined: number(row[8]),
	}
}

// isIdle reports whether a session does nothing that anybody could wait for. The
// server's own threads (the event scheduler on its empty queue, InnoDB's purge)
// are Daemon for as long as they sleep.
func isIdle(s store.Session) bool {
	return s.Transaction == 0 && s.SQL == "" && (s.Command == "Sleep" || s.Command == "Daemon")
}

// clientHost cuts the port off; IPv6 addresses and "localhost" stay whole.
func clientHost(host string) string {
	if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
		return host
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	if i := strings.LastIndexByte(host, ':'); i > 0 && net.ParseIP(host) == nil && net.ParseIP(host[:i]) != nil {
		return host[:i]
	}
	return host
}
