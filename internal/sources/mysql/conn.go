package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// conn is the one connection to a server. It is not safe for concurrent use: one
// query is in flight. It never reconnects by itself, which would lose the
// session's settings.
type conn struct {
	link    driverConn
	wire    *dialer
	version Version
	id      uint64 // CONNECTION_ID(), to leave ourselves out
	schema  bool   // performance_schema is on
	queries uint32 // sent so far
	bornAt  int64  // when the server started, by its own clock, in Unix seconds; 0 before the first heartbeat
	limit   int64  // max_connections at the last heartbeat

	replicas *store.Replicas // at the last look, which is not made at every tick; nil before the first

	sessions, status string           // statements of each tick
	listed           []store.Session  // at the last look, idle ones too
	open             openTransactions // at the last look

	texts    *texts
	messages *sqltext.Redactor
}

// close ends the connection. The server sees it at once.
func (c *conn) close() {
	c.wire.takeLeave() // a query that was given up has closed it before
	_ = c.link.Close() // nothing was written, so an error loses nothing
}

// sent is how many queries were sent so far.
func (c *conn) sent() uint32 { return c.queries }

// sessionID is the connection's number on the server.
func (c *conn) sessionID() uint64 { return c.id }

// stillBusy reports whether an earlier session of ours is still there. The
// account's name is compared too, because numbers start anew with the server.
func (c *conn) stillBusy(ctx context.Context, session uint64) (bool, error) {
	row, err := c.one(ctx, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE ID = %d AND USER = SUBSTRING_INDEX(USER(), '@', 1)",
		processlist(c.version, c.schema), session))
	if err != nil {
		return false, fmt.Errorf("looking for the session that was given up: %w", err)
	}
	return number(row[0]) > 0, nil
}

// readPart asks one part of a tick.
func (c *conn) readPart(ctx context.Context, p *part, into *store.Tick) error {
	return p.reader.read(ctx, c, into)
}

// one sends a statement whose answer is one row.
func (c *conn) one(ctx context.Context, statement string) ([]sql.NullString, error) {
	answer, err := c.query(ctx, statement)
	if err != nil {
		return nil, err
	}
	if len(answer.values) != 1 {
		return nil, fmt.Errorf("%w: %d rows instead of one", errStrange, len(answer.values))
	}
	return answer.values[0], nil
}

// errStrange is an answer that no supported server gives.
var errStrange = errors.New("unexpected answer")

// prepare learns what the server is and bounds what our session can do to it.
func (c *conn) prepare(ctx context.Context, limit time.Duration) error {
	row, err := c.one(ctx, "SELECT @@version, CONNECTION_ID(), @@global.performance_schema")
	if err != nil {
		return err
	}
	if c.version, err = ParseVersion(row[0].String); err != nil {
		return fmt.Errorf("%w: %w", errTooOld, err)
	}
	if err := c.version.Supported(); err != nil {
		return fmt.Errorf("%w: %w", errTooOld, err)
	}
	c.id = number(row[1])
	c.schema = isOn(row[2].String)
	c.sessions, c.status = sessionsStatement(c.version, c.schema), statusStatement(c.version)
	return c.exec(ctx, sessionSettings(c.version, limit))
}

// orphanSeconds is when the server ends our session by itself, because the network
// between us is gone and so we could not: three times the longest interval.
const orphanSeconds = 3 * int(maxInterval/time.Second)

// sessionSettings is the SET statement of a new session. The server's own limit
// is shorter than the client's, so that a query that takes too long is ended by
// the server and not left behind on it. MySQL's covers SELECT only.
//
// sql_mode is fixed so that the account's or the server's default (ANSI_QUOTES,
// PAD_CHAR_TO_FULL_LENGTH) changes nothing.
func sessionSettings(v Version, limit time.Duration) string {
	limit = limit * 4 / 5
	settings := []string{"time_zone = '+00:00'", "sql_mode = ''", "lock_wait_timeout = 1", "autocommit = 1", fmt.Sprintf("wait_timeout = %d", orphanSeconds)}
	if v.Flavour == MariaDB {
		settings = append(settings, fmt.Sprintf("max_statement_time = %.3f", limit.Seconds()))
	} else {
		settings = append(settings, fmt.Sprintf("max_execution_time = %d", limit.Milliseconds()))
	}
	return "SET SESSION " + strings.Join(settings, ", ")
}
