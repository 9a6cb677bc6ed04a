package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"collector/lab/servers"
)

// CPU is processor time. It is counted, so it has none of the noise of throughput; but
// it does not see what waits for a lock that the monitor holds: that only shows in the
// throughput.
type CPU struct {
	Server  time.Duration // of the server's process, all of it
	Account time.Duration // of the statements of the monitor's account, by the server's own count
	Own     time.Duration // of the monitor's processes
	Elapsed time.Duration // by the clock, times the processors
}

func (c CPU) minus(o CPU) CPU {
	return CPU{c.Server - o.Server, c.Account - o.Account, c.Own - o.Own, c.Elapsed - o.Elapsed}
}

// InServer is the part of the server's processor time that went to the monitor.
func (c CPU) InServer() float64 { return share(c.Account, c.Server) }

// OnMachine is the part of the machine's that the monitor's own processes took.
func (c CPU) OnMachine() float64 { return share(c.Own, c.Elapsed) }

func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// readCPU is what was spent so far.
func readCPU(ctx context.Context, db *servers.DB, m Monitor, w Watch) (c CPU, err error) {
	c.Elapsed = time.Since(processStart) * time.Duration(runtime.NumCPU())
	if c.Server, err = processCPU(db.Pid()); err != nil {
		return c, err
	}
	if c.Own, err = groupCPU(w.Group()); err != nil {
		return c, err
	}
	c.Account, err = accountCPU(ctx, db, m.Account)
	return c, err
}

// processStart is what the clock is read against.
var processStart = time.Now()

// countCPU has a server count the processor time of each account: MariaDB in
// USER_STATISTICS (userstat), MySQL since 8.0.28 in the statement summaries, with the
// consumer events_statements_cpu, which says so for sessions of any age.
func countCPU(ctx context.Context, db *servers.DB) error {
	query := "SET GLOBAL userstat = ON"
	if db.Flavour == servers.FlavourMySQL {
		query = "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME = 'events_statements_cpu'"
	}
	if _, err := db.Admin.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("counting processor time: %w", err)
	}
	return nil
}

// accountCPU is the processor time of an account's statements so far.
func accountCPU(ctx context.Context, db *servers.DB, account string) (time.Duration, error) {
	query := "SELECT COALESCE(SUM(CPU_TIME), 0) FROM information_schema.USER_STATISTICS WHERE USER = ?"
	if db.Flavour == servers.FlavourMySQL {
		query = "SELECT COALESCE(SUM(SUM_CPU_TIME), 0) / 1e12 FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE USER = ?"
	}
	var seconds float64
	if err := db.Admin.QueryRowContext(ctx, query, account).Scan(&seconds); err != nil {
		return 0, fmt.Errorf("asking for the processor time of %s: %w", account, err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// userHertz is the unit of the times in /proc/PID/stat: USER_HZ, 100 on every
// architecture that Go runs on, see proc_pid_stat(5).
const userHertz = 100

// processStat is what is needed of /proc/PID/stat.
type processStat struct {
	group int
	spent time.Duration // by the process, and by its children that ended
}

// parseStat reads a line of /proc/PID/stat. The program's name stands in brackets and
// may hold anything.
func parseStat(line string) (processStat, error) {
	_, rest, found := strings.Cut(line[strings.LastIndexByte(line, ')')+1:], " ")
	fields := strings.Fields(rest) // from the third on: the state
	if !found || len(fields) < 15 {
		return processStat{}, fmt.Errorf("reading the times of a process: %q", line)
	}
	group, err := strconv.Atoi(fields[2])
	if err != nil {
		return processStat{}, fmt.Errorf("reading the times of a process: %w", err)
	}
	var ticks int64
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return processStat{}, fmt.Errorf("reading the times of a process: %w", err)
		}
		ticks += n
	}
	return processStat{group, time.Duration(ticks) * time.Second / userHertz}, nil
}

// groupCPU is the processor time of a process and all that it started, also of what
// ended meanwhile.
func groupCPU(group int) (sum time.Duration, err error) {
	err = eachOf(group, func(_ string, stat processStat) { sum += stat.spent })
	return sum, err
}

// processesOf are a process and all that it started.
func processesOf(group int) (pids []string, err error) {
	err = eachOf(group, func(pid string, _ processStat) { pids = append(pids, pid) })
	return pids, err
}

// eachOf yields a process and all that it started, as far as they have not ended.
func eachOf(group int, yield func(pid string, stat processStat)) error {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		stat, err := parseStat(string(data))
		if err != nil {
			return err
		}
		if stat.group == group {
			yield(filepath.Base(filepath.Dir(file)), stat)
		}
	}
	return nil
}

// processCPU is the processor time of one process.
func processCPU(pid int) (time.Duration, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("reading the times of a process: %w", err)
	}
	stat, err := parseStat(string(data))
	return stat.spent, err
}
