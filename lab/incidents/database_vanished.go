package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/stage"
)

// databaseVanished: a clean-up job drops the shop's schema. It says nothing to
// the deploy log, so nobody knows at first. The schema is restored from the
// dump that was taken before.
func databaseVanished() Incident {
	return Incident{
		Name: "database-vanished", Title: "The shop's database vanished", Seed: "incident-report-database-vanished.txt",
		Requires: "ShopErrorRateHigh", Expected: effects(
			Effect{Kind: "mysql.replication_lag", Targets: []string{stage.Replica}},
			Effect{Kind: "mysql.schema_change"}), // the restore makes schema and tables anew
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, dump, dropDatabase, awaitErrorAlert, pause(15*time.Second), restore, pause(3*time.Second))
		},
	}
}

// dump is the nightly backup, taken at the last moment before the break so
// that the restore loses next to nothing.
func dump(ctx context.Context, t *Script) error {
	if err := t.stage.Dump(ctx); err != nil {
		return err
	}
	t.broke = time.Now()
	return nil
}

func dropDatabase(ctx context.Context, t *Script) error {
	at := time.Now()
	if _, err := t.stage.DB1.Admin.ExecContext(ctx, "DROP DATABASE shop /* "+stage.CanaryReportComment+" */"); err != nil {
		return fmt.Errorf("dropping the database: %w", err)
	}
	done := time.Now()
	t.stage.Say("the schema shop was dropped")
	dropped := map[string]string{"operation": "drop_schema", "schema": "shop"}
	t.Note(Truth{Kind: "mysql.schema_change", Target: stage.Primary, Start: at, Attributes: dropped})
	t.Note(onReplica(done, dropped))
	return nil
}

func restore(ctx context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "change", Service: "backup", Version: "restore-shop-begin", Message: "restore of shop from the last dump begins"})
	if err != nil {
		return err
	}
	t.Note(Truth{Kind: "change", Target: "backup", Attributes: map[string]string{"version": "restore-shop-begin"}, Start: start})
	if err := t.stage.Restore(ctx); err != nil {
		return err
	}
	if err := t.Wait(ctx, 5*time.Second); err != nil { // the integrity of the data is verified
		return err
	}
	end, err := t.Log(stage.Entry{Event: "change", Service: "backup", Version: "restore-shop-done", Message: "restore of shop verified"})
	t.Note(Truth{Kind: "change", Target: "backup", Attributes: map[string]string{"version": "restore-shop-done"}, Start: end})
	return err
}
