package timeline

// Kind is what sort of episode an event is. The list is closed and stands only
// here; a document, a template or a JSON reader may rely on it.
type Kind string

// The kinds of every source.
const (
	Alert      Kind = "alert"       // an alert, from firing to resolved
	Silence    Kind = "silence"     // a silence in Alertmanager
	Signal     Kind = "signal"      // a metric left its baseline
	ScrapeDown Kind = "scrape_down" // Prometheus could not scrape a target
	Deploy     Kind = "deploy"      // a deploy, from started to finished or failed
	Rollback   Kind = "rollback"    // a rollback, likewise
	Change     Kind = "change"      // configuration, migration, job
	Note       Kind = "note"        // what a person wrote down
	Annotation Kind = "annotation"  // a Grafana annotation
	Log        Kind = "log"         // a line of some log
)

// The kinds of a MySQL or MariaDB server.
const (
	MySQLDown                 Kind = "mysql.down"
	MySQLRestart              Kind = "mysql.restart"
	MySQLRoleChange           Kind = "mysql.role_change"         // read_only flipped
	MySQLTopologyChange       Kind = "mysql.topology_change"     // a replica's source changed
	MySQLReplicationStopped   Kind = "mysql.replication_stopped" // a thread is not running: thread, error code, channel
	MySQLReplicationLag       Kind = "mysql.replication_lag"
	MySQLLockWait             Kind = "mysql.lock_wait" // a blocking chain: root blocker, victims, peak
	MySQLMetadataLockWait     Kind = "mysql.metadata_lock_wait"
	MySQLDeadlock             Kind = "mysql.deadlock"
	MySQLLongTransaction      Kind = "mysql.long_transaction"
	MySQLLongStatement        Kind = "mysql.long_statement"
	MySQLStatementRegression  Kind = "mysql.statement_regression" // a digest's latency, rows examined or first appearance
	MySQLSchemaChange         Kind = "mysql.schema_change"        // operation, schema, table, column
	MySQLVariableChange       Kind = "mysql.variable_change"
	MySQLConnectionsExhausted Kind = "mysql.connections_exhausted" // logins refused with error 1040
	MySQLErrorLog             Kind = "mysql.error_log"
	MySQLKill                 Kind = "mysql.kill"
)

// kinds is the closed list, in the order in which documents explain it.
var kinds = [...]Kind{
	Alert, Silence, Signal, ScrapeDown, Deploy, Rollback, Change, Note, Annotation, Log,
	MySQLDown, MySQLRestart, MySQLRoleChange, MySQLTopologyChange, MySQLReplicationStopped, MySQLReplicationLag,
	MySQLLockWait, MySQLMetadataLockWait, MySQLDeadlock, MySQLLongTransaction, MySQLLongStatement,
	MySQLStatementRegression, MySQLSchemaChange, MySQLVariableChange, MySQLConnectionsExhausted, MySQLErrorLog, MySQLKill,
}

// Kinds returns the closed list, in the order in which documents explain it.
func Kinds() []Kind { return kinds[:] }

// Valid reports whether k stands in the closed list.
func (k Kind) Valid() bool {
	for _, known := range kinds {
		if k == known {
			return true
		}
	}
	return false
}

// Grade says how an event is known.
type Grade string

// The four grades of the law of evidence.
const (
	Measured Grade = "measured" // a sample or a series
	Logged   Grade = "logged"   // a system's own record
	Reported Grade = "reported" // a person's note
	Derived  Grade = "derived"  // computed from others by a named rule
)

// Severity is how much harm an event itself shows.
type Severity string

// The three severities, mild to grave.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Rank orders severities: info 0, warning 1, critical 2.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 2
	case Warning:
		return 1
	}
	return 0
}
