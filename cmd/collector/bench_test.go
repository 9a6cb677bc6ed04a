package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"collector/internal/store"
	"collector/lab/servers"
)

// The bar: a window of 225 minutes, ten servers recorded every second with 50
// active sessions each, 20 signals of each server in a real Prometheus.
const (
	barServers  = 10
	barSessions = 50
	barSignals  = 20
	barWindow   = 225 * time.Minute
	barLead     = time.Hour // of baseline before the window
)

// BenchmarkDraft225m drafts with the built binary, as a user does. It reports the
// seconds of one draft and the process's peak memory; the bars are 5 s and 256 MiB.
func BenchmarkDraft225m(b *testing.B) {
	servers.Need(b, servers.KindPromtool, servers.KindPrometheus2, servers.KindPrometheus3)
	dir := b.TempDir()
	binary := filepath.Join(dir, "collector")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	from := time.Now().Add(-30 * time.Hour).UTC().Truncate(time.Hour)
	recordFleet(b, filepath.Join(dir, "store"), from)
	blocks := backfillFleet(b, dir, from)
	for _, version := range []string{servers.Prometheus242, servers.Prometheus35} {
		b.Run("prometheus "+version, func(b *testing.B) {
			data := filepath.Join(dir, "data-"+version)
			if err := os.CopyFS(data, os.DirFS(blocks)); err != nil {
				b.Fatal(err)
			}
			server, err := servers.Prometheus(b.Context(), servers.PrometheusOptions{Version: version, StorageDir: data, Retention: "10y"})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = server.Close() })
			config := fleetConfig(b, dir, server.URL)
			var peak int64
			n := 0
			for b.Loop() {
				n++
				cmd := exec.CommandContext(b.Context(), binary, "draft", "--config", config, "--out", filepath.Join(b.TempDir(), fmt.Sprint(n)),
					"--from", from.Format(time.RFC3339), "--to", from.Add(barWindow).Format(time.RFC3339))
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("draft: %v\n%s", err, out)
				}
				if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
					peak = max(peak, usage.Maxrss)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(n), "s/draft")
			b.ReportMetric(float64(peak)/1024, "MiB-peak")
		})
	}
}

// recordFleet writes the recording of all servers, with an outage of one.
func recordFleet(b *testing.B, path string, from time.Time) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{Path: path, Log: discard()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for n := range barServers {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		for second := range int(barWindow / time.Second) {
			if n == 3 && second > 5000 && second < 5060 {
				continue // nobody looked
			}
			if err := s.Append(b.Context(), fmt.Sprintf("db%d", n), fleetTick(r, from, second)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// fleetTick is one look at a busy server: sessions that come and go, one that stays.
func fleetTick(r *rand.Rand, from time.Time, second int) store.Tick {
	sessions := make([]store.Session, barSessions)
	for i := range sessions {
		sessions[i] = store.Session{
			ID: uint64(1000 + i), User: "shop_rw", Host: fmt.Sprintf("app%d", i%5), DB: "shop", Command: "Query", State: "executing",
			SQL: fmt.Sprintf("SELECT c%d FROM orders WHERE id = ?", r.IntN(200)), Elapsed: time.Duration(r.IntN(900)) * time.Millisecond,
		}
	}
	if running := second - 6000; running >= 0 && running < 60 {
		sessions[0].SQL, sessions[0].Elapsed = "SELECT COUNT(*) FROM orders", time.Duration(running)*time.Second
	}
	return store.Tick{
		Heartbeat: store.Heartbeat{
			At: from.Add(time.Duration(second) * time.Second), Interval: time.Second, RoundTrip: 300 * time.Microsecond,
			UptimeSec: uint64(100000 + second), Version: "10.11.19-MariaDB", ServerID: 1, Queries: 5, Spent: 3 * time.Millisecond,
		},
		Sessions: &store.Sessions{Active: sessions, Idle: map[string]int{"shop_rw": 40}},
		Replicas: &store.Replicas{},
		Status:   store.Status{"Threads_connected": 90, "Threads_running": int64(20 + r.IntN(30)), "Questions": int64(second * 900), "max_connections": 500},
	}
}

// backfillFleet makes Prometheus blocks of all signals, scraped every 15 s, and
// returns their directory. Each tenth signal of a server leaves its baseline.
func backfillFleet(b *testing.B, dir string, from time.Time) string {
	b.Helper()
	text := filepath.Join(dir, "fleet.om")
	file, err := os.Create(text)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fleetSeries(w, "up", from, func(*rand.Rand, int, time.Duration) float64 { return 1 })
	for signal := range barSignals {
		fleetSeries(w, fmt.Sprintf("fleet_signal_%d", signal), from, func(r *rand.Rand, n int, since time.Duration) float64 {
			if (signal+n)%10 == 0 && since > 100*time.Minute && since < 130*time.Minute {
				return 900 + float64(r.IntN(50))
			}
			return 100 + float64(r.IntN(20))
		})
	}
	fmt.Fprintln(w, "# EOF")
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	blocks := filepath.Join(dir, "blocks")
	if out, err := exec.CommandContext(b.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", text, blocks).CombinedOutput(); err != nil {
		b.Fatalf("promtool: %v\n%s", err, out)
	}
	return blocks
}

func fleetSeries(w io.Writer, name string, from time.Time, value func(r *rand.Rand, server int, since time.Duration) float64) {
	fmt.Fprintf(w, "# TYPE %s gauge\n", name)
	for n := range barServers {
		r := rand.New(rand.NewPCG(uint64(n), 2))
		for since := -barLead; since < barWindow; since += 15 * time.Second {
			fmt.Fprintf(w, "%s{instance=\"db%d:9104\",job=\"mysql\"} %g %d\n", name, n, value(r, n, since), from.Add(since).Unix())
		}
	}
}

func fleetConfig(b *testing.B, dir, prometheus string) string {
	b.Helper()
	path := filepath.Join(dir, "fleet.yaml")
	text := fmt.Sprintf("storage: {path: %s}\nprometheus:\n  - url: %s\n    packs: []\n    signals:\n", filepath.Join(dir, "store"), prometheus)
	for signal := range barSignals {
		text += fmt.Sprintf("      - {name: signal_%d, query: fleet_signal_%d, unit: things}\n", signal, signal)
	}
	text += "mysql:\n"
	for n := range barServers {
		text += fmt.Sprintf("  - {name: db%d, address: '127.0.0.1:1', user: collector, labels: {instance: 'db%d:9104'}}\n", n, n)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
