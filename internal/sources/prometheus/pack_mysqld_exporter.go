package prometheus

// mysqldExporter is the pack for prometheus/mysqld_exporter, 0.14 and newer, on
// MySQL and MariaDB. The floors keep a small, idle server quiet: on it every
// ratio is large.
func mysqldExporter() Pack {
	rate := func(counter string) string {
		return "rate(mysql_global_status_" + counter + "{$scope}[$__rate_interval])"
	}
	return Pack{
		Name:   "mysqld_exporter",
		Anchor: "mysql_up",
		Signals: []packSignal{
			// A single scrape without the server is a fact, not noise.
			{"mysql_up", "mysql_up{$scope}", "", Rule{Direction: "down", MinChange: 0.5, Samples: 1}},
			{"threads_running", "mysql_global_status_threads_running{$scope}", "threads", up(8, 1)},
			{"connections_used", "mysql_global_status_threads_connected{$scope} / mysql_global_variables_max_connections{$scope}", "ratio", up(0.2, 0.5)},
			{"queries", rate("queries"), "queries/s", both(20, 0.6)},
			{"slow_queries", rate("slow_queries"), "queries/s", up(0.2, 1)},
			{"aborted_connects", rate("aborted_connects"), "connections/s", up(0.5, 1)},
			{"connection_errors", "sum without (error) (rate(mysql_global_status_connection_errors_total{$scope}[$__rate_interval]))", "errors/s", up(0.5, 1)},
			{"row_lock_waits", rate("innodb_row_lock_waits"), "waits/s", up(2, 1)},
			// The counter is in milliseconds: a value of 3 means that three sessions waited all the time.
			{"row_lock_waiting", "rate(mysql_global_status_innodb_row_lock_time{$scope}[$__rate_interval]) / 1000", "waiters", up(1, 1)},
			{"innodb_reads", rate("innodb_data_reads"), "reads/s", up(200, 2)},
			{"innodb_writes", rate("innodb_data_writes"), "writes/s", up(500, 2)},
			{"innodb_fsyncs", rate("innodb_data_fsyncs"), "fsyncs/s", up(200, 2)},
			{"disk_temporary_tables", rate("created_tmp_disk_tables"), "tables/s", up(5, 2)},
			// Rows read in sequence by full scans.
			{"rows_scanned", "rate(mysql_global_status_handlers_total{$scope,handler=\"read_rnd_next\"}[$__rate_interval])", "rows/s", up(20000, 2)},
			// Seconds_Behind_Master became Seconds_Behind_Source in MySQL 8.0.22, and the metric followed.
			{
				"replication_lag", "mysql_slave_status_seconds_behind_source{$scope} or mysql_slave_status_seconds_behind_master{$scope}",
				"s", up(10, 1),
			},
		},
	}
}
