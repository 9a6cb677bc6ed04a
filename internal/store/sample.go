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
	Waits     []LockWait // empty: looked, and nobody waits
	Digests   []Digest   // empty: the first reading, which has nothing to subtract
	Facts     []Fact     // what was noticed; a tick without any has none
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
	Looked      Parts         // what else was asked and answered at this tick
}

// Parts is a set of the parts of a tick. It tells "looked, and there was nothing"
// from "nobody looked", for parts that write nothing when nothing changed.
type Parts uint32

// The parts of a tick beside the heartbeat. The bits stand in the file: they are
// never reused.
const (
	PartSessions Parts = 1 << iota
	PartReplicas
	PartStatus
	PartWaits
	PartDeadlocks
	PartDigests
	PartVariables
	PartSchema
	PartPlans
	PartTopology
)

// Has reports whether all of some parts are in the set.
func (p Parts) Has(some Parts) bool { return p&some == some }

// Names are the parts in the set by name, in the order of their bits; never nil.
func (p Parts) Names() []string {
	names := []string{}
	for i, name := range [...]string{"sessions", "replication", "status", "waits", "deadlocks", "digests", "variables", "schema", "plans", "topology"} {
		if p.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
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

// LockWait is one session that waits for a lock, and one that it waits for. A
// session that waits for several has several.
type LockWait struct {
	Waiter  uint64        // connection ID
	Blocker uint64        // connection ID; 0 when the server does not name it
	Class   string        // WaitRow or WaitMetadata
	Object  string        // "shop.orders", or the schema alone
	Index   string        // of a row lock
	Mode    string        // what the waiter asks for: "X,REC_NOT_GAP", "EXCLUSIVE"
	Held    string        // what the blocker holds
	Waited  time.Duration // so far, as the server says; 0 when it does not
	Guessed bool          // the blocker was inferred: no table of the server names it
}

// The classes of locks.
const (
	WaitRow      = "row"
	WaitMetadata = "metadata"
)

// Digest is what the statements of one digest did since the reading before. The
// sums are differences of the server's counters; one that did not run is left out.
type Digest struct {
	ID           string        // the server's own, or ours where it has none
	DB           string        // default schema of the session
	SQL          string        // normalised
	FirstSeen    time.Time     // by the server, on its clock; zero when it does not say
	Count        int64         // executions
	Errors       int64         // that failed
	Time         time.Duration // all executions together
	LockTime     time.Duration // of it waiting for table locks
	RowsExamined int64         //
	RowsSent     int64         //
	RowsAffected int64         //
	NoIndex      int64         // executions that used no index
	TmpDisk      int64         // temporary tables on disk
}

// The IDs of what is no single digest.
const (
	DigestUnlisted = "unlisted" // what found no room in the server's digest table
	DigestRest     = "rest"     // the digests of a reading that are not written one by one, added up
)

// Fact is something that was noticed at a tick and is not sampled: a deadlock, a
// changed variable, a changed schema, a plan. Whoever writes it owns its form.
type Fact struct {
	Kind string // "deadlock", "variables" ...
	Body string // JSON; redacted
}
