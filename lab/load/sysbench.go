package load

import (
	"context"
	"fmt"
	"os/exec"
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

func (s Sysbench) arguments(db *servers.DB, threads int, command string) []string {
	return []string{
		"oltp_read_write", "--db-driver=mysql", "--mysql-socket=" + db.Socket, "--mysql-user=root", "--mysql-db=sbtest",
		"--tables=" + strconv.Itoa(tables), "--table-size=" + strconv.Itoa(s.Rows), "--threads=" + strconv.Itoa(threads),
		"--mysql-ignore-errors=1213,1020,1205,1180", "--time=0", "--db-ps-mode=disable", command,
	}
}

// Prepare makes and fills the tables.
func (s Sysbench) Prepare(ctx context.Context, db *servers.DB) error {
	if _, err := db.Admin.ExecContext(ctx, "CREATE DATABASE sbtest"); err != nil {
		return fmt.Errorf("preparing sysbench: %w", err)
	}
	out, err := exec.CommandContext(ctx, "sysbench", s.arguments(db, prepareThreads, "prepare")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("preparing sysbench: %w\n%s", err, out)
	}
	return nil
}

// Start lets it run until it is killed; log is the file of what it says.
func (s Sysbench) Start(db *servers.DB, log string) (*servers.Process, error) {
	return servers.Spawn(log, nil, "sysbench", s.arguments(db, s.Threads, "run")...)
}
