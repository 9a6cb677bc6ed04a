package mysql

import (
	"context"
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
// is asked for, so it is one statement for all names.
func statusStatement() string {
	return "SHOW GLOBAL STATUS WHERE Variable_name IN ('" + strings.Join(statusNames(), "','") + "')"
}

// readStatus looks at the counters. A value that is no whole number is left out.
// max_connections came with the heartbeat.
func readStatus(ctx context.Context, c *conn, into *store.Tick) error {
	answer, err := c.query(ctx, statusStatement())
	if err != nil {
		return fmt.Errorf("reading the global status: %w", err)
	}
	status := make(store.Status, len(answer.values)+1)
	for _, row := range answer.values {
		if n, err := strconv.ParseInt(row[1].String, 10, 64); err == nil {
			status[row[0].String] = n
		}
	}
	status[maxConnections] = c.limit
	into.Status = status
	return nil
}
