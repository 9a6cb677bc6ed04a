package timeline

// SeverityOf is the one table of severities. It looks at nothing but the kind
// and the attributes named here:
//
//	critical  mysql.down, mysql.connections_exhausted, mysql.replication_stopped;
//	          mysql.schema_change with operation drop_table or drop_schema, unless its
//	          outcome is not_applied (it failed) or unconfirmed (IF EXISTS, and nobody saw it go);
//	          deploy and rollback with outcome failed;
//	          alert with label severity critical or page
//	info      deploy, change, note, annotation, silence, log
//	warning   everything else; mysql.error_log by its own attribute level
func SeverityOf(kind Kind, attributes map[string]string) Severity {
	switch kind {
	case MySQLDown, MySQLConnectionsExhausted, MySQLReplicationStopped:
		return Critical
	case MySQLSchemaChange:
		if op := attributes["operation"]; (op == "drop_table" || op == "drop_schema") && attributes["outcome"] == "" {
			return Critical
		}
	case Deploy, Rollback:
		if attributes["outcome"] == "failed" {
			return Critical
		}
		if kind == Deploy {
			return Info
		}
	case Alert:
		if s := attributes["severity"]; s == "critical" || s == "page" {
			return Critical
		}
	case MySQLErrorLog:
		return errorLogSeverity(attributes["level"])
	case Change, Note, Annotation, Silence, Log:
		return Info
	}
	return Warning
}

func errorLogSeverity(level string) Severity {
	switch level {
	case "error", "ERROR", "Error":
		return Critical
	case "note", "system", "NOTE", "Note", "System", "SYSTEM":
		return Info
	}
	return Warning
}
