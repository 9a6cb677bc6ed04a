package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/servers"
	"collector/lab/stage"
)

// droppedIndex: a migration drops an index that the order history needs. Nothing
// fails; every look at the history now scans all orders, until the index is back.
func droppedIndex() Incident {
	return Incident{
		Name: "dropped-index", Title: "The order history got slow", Seed: "leading-the-postmortem.txt",
		Expected: effects(Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}}, Effect{Kind: "alert"},
			Effect{Kind: "mysql.statement_regression"}),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return unfelt(ctx, t, dropIndex, pause(32*time.Second), restoreIndex, pause(14*time.Second))
		},
	}
}

func dropIndex(ctx context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "shop", Version: "2.3.0", Commit: "c40d1ee", Author: "a.berger", Message: "unused indexes"})
	if err != nil {
		return err
	}
	drop := schemaStep{"ALTER TABLE shop.orders DROP INDEX by_customer", "drop_index", "orders", ""}
	if err := drop.run(ctx, t); err != nil {
		return err
	}
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "2.3.0"})
	t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "2.3.0", "outcome": "finished"}, Start: start, End: end})
	if t.stage.Flavour == servers.FlavourMySQL { // MariaDB keeps no digests unless told to, and no scan is long enough for a sample
		t.Note(Truth{Kind: "mysql.statement_regression", Target: stage.Primary, Start: start, Fuzz: digestInterval})
	}
	return err
}

// digestInterval is how often the recorder reads the statement digests.
const digestInterval = 10 * time.Second

func restoreIndex(ctx context.Context, t *Script) error {
	restore := schemaStep{"ALTER TABLE shop.orders ADD INDEX by_customer (customer_id)", "add_index", "orders", ""}
	if err := restore.run(ctx, t); err != nil {
		return err
	}
	t.over = time.Now()
	at, err := t.Log(stage.Entry{Event: "change", Service: "shop-schema", Version: "index-2", Message: "index on orders (customer_id) is back"})
	if err != nil {
		return fmt.Errorf("restoring the index: %w", err)
	}
	t.Note(Truth{Kind: "change", Target: "shop-schema", Attributes: map[string]string{"version": "index-2"}, Start: at})
	return nil
}
