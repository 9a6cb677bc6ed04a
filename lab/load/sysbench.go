package load

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"collector/lab/servers"
)

// Sysbench is its oltp_read_write: eighteen statements to a transaction.
type Sysbench struct {
	Threads int
	Rows    int // of each of the tables
}

// tables are filled at once by as many threads as a small machine has processors.
const (
	tables         = 8
	prepareThreads = 2
)

func (s Sysbench) arguments(script string, db *servers.DB, threads int, command string) []string {
	return []string{
		script, "--db-driver=mysql", "--mysql-socket=" + db.Socket, "--mysql-user=root", "--mysql-db=sbtest",
		"--tables=" + strconv.Itoa(tables), "--table-size=" + strconv.Itoa(s.Rows), "--threads=" + strconv.Itoa(threads),
		"--mysql-ignore-errors=1213,1020,1205,1180", "--time=0", "--db-ps-mode=disable", command,
	}
}

// Prepare makes and fills the tables.
func (s Sysbench) Prepare(ctx context.Context, db *servers.DB) error {
	if _, err := db.Admin.ExecContext(ctx, "CREATE DATABASE sbtest"); err != nil {
		return fmt.Errorf("preparing sysbench: %w", err)
	}
	out, err := exec.CommandContext(ctx, "sysbench", s.arguments("oltp_read_write", db, prepareThreads, "prepare")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("preparing sysbench: %w\n%s", err, out)
	}
	return nil
}

// Running is a sysbench that runs until it is killed.
type Running struct {
	*servers.Process
	counters *os.File
	buffer   []byte // for a reading
}

// counted is oltp_read_write with a count of its statements.
//
//go:embed counted.lua
var counted []byte

// counterBytes are a thread's own, so that no two write to the same cache line.
const counterBytes = 64

// Start lets it run; dir takes its files.
func (s Sysbench) Start(db *servers.DB, dir string) (r *Running, err error) {
	script := filepath.Join(dir, "counted.lua")
	if err := os.WriteFile(script, counted, 0o600); err != nil {
		return nil, fmt.Errorf("starting sysbench: %w", err)
	}
	counters, err := os.Create(filepath.Join(dir, "counters"))
	if err != nil {
		return nil, fmt.Errorf("starting sysbench: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, counters.Close())
		}
	}()
	if err := counters.Truncate(int64(s.Threads * counterBytes)); err != nil {
		return nil, fmt.Errorf("starting sysbench: %w", err)
	}
	arguments := append(s.arguments(script, db, s.Threads, "run"), "--counters="+counters.Name())
	process, err := servers.Spawn(filepath.Join(dir, "sysbench.log"), nil, "sysbench", arguments...)
	if err != nil {
		return nil, err
	}
	return &Running{process, counters, make([]byte, s.Threads*counterBytes)}, nil
}

// Statements counts those that were answered so far, twenty to a transaction.
func (r *Running) Statements() (n int64, err error) {
	if _, err := r.counters.ReadAt(r.buffer, 0); err != nil {
		return 0, fmt.Errorf("counting statements: %w", err)
	}
	for at := 0; at < len(r.buffer); at += counterBytes {
		n += int64(binary.NativeEndian.Uint64(r.buffer[at:]))
	}
	return n, nil
}

// Close kills it.
func (r *Running) Close() error { return errors.Join(r.Kill(), r.counters.Close()) }
