package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/lab/stage"
)

// schemaChange: an automated deploy renames one column and drops another that
// the running application still reads. The rollback mends neither: its first
// step succeeds, its second fails. The rename is reverted by hand, which brings
// back reads; orders work again when a release without the dropped column is out.
func schemaChange() Incident {
	return Incident{
		Name: "schema-change", Title: "Shop outage after a schema change", Seed: "outage-postmortem-schema-change.txt",
		Requires: "ShopErrorRateHigh", Expected: effects(),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t,
				deployWithSchemaChange, awaitErrorAlert, pause(8*time.Second), rollbackHalfWay,
				pause(8*time.Second), revertByHand, pause(6*time.Second), deployCompatible, pause(3*time.Second))
		},
	}
}

type step func(ctx context.Context, t *Script) error

// inOrder takes the steps of an incident that the application's users felt.
func inOrder(ctx context.Context, t *Script, steps ...step) error {
	return unfelt(ctx, t, append(steps, func(context.Context, *Script) error { return t.NoteFailures() })...)
}

// unfelt takes the steps of an incident that broke no request.
func unfelt(ctx context.Context, t *Script, steps ...step) error {
	for _, do := range steps {
		if err := do(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func pause(d time.Duration) step {
	return func(ctx context.Context, t *Script) error { return t.Wait(ctx, d) }
}

func awaitErrorAlert(ctx context.Context, t *Script) error {
	return t.AwaitAlert(ctx, "ShopErrorRateHigh")
}

func deployWithSchemaChange(ctx context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{
		Event: "deploy_started", Service: "shop", Version: "2.0.0", Commit: "5d2c9e1", Author: "a.berger", Message: "order totals in cents",
	})
	if err != nil {
		return err
	}
	if err := t.Wait(ctx, 4*time.Second); err != nil { // images are pulled, the migration comes after
		return err
	}
	for _, change := range []schemaStep{
		{"ALTER TABLE shop.orders RENAME COLUMN total TO total_cents", "rename_column", "orders", "total"},
		{"ALTER TABLE shop.orders ADD COLUMN currency CHAR(3) NOT NULL DEFAULT 'EUR' COMMENT '" + stage.CanaryDDLComment + "'", "add_column", "orders", "currency"},
		{"ALTER TABLE shop.customers DROP COLUMN city /* " + stage.CanaryReportComment + " */", "drop_column", "customers", "city"},
	} {
		if err := change.run(ctx, t); err != nil {
			return err
		}
	}
	if err := t.Wait(ctx, 2*time.Second); err != nil {
		return err
	}
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "2.0.0"})
	t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "2.0.0", "outcome": "finished"}, Start: start, End: end})
	return err
}

// schemaStep is one statement of a migration; the truth is noted for both servers.
type schemaStep struct{ sql, operation, table, column string }

func (c schemaStep) run(ctx context.Context, t *Script) error {
	at := time.Now()
	if _, err := t.stage.DB1.Admin.ExecContext(ctx, c.sql); err != nil {
		return fmt.Errorf("%s: %w", c.operation, err)
	}
	done := time.Now()
	what := map[string]string{"operation": c.operation, "table": c.table}
	if c.column != "" {
		what["column"] = c.column
	}
	t.Note(Truth{Kind: "mysql.schema_change", Target: stage.Primary, Start: at, Attributes: what})
	t.Note(onReplica(done, what))
	return nil
}

// onReplica is a schema change as the replica has it: it begins when the primary
// has committed, which is a little before the primary has answered.
func onReplica(answered time.Time, what map[string]string) Truth {
	const commitToAnswer = 100 * time.Millisecond
	return Truth{Kind: "mysql.schema_change", Target: stage.Replica, Start: answered, Fuzz: commitToAnswer, Attributes: what}
}

// rollbackHalfWay runs the down migration, whose second step names an index
// that was never there: error 1091.
func rollbackHalfWay(ctx context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "rollback_started", Service: "shop", Version: "1.9.3", Author: "a.berger", Message: "back from 2.0.0"})
	if err != nil {
		return err
	}
	undo := schemaStep{"ALTER TABLE shop.orders DROP COLUMN currency", "drop_column", "orders", "currency"}
	if err := undo.run(ctx, t); err != nil {
		return err
	}
	if err := t.Wait(ctx, 2*time.Second); err != nil {
		return err
	}
	const cannotDrop = 1091
	_, err = t.stage.DB1.Admin.ExecContext(ctx, "ALTER TABLE shop.orders DROP INDEX by_total_cents")
	if stage.ErrorNumber(err) != cannotDrop {
		return fmt.Errorf("the rollback's second step should fail with error %d: %w", cannotDrop, errors.Join(err))
	}
	end, err := t.Log(stage.Entry{Event: "rollback_failed", Service: "shop", Version: "1.9.3", Message: "step 2 of 3: error 1091"})
	t.Note(Truth{Kind: "rollback", Target: "shop", Attributes: map[string]string{"version": "1.9.3", "outcome": "failed"}, Start: start, End: end})
	return err
}

func revertByHand(ctx context.Context, t *Script) error {
	revert := schemaStep{"ALTER TABLE shop.orders RENAME COLUMN total_cents TO total", "rename_column", "orders", "total_cents"}
	if err := revert.run(ctx, t); err != nil {
		return err
	}
	at, err := t.Log(stage.Entry{Event: "change", Service: "shop-schema", Version: "manual-1", Message: "orders.total_cents renamed back to total by hand"})
	t.Note(Truth{Kind: "change", Target: "shop-schema", Attributes: map[string]string{"version": "manual-1"}, Start: at})
	return err
}

func deployCompatible(ctx context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "shop", Version: "2.0.1", Commit: "77ab013", Author: "c.dorn", Message: "no longer reads customers.city"})
	if err != nil {
		return err
	}
	if err := t.Wait(ctx, 3*time.Second); err != nil {
		return err
	}
	t.stage.App.Release(3)
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "2.0.1"})
	t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "2.0.1", "outcome": "finished"}, Start: start, End: end})
	return err
}
