package prometheus

// nodeExporter is the pack for prometheus/node_exporter on Linux, 1.0 and newer.
func nodeExporter() Pack {
	const pseudo = "tmpfs|ramfs|overlay|squashfs|iso9660" // file systems that nobody fills by mistake
	return Pack{
		Name:   "node_exporter",
		Anchor: "node_load1",
		Signals: []packSignal{
			{
				// A share of all the time that was counted, because a rate is too low while
				// its series is younger than its range, and 1 minus the idle rate too high.
				// A processor that waits for the disk is idle; disk_busy tells of that.
				"cpu_busy",
				`sum without (cpu, mode) (rate(node_cpu_seconds_total{$scope,mode!~"idle|iowait"}[$__rate_interval]))` +
					` / sum without (cpu, mode) (rate(node_cpu_seconds_total{$scope}[$__rate_interval]))`,
				"ratio", up(0.3, 0.5), false,
			},
			{
				"load_per_cpu",
				`node_load1{$scope} / count without (cpu, mode) (node_cpu_seconds_total{$scope,mode="idle"})`,
				"", up(1, 1), false,
			},
			{
				"memory_available", "node_memory_MemAvailable_bytes{$scope} / node_memory_MemTotal_bytes{$scope}",
				"ratio", down(0.15, 0.3), false,
			},
			{
				"disk_busy", `rate(node_disk_io_time_seconds_total{$scope,device!~"loop.*|z?ram.*|sr.*|dm-.*"}[$__rate_interval])`,
				"ratio", up(0.3, 1), false,
			},
			{
				"filesystem_free",
				`node_filesystem_avail_bytes{$scope,fstype!~"` + pseudo + `"} / node_filesystem_size_bytes{$scope,fstype!~"` + pseudo + `"}`,
				"ratio", down(0.05, 0.2), false,
			},
			{
				"network_errors",
				"sum without (device) (rate(node_network_receive_errs_total{$scope}[$__rate_interval]))" +
					" + sum without (device) (rate(node_network_transmit_errs_total{$scope}[$__rate_interval]))",
				"errors/s", up(1, 1), true,
			},
		},
	}
}
