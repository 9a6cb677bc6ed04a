package prometheus

// mysqldExporter is the pack for prometheus/mysqld_exporter, 0.14 and newer, on
// MySQL and MariaDB. The floors keep a small, idle server quiet: on it every
// ratio is large.
func mysqldExporter() Pack {
	events := func(name, counter, unit string, rule Rule) packSignal {
		return packSignal{name, "rate(mysql_global_status_" + counter + "{$scope}[$__rate_interval])", unit, rule, true}
	}
	status := func(name, gauge, unit string, rule Rule) packSignal {
		return packSignal{name, "mysql_global_status_" + gauge + "{$scope}", unit, rule, false}
	}
	query := func(name, promql, unit string, rule Rule) packSignal {
		return packSignal{name, promql, unit, rule, false}
	}
	return Pack{
		Name:   "mysqld_exporter",
		Anchor: "mysql_up",
		Signals: []packSignal{
			// A single scrape without the server is a fact, not noise.
			query("mysql_up", "mysql_up{$scope}", "", Rule{Direction: "down", MinChange: 0.5, Samples: 1}),
			status("threads_running", "threads_running", "threads", up(8, 1)),
			query("connections_used",
				"mysql_global_status_threads_connected{$scope} / mysql_global_variables_max_connections{$scope}", "ratio", up(0.2, 0.5)),
			events("queries", "queries", "queries/s", both(20, 0.6)),
			events("slow_queries", "slow_queries", "queries/s", up(0.2, 1)),
			events("aborted_connects", "aborted_connects", "connections/s", up(0.5, 1)),
			{
				"connection_errors",
				"sum without (error) (rate(mysql_global_status_connection_errors_total{$scope}[$__rate_interval]))", "errors/s", up(0.5, 1), true,
			},
			status("row_lock_current_waits", "innodb_row_lock_current_waits", "waiters", up(2, 1)),
			events("row_lock_waits", "innodb_row_lock_waits", "waits/s", up(2, 1)),
			// The counter is in milliseconds and grows when a wait ends: 3 means that
			// waits of three seconds ended in each second.
			query("row_lock_time", "rate(mysql_global_status_innodb_row_lock_time{$scope}[$__rate_interval]) / 1000", "s/s", up(1, 1)),
			events("innodb_reads", "innodb_data_reads", "reads/s", up(200, 2)),
			events("innodb_writes", "innodb_data_writes", "writes/s", up(500, 2)),
			events("innodb_fsyncs", "innodb_data_fsyncs", "fsyncs/s", up(200, 2)),
			events("disk_temporary_tables", "created_tmp_disk_tables", "tables/s", up(5, 2)),
			// Rows read in sequence by full scans.
			query("rows_scanned",
				`rate(mysql_global_status_handlers_total{$scope,handler="read_rnd_next"}[$__rate_interval])`, "rows/s", up(20000, 2)),
			// Seconds_Behind_Master became Seconds_Behind_Source in MySQL 8.0.22, and the metric followed.
			query("replication_lag",
				"mysql_slave_status_seconds_behind_source{$scope} or mysql_slave_status_seconds_behind_master{$scope}", "s", up(10, 1)),
			// 1 while the thread runs; an IO thread that connects is 0 too.
			query("replica_io_running",
				"mysql_slave_status_replica_io_running{$scope} or mysql_slave_status_slave_io_running{$scope}", "", down(0.5, 0)),
			query("replica_sql_running",
				"mysql_slave_status_replica_sql_running{$scope} or mysql_slave_status_slave_sql_running{$scope}", "", down(0.5, 0)),
		},
	}
}
