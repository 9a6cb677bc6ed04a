package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"collector/lab/servers"
)

// told is how much of what a monitor costs is missing at its turns, see turns: the share
// of its work that is in the windows, less what there is of it in as much of the rest of
// the second, to which a window is compared.
func told(inWindows float64) float64 {
	window := turnWindow.Seconds()
	return inWindows - (1-inWindows)*window/(1-window)
}

// inWindows is the share of a monitor's processor time that is spent in the windows of
// its turns: by its own processes, and by the threads of the server that answer it.
func inWindows(ctx context.Context, db *servers.DB, m Monitor, w Watch, phase, length time.Duration) (float64, error) {
	threads, err := threadsOf(ctx, db, m, w)
	if err != nil {
		return 0, err
	}
	turn := time.Now().Truncate(time.Second).Add(time.Second + phase - turnMargin)
	before, err := spentAt(ctx, threads, turn)
	if err != nil {
		return 0, err
	}
	var in, all time.Duration
	for range int(length / time.Second) {
		after, err := spentAt(ctx, threads, turn.Add(turnWindow))
		if err != nil {
			return 0, err
		}
		turn = turn.Add(time.Second)
		next, err := spentAt(ctx, threads, turn)
		if err != nil {
			return 0, err
		}
		in, all, before = in+after-before, all+next-before, next
	}
	return share(in, all), nil
}

// threadsOf are where the kernel tells about the threads of a monitor's processes, and
// of the server's that answer it for longer than one question: patterns of files.
func threadsOf(ctx context.Context, db *servers.DB, m Monitor, w Watch) (patterns []string, err error) {
	processes, err := processesOf(w.Group())
	if err != nil {
		return nil, err
	}
	for _, pid := range processes {
		patterns = append(patterns, filepath.Join("/proc", pid, "task", "*", "schedstat"))
	}
	query := "SELECT TID FROM information_schema.PROCESSLIST WHERE USER = ?"
	if db.Flavour == servers.FlavourMySQL {
		query = "SELECT THREAD_OS_ID FROM performance_schema.threads WHERE PROCESSLIST_USER = ?"
	}
	rows, err := db.Admin.QueryContext(ctx, query, m.Account)
	if err != nil {
		return nil, fmt.Errorf("asking for the threads of %s: %w", m.Account, err)
	}
	defer rows.Close()
	for rows.Next() {
		var thread string
		if err := rows.Scan(&thread); err != nil {
			return nil, fmt.Errorf("asking for the threads of %s: %w", m.Account, err)
		}
		patterns = append(patterns, filepath.Join("/proc", strconv.Itoa(db.Pid()), "task", thread, "schedstat"))
	}
	return patterns, rows.Err()
}

// spentAt is the processor time of threads at some time.
func spentAt(ctx context.Context, patterns []string, at time.Time) (sum time.Duration, err error) {
	if err := wait(ctx, time.Until(at)); err != nil {
		return 0, err
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return 0, err
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				continue // it has ended
			}
			spent, err := parseSchedstat(string(data))
			if err != nil {
				return 0, err
			}
			sum += spent
		}
	}
	return sum, nil
}

// parseSchedstat reads the first number of /proc/PID/task/TID/schedstat: nanoseconds on a
// processor, see the kernel's Documentation/scheduler/sched-stats.rst.
func parseSchedstat(line string) (time.Duration, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the time of a thread: %w", err)
	}
	return time.Duration(n), nil
}
