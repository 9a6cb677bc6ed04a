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
func heartbeatStatement(v Version) string {
	if v.Flavour == MariaDB {
		return "SELECT UTC_TIMESTAMP(6), @@global.read_only, 0, @@global.server_id, '', @@version," +
			" (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME')"
	}
	return "SELECT UTC_TIMESTAMP(6), @@global.read_only, @@global.super_read_only, @@global.server_id, @@global.server_uuid, @@version," +
		" (SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime')"
}

// readHeartbeat asks the clock query and fills in what it tells. The offset is
// the server's clock minus the middle of sending and receiving, which is right to
// within half the round trip.
func (c *conn) readHeartbeat(ctx context.Context, beat *store.Heartbeat) error {
	sent := time.Now()
	row, err := c.one(ctx, heartbeatStatement(c.version))
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
	beat.UptimeSec = number(row[6])
	return nil
}
