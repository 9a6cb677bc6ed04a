package servers

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const replicationAccount = "replication"

// SetUpReplica makes replica follow primary by GTID from the beginning of
// primary's binary log, and returns when both of its threads run.
func SetUpReplica(ctx context.Context, primary, replica *DB) error {
	if err := primary.CreateAccount(ctx, replicationAccount, "replication-pw", "REPLICATION SLAVE ON *.*"); err != nil {
		return err
	}
	statements := []string{
		fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='%s', SOURCE_PASSWORD='%s', "+
			"SOURCE_CONNECT_RETRY=1, SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1",
			primary.Port, replicationAccount, primary.Password(replicationAccount)),
		"START REPLICA",
	}
	if replica.Flavour == FlavourMariaDB {
		statements[0] = fmt.Sprintf("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%d, MASTER_USER='%s', MASTER_PASSWORD='%s', "+
			"MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos",
			primary.Port, replicationAccount, primary.Password(replicationAccount))
	}
	for _, statement := range statements {
		if _, err := replica.Admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("setting up a %s replica: %w", replica.Flavour, err)
		}
	}
	return replica.awaitReplication(ctx)
}

func (db *DB) awaitReplication(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		status, err := db.ReplicaStatus(ctx)
		if err != nil {
			return err
		}
		io, sqlThread := status["Replica_IO_Running"], status["Replica_SQL_Running"]
		if db.Flavour == FlavourMariaDB {
			io, sqlThread = status["Slave_IO_Running"], status["Slave_SQL_Running"]
		}
		if io == "Yes" && sqlThread == "Yes" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the %s replica does not run: IO thread %q %s, SQL thread %q %s", db.Flavour,
				io, status["Last_IO_Error"], sqlThread, status["Last_SQL_Error"])
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ReplicaStatus is the row of SHOW REPLICA STATUS by column name, in the
// flavour's own spelling; it is empty on a server that is no replica.
func (db *DB) ReplicaStatus(ctx context.Context) (map[string]string, error) {
	rows, err := db.Admin.QueryContext(ctx, "SHOW REPLICA STATUS")
	if err != nil {
		return nil, fmt.Errorf("reading the replica status: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("reading the replica status: %w", err)
	}
	status := make(map[string]string, len(columns))
	if rows.Next() {
		values := make([]sql.NullString, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("reading the replica status: %w", err)
		}
		for i, column := range columns {
			status[column] = values[i].String
		}
	}
	return status, rows.Err()
}

// AwaitReplica waits until replica has applied everything that primary has
// written up to now. It asks again and again: a statement that waits on the server
// would be one more thing for a recorder to see.
func AwaitReplica(ctx context.Context, primary, replica *DB, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	position, applied := "SELECT @@GLOBAL.gtid_executed", "SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)"
	if primary.Flavour == FlavourMariaDB {
		position, applied = "SELECT @@GLOBAL.gtid_binlog_pos", "SELECT MASTER_GTID_WAIT(?, 0) = 0"
	}
	var gtid string
	if err := primary.Admin.QueryRowContext(ctx, position).Scan(&gtid); err != nil {
		return fmt.Errorf("reading the primary's position: %w", err)
	}
	for {
		var done bool
		if err := replica.Admin.QueryRowContext(ctx, applied, gtid).Scan(&done); err != nil {
			return fmt.Errorf("waiting for the replica: %w", err)
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the replica did not catch up in %s", limit)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
