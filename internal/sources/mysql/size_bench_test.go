package mysql

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/store"
	"collector/internal/store/export"
	"collector/internal/timeline"
	"collector/lab/load"
	"collector/lab/servers"
)

// The bar: at most 3 bytes for an active session at a tick, at 100 active sessions.
const (
	sizeThreads = 100
	sizeTicks   = 4096             // an hour at one second: what goes into the largest block
	sizeLimit   = 18 * time.Minute // a saturated server answers late: what was recorded until then is what is measured
	sizeEvery   = 200 * time.Millisecond
	sizeShapes  = 2000 // different statements of the many-digest workload
)

// sizeLoad has few rows, so that many sessions wait for each other.
var sizeLoad = load.Sysbench{Threads: sizeThreads, Rows: 10_000}

// BenchmarkSizeReal records a saturated server of each flavour under two workloads
// and prints what an active session at a tick takes on disk, beside the same rows
// as JSON lines packed with zstd and xz.
func BenchmarkSizeReal(b *testing.B) {
	workloads := []struct {
		name string
		run  func(context.Context, *testing.B, *servers.DB) (stop func())
	}{
		{"sysbench", runSysbench}, {"many digests", runManyDigests},
	}
	for flavour, kind := range map[string]servers.Kind{servers.FlavourMariaDB: servers.KindMariaDB, servers.FlavourMySQL: servers.KindMySQL} {
		b.Run(flavour, func(b *testing.B) {
			servers.Need(b, kind, servers.KindSysbench)
			db, err := servers.Database(b.Context(), flavour, servers.DBOptions{NoBinlog: true, Lines: []string{"max_connections=300"}})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { db.Close() })
			if err := db.CreateCollectorAccount(b.Context()); err != nil {
				b.Fatal(err)
			}
			if err := sizeLoad.Prepare(b.Context(), db); err != nil {
				b.Fatal(err)
			}
			for _, w := range workloads {
				b.Run(w.name, func(b *testing.B) {
					for b.Loop() {
						awaitHour(b)
						stop := w.run(b.Context(), b, db)
						dir := recordTicks(b, db)
						stop()
						reportSize(b, dir)
					}
				})
			}
		})
	}
}

// awaitHour waits for the next hour of the clock where the run would not end within this
// one: a block holds an hour's ticks, and two halves of a run would have a dictionary each.
func awaitHour(b *testing.B) {
	b.Helper()
	now := time.Now()
	next := now.Truncate(time.Hour).Add(time.Hour)
	if left := next.Sub(now); left < sizeLimit {
		b.Logf("waiting %v for the next hour of the clock", left.Round(time.Second))
		time.Sleep(left)
	}
}

func runSysbench(_ context.Context, b *testing.B, db *servers.DB) func() {
	s, err := sizeLoad.Start(db, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}
}

// runManyDigests lets 100 connections execute statements of many different shapes,
// some of them far more often than others.
func runManyDigests(ctx context.Context, b *testing.B, db *servers.DB) func() {
	if err := db.CreateAccount(ctx, "shop_app", "app-pw", "ALL ON sbtest.*"); err != nil {
		b.Fatal(err)
	}
	pool, err := sql.Open("mysql", db.DSN("shop_app")+"sbtest?interpolateParams=true")
	if err != nil {
		b.Fatal(err)
	}
	pool.SetMaxOpenConns(sizeThreads)
	pool.SetMaxIdleConns(sizeThreads)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for n := range sizeThreads {
		running.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 7))
			often := rand.NewZipf(r, 1.1, 4, sizeShapes-1)
			for ctx.Err() == nil {
				_, _ = pool.ExecContext(ctx, oneOfMany(int(often.Uint64()), r)) // a deadlock is no news
			}
		})
	}
	return func() {
		cancel()
		running.Wait()
		pool.Close()
	}
}

