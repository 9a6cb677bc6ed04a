package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/lab/servers"
)

// The bar: less than 50 MiB of resident memory with ten servers at 1 s.
const (
	memoryServers  = 10
	memorySessions = 50 // active at each server
	memoryRuns     = 3 * time.Minute
)

// BenchmarkServeMemory runs `collector serve` with ten names of two real servers
// for three minutes and reports its resident memory: at the end, and at its peak.
func BenchmarkServeMemory(b *testing.B) {
	servers.Need(b, servers.KindMariaDB, servers.KindMySQL)
	dir := b.TempDir()
	binary := filepath.Join(dir, "collector")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as `make build` does: a static program
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	var addresses []string
	for _, flavour := range []string{servers.FlavourMariaDB, servers.FlavourMySQL} {
		db, err := servers.Database(b.Context(), flavour, servers.DBOptions{Lines: []string{"max_connections=200"}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		if err := db.CreateCollectorAccount(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(keepBusy(b, db))
		addresses = append(addresses, db.Addr())
	}
	config := memoryConfig(b, dir, addresses)
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), binary, "serve", "--config", config)
		cmd.Stderr = b.Output()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		time.Sleep(memoryRuns)
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(mebibytes(b, string(status), "VmRSS"), "MiB-resident")
		b.ReportMetric(mebibytes(b, string(status), "VmHWM"), "MiB-peak")
		b.ReportMetric(mebibytes(b, string(status), "RssAnon"), "MiB-anonymous") // the rest is the program's own file
	}
}

// mebibytes reads a line of /proc/PID/status.
func mebibytes(b *testing.B, status, name string) float64 {
	b.Helper()
	for line := range strings.Lines(status) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name+":" {
			n, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			return n / 1024
		}
	}
	b.Fatalf("no %s", name)
	return 0
}

// keepBusy lets sessions execute statements of changing shapes and literals.
func keepBusy(b *testing.B, db *servers.DB) (stop func()) {
	b.Helper()
	if err := db.CreateAccount(b.Context(), "shop_app", "app-pw"); err != nil {
		b.Fatal(err)
	}
	pool, err := sql.Open("mysql", db.DSN("shop_app"))
	if err != nil {
		b.Fatal(err)
	}
	pool.SetMaxOpenConns(memorySessions)
	pool.SetMaxIdleConns(memorySessions)
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	var running sync.WaitGroup
	for session := range memorySessions {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, _ = pool.ExecContext(ctx, fmt.Sprintf("SELECT SLEEP(%d.%d) AS column_%d, 'literal %d of session %d'", i%3, 1+session%9, (i*memorySessions+session)%700, i, session))
			}
		})
	}
	return func() {
		cancel()
		running.Wait()
		pool.Close()
	}
}

func memoryConfig(b *testing.B, dir string, addresses []string) string {
	b.Helper()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("collector-pw"), 0o600); err != nil {
		b.Fatal(err)
	}
	text := fmt.Sprintf("storage: {path: %s}\nserver: {listen: '127.0.0.1:0'}\nmysql:\n", filepath.Join(dir, "store"))
	for n := range memoryServers {
		text += fmt.Sprintf("  - {name: db%d, address: '%s', user: %s, password_file: %s}\n", n, addresses[n%len(addresses)], servers.CollectorAccount, password)
	}
	path := filepath.Join(dir, "memory.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
