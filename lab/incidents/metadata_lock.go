package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/stage"
)

// idleFor is how long the forgotten transaction is open before the migration
// comes: with what follows, so long that it counts as long.
const idleFor = 14 * time.Second

// metadataLock: somebody looked at an order in a transaction and went to lunch.
// A migration waits for the transaction, and the whole shop waits behind the
// migration, until the forgotten session is killed.
func metadataLock() Incident {
	return Incident{
		Name: "metadata-lock", Title: "The shop waits behind a migration", Seed: "leading-the-postmortem.txt",
		Requires: "ShopErrorRateHigh",
		Expected: effects(
			Effect{Kind: "mysql.long_statement", Targets: []string{stage.Primary}},  // the requests that wait for so long
			Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}},       // when all of them go on at once
			Effect{Kind: "mysql.replication_lag", Targets: []string{stage.Replica}}, // it gets to know of the migration when that is done
			Effect{Kind: "mysql.error_log"}),
		Steps: runMetadataLock,
	}
}

func runMetadataLock(ctx context.Context, s *stage.Stage, t *Script) error {
	lunch, err := s.Session(ctx)
	if err != nil {
		return err
	}
	defer lunch.Close()
	opened := time.Now()
	for _, statement := range []string{"START TRANSACTION", "SELECT note FROM orders WHERE id = 7 AND note <> '" + stage.CanaryBlockedLiteral + "'"} {
		if _, err := lunch.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("the forgotten transaction: %w", err)
		}
	}
	if err := t.Wait(ctx, idleFor); err != nil {
		return err
	}
	start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "shop", Version: "2.2.0", Commit: "a91f3c0", Author: "a.berger", Message: "gift wrapping"})
	if err != nil {
		return err
	}
	t.broke = start
	migrated := make(chan error, 1)
	asked := time.Now()
	go func() {
		_, err := s.DB1.Admin.ExecContext(ctx, "ALTER TABLE shop.orders ADD COLUMN gift_wrap INT NOT NULL DEFAULT 731904 COMMENT '"+stage.CanaryDDLComment+"'")
		migrated <- err
	}()
	err = inOrder(ctx, t, awaitErrorAlert, func(ctx context.Context, t *Script) error { return t.Wait(ctx, time.Until(start.Add(18*time.Second))) })
	if err != nil {
		return err
	}
	killed := time.Now()
	if _, err := s.DB1.Admin.ExecContext(ctx, fmt.Sprintf("KILL %d", lunch.ID)); err != nil {
		return fmt.Errorf("killing the forgotten session: %w", err)
	}
	s.Say("the forgotten session was killed")
	if err := <-migrated; err != nil {
		return fmt.Errorf("the migration: %w", err)
	}
	done := time.Now()
	t.Note(Truth{Kind: "mysql.kill", Target: stage.Primary, Start: killed})
	t.Note(Truth{Kind: "mysql.long_transaction", Target: stage.Primary, Start: opened, End: killed})
	t.Note(Truth{Kind: "mysql.metadata_lock_wait", Target: stage.Primary, Start: asked, End: killed})
	change := map[string]string{"operation": "add_column", "table": "orders", "column": "gift_wrap"}
	t.Note(Truth{Kind: "mysql.schema_change", Target: stage.Primary, Start: asked, End: done, Attributes: change})
	t.Note(onReplica(done, change))
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "2.2.0"})
	t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "2.2.0", "outcome": "finished"}, Start: start, End: end})
	if err != nil {
		return err
	}
	return t.Wait(ctx, 3*time.Second)
}
