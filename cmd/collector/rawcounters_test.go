package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The story that rawMetrics tells, in time since the first scrape: mysqld is restarted
// for maintenance, and later a statement holds locks until everybody waits for them.
const (
	rawEvery   = 15 * time.Second // between two scrapes
	rawRestart = 25 * time.Minute
	rawOnset   = time.Hour + 7*time.Minute + 22*time.Second
	rawEnd     = rawOnset + 11*time.Minute
	rawLength  = 90 * time.Minute
)

// rawMetric is a series as an exporter shows it.
type rawMetric struct {
	series string
	phase  time.Duration // of its scrapes
	value  func(since time.Duration) float64
	server bool // mysqld has it: there is none while mysqld is restarted
}

// rawMetrics are what exporters show of the story: db1 suffers and the shop with it, db2
// goes on as ever.
func rawMetrics() []rawMetric {
	var all []rawMetric
	for n, on := range []string{`instance="db1:9104",job="mysql",cluster="shop"`, `instance="db2:9104",job="mysql",cluster="shop"`} {
		phase := time.Duration(4+3*n) * time.Second
		add := func(name, more string, kind func(normal, then float64) func(time.Duration) float64, normal, then float64) {
			if n == 1 {
				then = normal
			}
			all = append(all, rawMetric{name + "{" + on + more + "}", phase, kind(normal, then), true})
		}
		all = append(all, rawMetric{"up{" + on + "}", phase, func(time.Duration) float64 { return 1 }, false},
			rawMetric{"mysql_up{" + on + "}", phase, func(since time.Duration) float64 {
				if restarts(since) {
					return 0
				}
				return 1
			}, false})
		add("mysql_global_status_queries", "", serverCounter, 900, 110)
		add("mysql_global_status_slow_queries", "", serverCounter, 0, 2.5)
		add("mysql_global_status_innodb_row_lock_waits", "", serverCounter, 0.3, 14)
		add("mysql_global_status_innodb_row_lock_time", "", serverCounter, 4, 38000)
		add("mysql_global_status_handlers_total", `,handler="read_rnd_next"`, serverCounter, 3000, 410000)
		add("mysql_global_status_handlers_total", `,handler="read_key"`, serverCounter, 7000, 900)
		add("mysql_global_status_connection_errors_total", `,error="max_connection"`, serverCounter, 0, 6)
		add("mysql_global_status_connection_errors_total", `,error="internal"`, serverCounter, 0, 0)
		add("mysql_global_status_threads_connected", "", gauge, 61, 430)
		add("mysql_global_variables_max_connections", "", gauge, 500, 500)
		add("mysql_global_status_threads_running", "", gauge, 6, 140)
	}
	const shop = `instance="shop:8080",job="shop",cluster="shop"`
	for _, m := range []struct {
		name         string
		normal, then float64
	}{
		{`http_requests_total{` + shop + `,code="200"}`, 80, 31},
		{`http_requests_total{` + shop + `,code="503"}`, 0.05, 24},
		{`http_request_duration_seconds_bucket{` + shop + `,le="0.1"}`, 76, 3},
		{`http_request_duration_seconds_bucket{` + shop + `,le="1"}`, 79.9, 9},
		{`http_request_duration_seconds_bucket{` + shop + `,le="10"}`, 80, 54},
		{`http_request_duration_seconds_bucket{` + shop + `,le="+Inf"}`, 80, 55},
	} {
		all = append(all, rawMetric{m.name, 9 * time.Second, counter(m.normal, m.then), false})
	}
	return append(all, rawMetric{"up{" + shop + "}", 9 * time.Second, func(time.Duration) float64 { return 1 }, false})
}

// restarts reports whether mysqld is away.
func restarts(since time.Duration) bool {
	return since >= rawRestart-20*time.Second && since < rawRestart+10*time.Second
}

// counter grows by so many in each second, a little unevenly, and by other ones from the
// onset to the end.
func counter(normal, then float64) func(time.Duration) float64 {
	return func(since time.Duration) float64 {
		in := max(0, min(since, rawEnd)-rawOnset).Seconds()
		calm := since.Seconds() - in
		return math.Floor(normal*(calm+2*math.Sin(calm/37)) + then*in)
	}
}

// serverCounter is a counter that begins anew when mysqld is restarted.
func serverCounter(normal, then float64) func(time.Duration) float64 {
	grown := counter(normal, then)
	return func(since time.Duration) float64 {
		if since > rawRestart {
			return grown(since) - grown(rawRestart)
		}
		return 5e6 + grown(since)
	}
}

// gauge stands at a level, a little unevenly, and climbs to another within a minute.
func gauge(normal, then float64) func(time.Duration) float64 {
	return func(since time.Duration) float64 {
		level := normal
		if since >= rawOnset && since < rawEnd {
			level += (then - normal) * min(1, (since-rawOnset).Minutes())
		}
		if normal == then {
			return level
		}
		return math.Round(level * (1 + 0.1*math.Sin(since.Seconds()/23)))
	}
}

// backfillRaw makes Prometheus blocks of the raw metrics and returns their directory.
// Each ninth scrape comes a second late.
func backfillRaw(t *testing.T, begin time.Time) string {
	t.Helper()
	dir := t.TempDir()
	text := filepath.Join(dir, "raw.om")
	file, err := os.Create(text)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	for _, m := range rawMetrics() {
		for n := 0; ; n++ {
			since := m.phase + time.Duration(n)*rawEvery
			if n%9 == 8 {
				since += time.Second
			}
			if since > rawLength {
				break
			}
			if m.server && restarts(since) {
				continue
			}
			fmt.Fprintf(w, "%s %g %d\n", m.series, m.value(since), begin.Add(since).Unix())
		}
	}
	fmt.Fprintln(w, "# EOF")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	blocks := filepath.Join(dir, "blocks")
	if out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", text, blocks).CombinedOutput(); err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	return blocks
}