// oneOfMany is a statement of one shape: its columns, aliases and conditions
// follow from the shape's number, its literals are random.
func oneOfMany(shape int, r *rand.Rand) string {
	table, from := 1+shape%8, r.IntN(9900)
	switch shape % 5 {
	case 0:
		return fmt.Sprintf("UPDATE sbtest%d SET k = k + %d, pad = CONCAT('shape_%d_', LEFT(pad, 20)) WHERE id = %d AND c <> 'x%d' AND k <> %d /* job %d */", table, r.IntN(9), shape, from, from, shape, shape)
	case 1:
		return fmt.Sprintf("SELECT c AS col_%d, pad FROM sbtest%d WHERE pad LIKE '%%%d%%' AND k > %d ORDER BY col_%d LIMIT 20", shape, table, from, r.IntN(5000), shape)
	case 2:
		return fmt.Sprintf("SELECT a.id AS first_%d, b.k AS second_%d FROM sbtest%d AS a JOIN sbtest%d AS b ON b.id = a.id WHERE a.id BETWEEN %d AND %d AND b.c LIKE '%%x%d%%'",
			shape, shape, table, 1+(shape/8)%8, from, from+4000, from)
	case 3:
		return fmt.Sprintf("SELECT SUM(k) AS total_%d, COUNT(DISTINCT LEFT(c, 3)) AS kinds_%d FROM sbtest%d WHERE id > %d GROUP BY LEFT(pad, 1) HAVING total_%d > %d", shape, shape, table, from%5000, shape, from)
	}
	return fmt.Sprintf("SELECT t.id, t.k, t.c AS note_%d FROM sbtest%d AS t WHERE t.id > %d AND t.pad LIKE '%%%d%%' ORDER BY t.k LIMIT 5", shape, table, from%3000, from)
}

// recordTicks records a server with the real recorder and returns the store's directory.
func recordTicks(b *testing.B, db *servers.DB) string {
	b.Helper()
	dir := b.TempDir()
	s, err := store.Open(b.Context(), store.Options{Path: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	password := b.TempDir() + "/password"
	if err := os.WriteFile(password, []byte(db.Password(servers.CollectorAccount)), 0o600); err != nil {
		b.Fatal(err)
	}
	config := Config{Name: "db1", Address: db.Addr(), User: servers.CollectorAccount, PasswordFile: password, Interval: model.Duration(sizeEvery)}
	config.SetDefaults()
	r := NewRecorder(config, s, slog.New(slog.DiscardHandler), NewMetrics(prometheus.NewRegistry()))
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	for limit := time.Now().Add(sizeLimit); ; time.Sleep(sizeEvery) {
		held, err := s.Inventory(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if len(held.Servers) == 1 && held.Servers[0].Streams[1].Ticks >= sizeTicks || time.Now().After(limit) {
			break
		}
		time.Sleep(time.Second)
	}
	cancel()
	<-done
	if err := s.Compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	return dir
}

// reportSize prints bytes per row of the sessions stream.
func reportSize(b *testing.B, dir string) {
	b.Helper()
	r, err := store.OpenReadOnly(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	held, err := r.Inventory(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	sessions := held.Servers[0].Streams[1]
	rows := float64(sessions.Rows)
	b.ReportMetric(float64(sessions.Ticks), "ticks")
	b.ReportMetric(rows/float64(sessions.Ticks), "sessions/tick")
	b.ReportMetric(float64(sessions.Bytes)/rows, "B/session-sample")
	var lines bytes.Buffer
	for _, stream := range export.Streams() {
		if stream.Name == sessions.Name {
			if _, err := stream.Write(b.Context(), r, "db1", timeline.Window{From: held.Servers[0].First, To: held.Servers[0].Last.Add(time.Second)}, &lines); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(lines.Len())/rows, "B/JSON-row")
	for _, packer := range [][]string{{"zstd", "-19", "-T1", "-c"}, {"xz", "-9", "-c"}} {
		if size, ok := packed(b, packer, lines.Bytes()); ok {
			b.ReportMetric(float64(size)/rows, "B/JSON-"+strings.Join(packer[:2], "")+"-row")
		}
	}
}

// packed is the size of text after a program packed it; false where there is no
// such program, which is said.
func packed(b *testing.B, command []string, text []byte) (int, bool) {
	b.Helper()
	program, err := exec.LookPath(command[0])
	if err != nil {
		b.Logf("NOT COMPARED: there is no %s", command[0])
		return 0, false
	}
	cmd := exec.CommandContext(b.Context(), program, command[1:]...)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	n, err := io.Copy(io.Discard, out)
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	return int(n), true
}
