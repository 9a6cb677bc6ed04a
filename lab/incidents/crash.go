package incidents

import (
	"context"
	"fmt"
	"time"

	"collector/lab/stage"
)

// crash: the primary's process dies and is started again.
func crash() Incident {
	return Incident{
		Name: "crash", Title: "The primary crashed", Requires: "ShopErrorRateHigh",
		Expected: effects(Effect{Kind: "mysql.error_log"}, Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}}),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, killPrimary, awaitErrorAlert, pause(5*time.Second), startPrimary, pause(4*time.Second))
		},
	}
}

func killPrimary(_ context.Context, t *Script) (err error) {
	if t.died, err = during(t.stage.DB1.Kill); err != nil {
		return fmt.Errorf("killing the primary: %w", err)
	}
	t.stage.Say("the primary is dead")
	return nil
}

func startPrimary(ctx context.Context, t *Script) error {
	if err := primaryReturns(ctx, t); err != nil {
		return err
	}
	t.Note(t.died.of(Truth{Kind: "mysql.replication_stopped", Target: stage.Replica, Attributes: map[string]string{"thread": "io"}}))
	return nil
}

// primaryReturns starts the primary that died.
func primaryReturns(ctx context.Context, t *Script) error {
	back, err := during(func() error { return t.stage.DB1.Start(ctx) })
	if err != nil {
		return fmt.Errorf("starting the primary: %w", err)
	}
	t.stage.Say("the primary is back after %.1f s", 2*back.fuzz.Seconds())
	t.Note(t.died.of(Truth{Kind: "mysql.down", Target: stage.Primary, End: back.at.Add(back.fuzz)}))
	t.Note(back.of(Truth{Kind: "mysql.restart", Target: stage.Primary}))
	return nil
}
