package mysql

import (
	"context"
	"fmt"
	"time"

	"collector/internal/store"
)

// clockLayout is how a server writes a DATETIME(6).
const clockLayout = "2006-01-02 15:04:05.999999"

// heartbeatStatement asks for the clock, the uptime and who the server is, in one
// cheap statement without a table lock. UTC_TIMESTAMP is taken when the statement
// starts. MariaDB has no server_uuid and no super_read_only.
//
// The uptime stands in a table that adds up the counters of all sessions to be read
// (0.5 ms of a MySQL 9.7 with 64 busy ones), so it is asked once in a session.
func heartbeatStatement(v Version, uptime bool) string {
	columns, table := "@@global.super_read_only, @@global.server_id, @@global.server_uuid", "performance_schema.global_status"
	if v.Flavour == MariaDB {
		columns, table = "0, @@global.server_id, ''", "information_schema.GLOBAL_STATUS"
	}
	statement := "SELECT UTC_TIMESTAMP(6), @@global.read_only, " + columns + ", @@version, @@global.max_connections"
	if uptime {
		statement += ", (SELECT VARIABLE_VALUE FROM " + table + " WHERE VARIABLE_NAME = 'UPTIME')"
	}
	return statement
}

// readHeartbeat asks the clock query and fills in what it tells. The offset is
// the server's clock minus the middle of sending and receiving, which is right to
// within half the round trip.
func (c *conn) readHeartbeat(ctx context.Context, beat *store.Heartbeat) error {
	sent := time.Now()
	row, err := c.one(ctx, heartbeatStatement(c.version, c.bornAt == 0))
	received := time.Now()
	if err != nil {
		return fmt.Errorf("asking the clock: %w", err)
	}
	clock, err := time.ParseInLocation(clockLayout, row[0].String, time.UTC)
	if err != nil {
		return fmt.Errorf("asking the clock: %w", err)
	}
	beat.RoundTrip = received.Sub(sent)
	beat.ClockOffset = clock.Sub(sent.Round(0)) - beat.RoundTrip/2
	beat.ReadOnly = isOn(row[1].String) || isOn(row[2].String)
	beat.ServerID = uint32(number(row[3]))
	beat.ServerUUID = row[4].String
	beat.Version = row[5].String
	c.limit = int64(number(row[6]))
	if c.bornAt == 0 {
		c.bornAt = clock.Unix() - int64(number(row[7]))
	}
	// As the server computes it, and as long as it lives, because its end ends our session.
	beat.UptimeSec = uint64(max(0, clock.Unix()-c.bornAt))
	return nil
}
