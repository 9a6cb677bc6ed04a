package incidents

import (
	"context"
	"strconv"
	"time"

	"collector/lab/stage"
)

// toldByOthers: a release asks for a column that was never there. Nothing that happens
// on the servers tells why: the pipeline pushes the deploy, the application's log in
// Loki has the error, Alertmanager knows that the alert was silenced meanwhile, and
// only who was on call knows what ended it.
func toldByOthers() Incident {
	return Incident{
		Name: "told-by-others", Title: "Orders fail after a release", Requires: "ShopErrorRateHigh",
		Witnesses: true, Expected: effects(),
		Steps: func(ctx context.Context, s *stage.Stage, t *Script) error {
			return inOrder(ctx, t, releaseWithBrokenOrders, awaitErrorAlert, silenceIt(6*time.Second), switchOff, pause(3*time.Second))
		},
	}
}

func releaseWithBrokenOrders(ctx context.Context, t *Script) error {
	const version = "2.1.0"
	at, err := t.stage.PushDeploy(ctx, "shop", version)
	if err != nil {
		return err
	}
	t.stage.App.Release(stage.BrokenRelease)
	t.Note(Truth{Kind: "deploy", Target: "shop", Grade: "logged", Start: at, Attributes: map[string]string{"version": version, "outcome": "finished"}})
	return nil
}

// silenceIt silences the alert for a while, expires the silence by hand, and counts
// what the application has logged by then.
func silenceIt(d time.Duration) step {
	return func(ctx context.Context, t *Script) error {
		id, at, err := t.stage.Silence(ctx, "ShopErrorRateHigh", stage.AppInstance)
		if err != nil {
			return err
		}
		if err := t.Wait(ctx, d); err != nil {
			return err
		}
		end, err := t.stage.Unsilence(ctx, id)
		t.Note(Truth{
			Kind: "silence", Target: stage.AppInstance, Grade: "logged", Start: at, End: end,
			Attributes: map[string]string{"ended": "expired by hand", "matching_alerts": "ShopErrorRateHigh (" + stage.AppInstance + ")"},
		})
		return err
	}
}

// switchOff ends it, in a way that no server and no pipeline sees.
func switchOff(ctx context.Context, t *Script) error {
	t.stage.App.Release(1)
	at, err := t.stage.Note(ctx, "switched the new tax rules off by their feature flag")
	if err != nil {
		return err
	}
	t.Note(Truth{Kind: "note", Grade: "reported", Start: at, Attributes: map[string]string{"text": "switched the new tax rules off by their feature flag", "cluster": stage.Cluster}})
	if err := t.Wait(ctx, time.Second); err != nil { // requests under way end
		return err
	}
	first, last, count := t.stage.App.Failures(t.broke)
	t.Note(Truth{
		Kind: "log", Target: "shop", Grade: "logged", Start: first, End: last,
		Attributes: map[string]string{"query": stage.LokiQuery, "lines": strconv.Itoa(count)},
	})
	return nil
}
