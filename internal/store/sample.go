package store

import "time"

// Tick is everything that the recorder learned about one server at one tick. A
// nil part was not sampled at this tick (too dear, failed, or not due); an empty
// one was, and had no rows.
type Tick struct {
	Heartbeat Heartbeat
	Sessions  *Sessions
	Replicas  *Replicas
	Status    Status
}

// Outcome is how a tick ended.
type Outcome uint8

// The outcomes of a tick. Only Answered carries readings.
const (
	Answered    Outcome = iota // the clock query was; other parts may be missing
	Refused                    // the server is up and refused the login: error 1040, too many connections
	Denied                     // the login failed for another reason: 1045, 1698, 1129 ...
	Unreachable                // nothing listens, or the connection broke
	TimedOut                   // no answer within the client's time limit
	Skipped                    // the recorder itself left the tick out: back-off, overrun
)

func (o Outcome) String() string {
	return [...]string{"answered", "refused", "denied", "unreachable", "timed out", "skipped"}[o]
}

// Heartbeat is written at every tick, whatever happened: without one, nobody looked.
type Heartbeat struct {
	At          time.Time     // collector's clock, when the tick's first query was sent (or should have been)
	Outcome     Outcome       //
	ErrorNumber uint16        // the server's error number, 0 when it gave none
	RoundTrip   time.Duration // of the clock query
	ClockOffset time.Duration // server's clock minus collector's; the error is ± RoundTrip/2
	Spent       time.Duration // all queries of the tick together
	Queries     uint32        // how many queries the tick sent
	Interval    time.Duration // the configured interval at this time, so that a missing tick is known
	UptimeSec   uint64        // server's Uptime, whole seconds
	ServerUUID  string        // @@server_uuid (MySQL) or empty; tells a replaced server from a restarted one
	ServerID    uint32        // @@server_id
	Version     string        // as the server says it: 10.11.19-MariaDB-0+deb12u1-log
	ReadOnly    bool          // @@global.read_only or super_read_only
}

// Sessions is one look at the processlist.
type Sessions struct {
	Active []Session      // every session that is not idle, or is idle inside a transaction
	Idle   map[string]int // the idle rest, by account: how many
}

// Session is one row of the processlist that did something. Texts are normalised
// before they get here: no literal, no comment.
type Session struct {
	ID           uint64        // connection ID; unique until the server restarts
	User         string        // account name without host
	Host         string        // client host without port
	DB           string        //
	Command      string        // Query, Sleep, Binlog Dump, Daemon ...
	State        string        // "Waiting for table metadata lock"
	Elapsed      time.Duration // in this state or statement: TIME (whole seconds on MySQL) or TIME_MS
	SQL          string        // normalised statement, "" when idle
	Transaction  time.Duration // age of its open transaction; 0 when none is open
	RowsLocked   uint64        // by the transaction
	RowsModified uint64        // by the transaction
	RowsExamined uint64        // by the statement, where the server tells (MariaDB)
	LockWait     bool          // InnoDB says that the transaction waits for a row lock
}

// Replicas is one look at replication.
type Replicas struct {
	Channels []Replica
}

// Replica is the state of one replication channel on a replica.
type Replica struct {
	Channel    string        // "" is the default channel
	SourceHost string        //
	SourcePort uint16        //
	SourceUUID string        // MySQL
	SourceID   uint32        // server_id of the source
	IORunning  string        // Yes, No, Connecting
	SQLRunning string        // Yes, No
	IOErrno    uint16        //
	SQLErrno   uint16        //
	IOError    string        // redacted: quotes are emptied
	SQLError   string        // redacted
	Lag        time.Duration // Seconds_Behind_*; meaningful only when LagKnown
	LagKnown   bool          // false: NULL, the thread does not run
	GTID       string        // executed (MySQL) or Gtid_Slave_Pos (MariaDB)
}

// Status is the chosen global status counters and gauges, by their server name.
type Status map[string]int64
