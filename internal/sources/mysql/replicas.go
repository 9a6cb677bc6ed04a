package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources/mysql/episodes"
	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// replicasStatement lists all replication channels of a replica. MySQL renamed
// the statement in 8.0.22 and dropped the old one in 8.4; without a channel it
// lists all. MariaDB lists all only with ALL.
func replicasStatement(v Version) string {
	switch {
	case v.Flavour == MariaDB:
		return "SHOW ALL REPLICAS STATUS"
	case v.Number >= 80022:
		return "SHOW REPLICA STATUS"
	}
	return "SHOW SLAVE STATUS"
}

// replicaReader remembers when a server was seen to be no replica.
type replicaReader struct {
	none time.Time // of the last look, when it found no channel; zero otherwise
}

// newReplicaEvery is how often a server that is no replica, and runs no thread of
// one, is asked whether it became one: a channel that was never started.
const newReplicaEvery = 10 * time.Second

// read looks at all channels. An empty answer means that the server is no replica.
// From then on the processlist tells: the threads of a channel that was started are
// in it, and most servers never are one.
func (r *replicaReader) read(ctx context.Context, c *conn, into *store.Tick) error {
	now := into.Heartbeat.At
	if !runsReplica(into.Sessions) && !r.none.IsZero() && now.Sub(r.none).Abs() < newReplicaEvery-earlyTurn {
		return errNotNow
	}
	r.none = time.Time{}
	if err := readChannels(ctx, c, into); err != nil {
		return err
	}
	if len(into.Replicas.Channels) == 0 {
		r.none = now
	}
	return nil
}

// runsReplica reports whether a thread of replication may be among the sessions. It
// is true when nobody looked at them.
func runsReplica(seen *store.Sessions) bool {
	return seen == nil || slices.ContainsFunc(seen.Active, func(s store.Session) bool { return s.User == episodes.UserReplication })
}

// readChannels asks for all channels.
func readChannels(ctx context.Context, c *conn, into *store.Tick) error {
	answer, err := c.query(ctx, replicasStatement(c.version))
	if err != nil {
		return fmt.Errorf("reading the replication status: %w", err)
	}
	seen := &store.Replicas{}
	for _, row := range answer.values {
		seen.Channels = append(seen.Channels, replica(cells{answer, row}, c.messages))
	}
	if c.version.Flavour == MySQL && slices.ContainsFunc(seen.Channels, func(r store.Replica) bool { return r.SQLErrno != 0 }) {
		c.readWorkerErrors(ctx, seen.Channels)
	}
	into.Replicas, c.replicas = seen, seen
	return nil
}

// workerErrorsStatement names the error of the worker that stopped a channel. The
// channel's own message only says that some worker failed.
const workerErrorsStatement = "SELECT CHANNEL_NAME, LAST_ERROR_NUMBER, LAST_ERROR_MESSAGE" +
	" FROM performance_schema.replication_applier_status_by_worker WHERE LAST_ERROR_NUMBER <> 0 ORDER BY LAST_ERROR_TIMESTAMP DESC"

// readWorkerErrors puts the first worker's error in place of the coordinator's.
// Without the privilege, or with the schema off, the coordinator's stays.
func (c *conn) readWorkerErrors(ctx context.Context, channels []store.Replica) {
	answer, err := c.query(ctx, workerErrorsStatement)
	if err != nil {
		return
	}
	for _, row := range answer.values {
		for i := range channels {
			r := &channels[i]
			if errno := uint16(number(row[1])); r.Channel == row[0].String && r.SQLErrno == errno {
				r.SQLError = c.messages.RedactError(errno, row[2].String)
			}
		}
	}
}

// replica reads one channel in the spelling of any version: MySQL since 8.0.22
// says Source and Replica, MariaDB and older ones Master and Slave.
func replica(c cells, messages *sqltext.Redactor) store.Replica {
	r := store.Replica{
		Channel:    c.get("Channel_Name", "Connection_name").String,
		SourceHost: c.get("Source_Host", "Master_Host").String,
		SourcePort: uint16(number(c.get("Source_Port", "Master_Port"))),
		SourceUUID: c.get("Source_UUID", "Master_UUID").String,
		SourceID:   uint32(number(c.get("Source_Server_Id", "Master_Server_Id"))),
		IORunning:  c.get("Replica_IO_Running", "Slave_IO_Running").String,
		SQLRunning: c.get("Replica_SQL_Running", "Slave_SQL_Running").String,
		IOErrno:    uint16(number(c.get("Last_IO_Errno"))),
		SQLErrno:   uint16(number(c.get("Last_SQL_Errno"))),
		GTID:       gtid(c),
	}
	r.IOError = messages.RedactError(r.IOErrno, c.get("Last_IO_Error").String)
	r.SQLError = messages.RedactError(r.SQLErrno, c.get("Last_SQL_Error").String)
	// -1 would be a MariaDB that does not know; NULL is a thread that does not run.
	lag, err := strconv.ParseInt(c.get("Seconds_Behind_Source", "Seconds_Behind_Master").String, 10, 64)
	if err == nil && lag >= 0 {
		r.Lag, r.LagKnown = time.Duration(lag)*time.Second, true
	}
	return r
}

// maxGTID bounds a GTID set; a server with a long history has kilobytes of it.
const maxGTID = 1 << 10

// gtid is what the replica has executed. MySQL breaks the set into lines.
func gtid(c cells) string {
	set := c.get("Executed_Gtid_Set", "Gtid_Slave_Pos").String
	set = strings.Join(strings.Fields(set), "")
	if len(set) > maxGTID {
		set = set[:maxGTID-len("…")] + "…"
	}
	return set
}
