package report

import "collector/internal/timeline"

// noun is a kind in two or three words, for titles and counts.
func noun(k timeline.Kind) string {
	switch k {
	case timeline.ScrapeDown:
		return "scrapes failed"
	case timeline.Signal:
		return "abnormal metric"
	case timeline.MySQLDown:
		return "server down"
	case timeline.MySQLRestart:
		return "restarted"
	case timeline.MySQLRoleChange:
		return "change of role"
	case timeline.MySQLTopologyChange:
		return "change of topology"
	case timeline.MySQLReplicationStopped:
		return "replication stopped"
	case timeline.MySQLReplicationLag:
		return "replication lag"
	case timeline.MySQLLockWait:
		return "lock waits"
	case timeline.MySQLMetadataLockWait:
		return "metadata lock waits"
	case timeline.MySQLDeadlock:
		return "deadlock"
	case timeline.MySQLLongTransaction:
		return "long transaction"
	case timeline.MySQLLongStatement:
		return "long statement"
	case timeline.MySQLStatementRegression:
		return "slower statements"
	case timeline.MySQLSchemaChange:
		return "schema change"
	case timeline.MySQLVariableChange:
		return "variable change"
	case timeline.MySQLKill:
		return "killed session"
	case timeline.MySQLConnectionsExhausted:
		return "connections exhausted"
	case timeline.MySQLErrorLog:
		return "errors in the error log"
	}
	return string(k)
}

// short names an event in a title: "replication stopped", "threads_running high".
func short(e timeline.Event) string {
	if e.Kind == timeline.Signal && e.Attributes["signal"] != "" {
		if e.Attributes["direction"] == "down" {
			return e.Attributes["signal"] + " low"
		}
		return e.Attributes["signal"] + " high"
	}
	return noun(e.Kind)
}

// action names what was done in a title: "deploy shop 1.4.2", "change of max_connections".
func action(e timeline.Event) string {
	name := e.Attributes["service"]
	if v := e.Attributes["version"]; v != "" {
		name += " " + v
	}
	if v := e.Attributes["variable"]; e.Kind == timeline.MySQLVariableChange && v != "" {
		return "change of " + v
	}
	if e.Kind == timeline.MySQLSchemaChange || name == "" {
		return noun(e.Kind)
	}
	return string(e.Kind) + " " + name
}
