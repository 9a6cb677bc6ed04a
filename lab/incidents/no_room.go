package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/lab/stage"
)

const serverFull = 1040 // too many connections

// noRoom: a deploy loses the connection pool, then leaks connections until the
// server takes no more. Everybody who has to log in is refused.
func noRoom() Incident {
	return Incident{
		Name: "no-room", Title: "The shop's database takes no more connections", Requires: "ShopErrorRateHigh",
		Lines: []string{"max_connections=40"},
		Expected: effects(
			Effect{Kind: "mysql.error_log"}, Effect{Kind: "scrape_down"}, Effect{Kind: "mysql.lock_wait", Targets: []string{stage.Primary}},
			Effect{Kind: "mysql.replication_stopped", Targets: []string{stage.Replica}}),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, loseThePool, pause(4*time.Second), leak, pause(4*time.Second))
		},
	}
}

// loseThePool is a deploy after which every request logs in anew.
func loseThePool(_ context.Context, t *Script) error {
	start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "shop", Version: "2.1.0", Commit: "3e7d5b2", Author: "c.dorn", Message: "new database library"})
	if err != nil {
		return err
	}
	t.broke = start
	if err := t.stage.App.Connect(stage.AppConfig(t.stage.DB1), 0); err != nil {
		return err
	}
	end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "2.1.0"})
	t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "2.1.0", "outcome": "finished"}, Start: start, End: end})
	return err
}

// leak opens sessions until the server refuses, and some time later lets them go.
func leak(ctx context.Context, t *Script) error {
	var leaked []*stage.Session
	release := func() (err error) {
		for _, s := range leaked {
			err = errors.Join(err, s.Close())
		}
		leaked = nil
		return err
	}
	defer func() { _ = release() }() // on failure; else they are gone
	var full time.Time
	for full.IsZero() {
		s, err := t.stage.Session(ctx)
		switch {
		case stage.ErrorNumber(err) == serverFull:
			full = time.Now()
		case err != nil:
			return fmt.Errorf("leaking connections: %w", err)
		default:
			leaked = append(leaked, s)
		}
	}
	t.stage.Say("the server is full")
	if err := t.AwaitAlert(ctx, "ShopErrorRateHigh"); err != nil {
		return err
	}
	if err := t.Wait(ctx, 6*time.Second); err != nil {
		return err
	}
	freed := time.Now()
	if err := release(); err != nil {
		return fmt.Errorf("freeing connections: %w", err)
	}
	t.stage.Say("the leaked connections are closed")
	t.Note(Truth{Kind: "mysql.connections_exhausted", Target: stage.Primary, Start: full, End: freed})
	return nil
}
