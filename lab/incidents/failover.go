package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/servers"
	"collector/lab/stage"
)

// failover: the primary dies. A replica is promoted, the other one follows it,
// the application moves. When the old primary is back, somebody writes to it
// before it is made read-only: a transaction that no other server has.
func failover() Incident {
	return Incident{
		Name: "failover", Title: "Failover of the shop's primary", Requires: "ShopErrorRateHigh", SecondReplica: true,
		Expected: []Effect{
			{Kind: "signal"}, {Kind: "mysql.error_log"}, {Kind: "mysql.replication_lag"},
			{Kind: "mysql.topology_change"}, // the rest of the story: replicas lost and found, errant transactions
		},
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, killPrimary, awaitErrorAlert, pause(2*time.Second), promote, pause(2*time.Second), repoint,
				pause(4*time.Second), oldPrimaryReturns, pause(4*time.Second))
		},
	}
}

// promote makes the first replica the primary. A sample may fall between its statements.
func promote(ctx context.Context, t *Script) error {
	for _, step := range []struct {
		statement string
		effect    Truth
	}{
		{"STOP REPLICA", Truth{Kind: "mysql.replication_stopped", Target: stage.Replica, Attributes: map[string]string{"thread": "sql"}, Optional: true}},
		{resetReplica(t.stage.Flavour), Truth{Kind: "mysql.topology_change", Target: stage.Replica, Attributes: map[string]string{"to": "none"}}},
		{"SET GLOBAL read_only = OFF", Truth{Kind: "mysql.role_change", Target: stage.Replica, Attributes: map[string]string{"to": "writable"}}},
	} {
		if err := t.noteEffect(step.effect, func() error { return execute(ctx, t.stage.DB2, step.statement) }); err != nil {
			return fmt.Errorf("promoting %s: %w", stage.Replica, err)
		}
	}
	t.stage.Say("%s is promoted", stage.Replica)
	for _, replica := range []string{stage.Replica, stage.Second} {
		t.Note(t.died.of(Truth{Kind: "mysql.replication_stopped", Target: replica, Attributes: map[string]string{"thread": "io"}}))
	}
	return t.stage.App.Connect(stage.AppConfig(t.stage.DB2), appIdle)
}

// appIdle is how many idle connections the application keeps.
const appIdle = 9

func resetReplica(flavour string) string {
	if flavour == servers.FlavourMariaDB {
		return "RESET SLAVE ALL"
	}
	return "RESET REPLICA ALL"
}

// repoint lets the second replica follow the new primary.
func repoint(ctx context.Context, t *Script) error {
	stopped := Truth{Kind: "mysql.replication_stopped", Target: stage.Second, Attributes: map[string]string{"thread": "sql"}, Optional: true}
	if err := t.noteEffect(stopped, func() error { return execute(ctx, t.stage.DB3, "STOP REPLICA") }); err != nil {
		return fmt.Errorf("repointing %s: %w", stage.Second, err)
	}
	moved := Truth{Kind: "mysql.topology_change", Target: stage.Second, Attributes: map[string]string{"to": t.stage.DB2.Addr()}}
	if err := t.noteEffect(moved, func() error { return servers.SetUpReplica(ctx, t.stage.DB2, t.stage.DB3) }); err != nil {
		return fmt.Errorf("repointing %s: %w", stage.Second, err)
	}
	t.stage.Say("%s follows %s", stage.Second, stage.Replica)
	return nil
}

// oldPrimaryReturns lets the old primary come back writable for a moment.
func oldPrimaryReturns(ctx context.Context, t *Script) error {
	if err := primaryReturns(ctx, t); err != nil {
		return err
	}
	if err := execute(ctx, t.stage.DB1, "UPDATE shop.products SET stock = stock + 1 WHERE id = 9001 AND name <> '"+stage.CanaryDeadlock+"'"); err != nil {
		return fmt.Errorf("writing to the old primary: %w", err)
	}
	if err := t.Wait(ctx, 3*time.Second); err != nil {
		return err
	}
	closed := Truth{Kind: "mysql.role_change", Target: stage.Primary, Attributes: map[string]string{"to": "read-only"}}
	if err := t.noteEffect(closed, func() error { return execute(ctx, t.stage.DB1, "SET GLOBAL read_only = ON") }); err != nil {
		return fmt.Errorf("closing the old primary: %w", err)
	}
	return nil
}

func execute(ctx context.Context, db *servers.DB, statement string) error {
	if _, err := db.Admin.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
