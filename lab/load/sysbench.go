package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"collector/lab/servers"
)

// Sysbench is a running oltp_read_write with its transactions per second.
type Sysbench struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu      sync.Mutex
	seconds []second
}

// second is one line of sysbench's report.
type second struct {
	at           time.Time
	transactions float64
}

const (
	tables = 8
	rows   = 10_000 // of a table: all of them fit into the buffer pool
)

func arguments(db *servers.DB, threads int, command string) []string {
	return []string{
		"oltp_read_write", "--db-driver=mysql", "--mysql-socket=" + db.Socket, "--mysql-user=root", "--mysql-db=sbtest",
		"--tables=" + strconv.Itoa(tables), "--table-size=" + strconv.Itoa(rows), "--threads=" + strconv.Itoa(threads),
		"--mysql-ignore-errors=1213,1020,1205,1180", "--report-interval=1", "--time=0", "--db-ps-mode=disable", command,
	}
}

// Prepare makes and fills sysbench's tables.
func Prepare(ctx context.Context, db *servers.DB) error {
	if _, err := db.Admin.ExecContext(ctx, "CREATE DATABASE sbtest"); err != nil {
		return fmt.Errorf("preparing sysbench: %w", err)
	}
	out, err := exec.CommandContext(ctx, "sysbench", arguments(db, 2, "prepare")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("preparing sysbench: %w\n%s", err, out)
	}
	return nil
}

// Start lets sysbench run until it is stopped.
func Start(ctx context.Context, db *servers.DB, threads int) (*Sysbench, error) {
	s := &Sysbench{cmd: exec.CommandContext(ctx, "sysbench", arguments(db, threads, "run")...), done: make(chan struct{})}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting sysbench: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting sysbench: %w", err)
	}
	go s.read(out)
	return s, nil
}

// read takes "[ 3s ] thds: 64 tps: 1234.56 qps: ..." lines until sysbench ends.
func (s *Sysbench) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if tps, ok := transactions(lines.Text()); ok {
			s.mu.Lock()
			s.seconds = append(s.seconds, second{time.Now(), tps})
			s.mu.Unlock()
		}
	}
	_ = s.cmd.Wait() // how it ended says nothing: it is killed
	close(s.done)
}

func transactions(line string) (float64, bool) {
	_, rest, found := strings.Cut(line, " tps: ")
	if !found {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, " ")
	tps, err := strconv.ParseFloat(number, 64)
	return tps, err == nil
}

// Mean is the throughput between two times: transactions per second.
func (s *Sysbench) Mean(from, to time.Time) (float64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, n := 0.0, 0
	for _, sec := range s.seconds { // a line tells of the second before it
		if begin := sec.at.Add(-time.Second); !begin.Before(from) && !sec.at.After(to) {
			sum += sec.transactions
			n++
		}
	}
	if n == 0 {
		return 0, errors.New("sysbench reported nothing in this stretch")
	}
	return sum / float64(n), nil
}

// Close stops sysbench.
func (s *Sysbench) Close() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("stopping sysbench: %w", err)
	}
	<-s.done
	return nil
}
