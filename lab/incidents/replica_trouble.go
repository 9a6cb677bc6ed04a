package incidents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"collector/lab/stage"
)

const (
	strayProduct = 9100             // written on the replica by hand
	hugeRows     = 20_000           // of the archive
	hugeLasts    = 13 * time.Second // the archive's one transaction, so that the replica is later than the threshold
)

// replicaTrouble: a row that somebody wrote on the replica stops it with error
// 1062. When it is mended, an archive job writes for a quarter of a minute in one
// transaction, and the replica falls behind by as much.
func replicaTrouble() Incident {
	return Incident{
		Name: "replica-trouble", Title: "The replica stops, then falls behind", Requires: "MySQLReplicationStopped",
		Expected: []Effect{
			{Kind: "signal"}, {Kind: "mysql.error_log"}, // also of a redo log that is small
			{Kind: "mysql.replication_lag", Targets: []string{stage.Replica}}, // what it has to catch up with
			{Kind: "mysql.long_transaction"},                                  // as the binary logs tell the huge one
			{Kind: "mysql.long_statement", Targets: []string{stage.Replica}},
			{Kind: "mysql.statement_regression"},
			{Kind: "mysql.lock_wait"},
		},
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return unfelt(ctx, t, fillArchive, duplicateKey, pause(5*time.Second), hugeTransaction, pause(4*time.Second))
		},
	}
}

// fillArchive belongs to the calm before.
func fillArchive(ctx context.Context, t *Script) error {
	for _, statement := range []string{
		"CREATE TABLE shop.archive (id INT PRIMARY KEY, order_id INT NOT NULL, pad VARCHAR(100) NOT NULL)",
		fmt.Sprintf("INSERT INTO shop.archive SELECT id, id, REPEAT('x', 100) FROM shop.orders WHERE id <= %d", hugeRows),
	} {
		if _, err := t.stage.DB1.Admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("filling the archive: %w", err)
		}
	}
	if err := t.Wait(ctx, Lead+5*time.Second); err != nil {
		return err
	}
	t.broke = time.Now()
	return nil
}

// duplicateKey stops the replica with a row that is there already.
func duplicateKey(ctx context.Context, t *Script) error {
	insert := fmt.Sprintf("INSERT INTO shop.products VALUES (%d, 99, '%s', 1, 1)", strayProduct, stage.CanaryBlockedLiteral)
	if err := unlogged(ctx, t.stage.DB2.Admin, insert); err != nil {
		return fmt.Errorf("the stray row: %w", err)
	}
	if err := t.Wait(ctx, 2*time.Second); err != nil {
		return err
	}
	stopped := time.Now()
	if _, err := t.stage.DB1.Admin.ExecContext(ctx, insert); err != nil {
		return fmt.Errorf("the row on the primary: %w", err)
	}
	t.stage.Say("the replica stops: duplicate key")
	if err := t.AwaitAlert(ctx, "MySQLReplicationStopped"); err != nil {
		return err
	}
	if err := t.Wait(ctx, 6*time.Second); err != nil {
		return err
	}
	if err := unlogged(ctx, t.stage.DB2.Admin, fmt.Sprintf("DELETE FROM shop.products WHERE id = %d", strayProduct)); err != nil {
		return fmt.Errorf("removing the stray row: %w", err)
	}
	mended := time.Now()
	if _, err := t.stage.DB2.Admin.ExecContext(ctx, "START REPLICA"); err != nil {
		return fmt.Errorf("starting the replica: %w", err)
	}
	t.Note(Truth{Kind: "mysql.replication_stopped", Target: stage.Replica, Attributes: map[string]string{"thread": "sql"}, Start: stopped, End: mended})
	return nil
}

// unlogged executes a statement that no replica will see.
func unlogged(ctx context.Context, db *sql.DB, statement string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "SET SESSION sql_log_bin = 0")
	if err == nil {
		_, err = conn.ExecContext(ctx, statement)
	}
	return err
}

// hugeTransaction rewrites the archive again and again until it has lasted long
// enough, and then commits: only now the replica gets to know of it.
func hugeTransaction(ctx context.Context, t *Script) error {
	tx, err := t.stage.DB1.Admin.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("the archive job: %w", err)
	}
	for began := time.Now(); time.Since(began) < hugeLasts; {
		if _, err := tx.ExecContext(ctx, "UPDATE shop.archive SET pad = REVERSE(CONCAT(LEFT(pad, 99), order_id % 10)), order_id = order_id + 1"); err != nil {
			return errors.Join(fmt.Errorf("the archive job: %w", err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("the archive job: %w", err)
	}
	committed := time.Now()
	t.stage.Say("the archive job has committed; the replica begins")
	caughtUp, err := awaitCaughtUp(ctx, t)
	if err != nil {
		return err
	}
	t.over = caughtUp
	t.Note(Truth{Kind: "mysql.replication_lag", Target: stage.Replica, Start: committed, Fuzz: time.Second, End: caughtUp})
	return nil
}

// awaitCaughtUp waits until the replica has applied what the primary has.
func awaitCaughtUp(ctx context.Context, t *Script) (time.Time, error) {
	if err := t.stage.AwaitReplica(ctx, 2*time.Minute); err != nil {
		return time.Time{}, err
	}
	t.stage.Say("the replica has caught up")
	return time.Now(), nil
}
