package prometheus

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"collector/internal/timeline"
	"collector/lab/servers"
)

// BenchmarkGather225m is the bar of a draft's Prometheus half: 225 minutes, ten
// servers scraped every 15 s, twenty signals, on a real Prometheus with
// backfilled data. It reports what the evidence weighs.
func BenchmarkGather225m(b *testing.B) {
	servers.Need(b, servers.KindPromtool, servers.KindPrometheus2, servers.KindPrometheus3)
	begin := time.Now().Add(-30 * time.Hour).Truncate(time.Hour).UTC()
	w := timeline.Window{From: begin.Add(time.Hour), To: begin.Add(time.Hour + 225*time.Minute)}
	for _, every := range []time.Duration{15 * time.Second, time.Second} {
		data := busyFleet(begin, w.To, every).store(b)
		for version := range versions {
			b.Run(fmt.Sprintf("scraped every %s/prometheus %s", every, version), func(b *testing.B) {
				url := startPrometheus(b, servers.PrometheusOptions{Version: version, StorageDir: copyDir(b, data), Rules: rulesEvery("15s"), Retention: "10y"})
				cfg := Config{URL: url, Packs: []string{"mysqld_exporter"}}
				for i := range 20 - len(mysqldExporter().Signals) {
					cfg.Signals = append(cfg.Signals, SignalConfig{Name: fmt.Sprint("own", i), Query: "rate(mysql_global_status_queries[1m])"})
				}
				src := realSource(b, cfg)
				var f timeline.Findings
				for b.Loop() {
					f = draftOf(b, src, w, timeline.Scope{})
				}
				if len(eventsOf(f, timeline.Signal)) < 10 || len(f.Series) < 100 {
					b.Fatalf("%d signals left their baseline in %d series", len(eventsOf(f, timeline.Signal)), len(f.Series))
				}
				size := 0
				for _, e := range f.Evidence {
					size += len(e.Body)
				}
				b.ReportMetric(float64(size)/1024, "KiB-evidence")
				b.ReportMetric(float64(len(f.Evidence)), "records")
			})
		}
	}
}

// busyFleet is ten servers with all metrics of the mysqld_exporter pack; on each
// threads_running is high for a while.
func busyFleet(from, to time.Time, every time.Duration) *history {
	var h history
	r := rand.New(rand.NewPCG(7, 8))
	labels := func(i int) string { return fmt.Sprintf(`{instance="db%d:9104",job="mysql",cluster="shop"}`, i) }
	gauge := func(name string, value func(t time.Time) float64) {
		f := h.family(name, "gauge")
		for i := range 10 {
			f.series(labels(i), from, to, every, func(t time.Time) (float64, bool) { return value(t), true })
		}
	}
	gauge("up", func(time.Time) float64 { return 1 })
	gauge("mysql_up", func(time.Time) float64 { return 1 })
	busyFrom := from.Add(2 * time.Hour)
	gauge("mysql_global_status_threads_running", func(t time.Time) float64 {
		if !t.Before(busyFrom) && t.Before(busyFrom.Add(20*time.Minute)) {
			return 80
		}
		return 2 + float64(r.IntN(3))
	})
	gauge("mysql_global_status_threads_connected", func(time.Time) float64 { return 40 + float64(r.IntN(5)) })
	gauge("mysql_global_variables_max_connections", func(time.Time) float64 { return 151 })
	for _, name := range []string{
		"queries", "slow_queries", "aborted_connects", "innodb_row_lock_current_waits", "innodb_row_lock_waits", "innodb_row_lock_time",
		"innodb_data_reads", "innodb_data_writes", "innodb_data_fsyncs", "created_tmp_disk_tables",
	} {
		total := 0.0
		gauge("mysql_global_status_"+name, func(time.Time) float64 {
			if name == "innodb_row_lock_current_waits" {
				return 0
			}
			total += float64(r.IntN(100))
			return total
		})
	}
	return &h
}
