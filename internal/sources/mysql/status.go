package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"collector/internal/store"
)

// maxConnections is the one variable among the counters: how many sessions the
// server allows, to hold Threads_connected against.
const maxConnections = "max_connections"

// statusNames are the chosen counters and gauges. One that a flavour does not
// have is simply not answered.
func statusNames() []string {
	return append(ddlCounters(),
		"Aborted_clients", "Aborted_connects", "Bytes_received", "Bytes_sent",
		"Com_commit", "Com_delete", "Com_insert", "Com_kill", "Com_rollback", "Com_select", "Com_set_option", "Com_update",
		"Connection_errors_internal", "Connection_errors_max_connections", "Connections",
		"Created_tmp_disk_tables", "Handler_read_rnd_next", "Handler_rollback",
		"Innodb_buffer_pool_reads", "Innodb_buffer_pool_read_requests", "Innodb_deadlocks",
		"Innodb_history_list_length", "Innodb_row_lock_current_waits", "Innodb_row_lock_time", "Innodb_row_lock_waits",
		"Innodb_rows_read", "Max_used_connections", "Queries", "Questions", "Slow_queries",
		"Table_locks_waited", "Threads_connected", "Threads_created", "Threads_running", "Uptime",
	)
}

// statusStatement asks for the counters in one answer.
//
// SHOW GLOBAL STATUS adds up the counters of all sessions under a mutex, whatever
// is asked for, so it is one statement for all names. MySQL compares names in the
// collation of all languages: 1.1 ms of a MySQL 9.7 under load, 0.8 ms as bytes.
// performance_schema.global_status takes 0.45 ms, but has no Com_ counters.
func statusStatement(v Version) string {
	name := "Variable_name"
	if v.Flavour == MySQL {
		name = "CAST(Variable_name AS BINARY)"
	}
	return "SHOW GLOBAL STATUS WHERE " + name + " IN ('" + strings.Join(statusNames(), "','") + "')"
}

// statusRoom is for the counters, and what is added to them.
const statusRoom = 64

// readStatus looks at the counters. A value that is no whole number is left out.
// max_connections came with the heartbeat.
func readStatus(ctx context.Context, c *conn, into *store.Tick) error {
	status := make(store.Status, statusRoom)
	err := c.each(ctx, c.status, func(row []driver.Value) {
		if n, err := strconv.ParseInt(asText(row[1]), 10, 64); err == nil {
			status[c.texts.name(row[0])] = n
		}
	})
	if err != nil {
		return fmt.Errorf("reading the global status: %w", err)
	}
	status[maxConnections] = c.limit
	into.Status = status
	return nil
}
