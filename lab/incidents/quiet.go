package incidents

import (
	"context"
	"time"

	"collector/lab/stage"
)

// quiet: normal load and a deploy that harms nothing. Whatever a draft of it
// finds to be wrong is false.
func quiet() Incident {
	return Incident{
		Name: "quiet", Title: "A quiet hour", Quiet: true,
		Steps: func(ctx context.Context, _ *stage.Stage, t *Script) error {
			start, err := t.Log(stage.Entry{Event: "deploy_started", Service: "shop", Version: "1.9.4", Commit: "0c4d11e", Author: "a.berger", Message: "new texts"})
			if err != nil {
				return err
			}
			if err := t.Wait(ctx, 4*time.Second); err != nil {
				return err
			}
			end, err := t.Log(stage.Entry{Event: "deploy_finished", Service: "shop", Version: "1.9.4"})
			if err != nil {
				return err
			}
			t.Note(Truth{Kind: "deploy", Target: "shop", Attributes: map[string]string{"version": "1.9.4", "outcome": "finished"}, Start: start, End: end})
			return t.Wait(ctx, 30*time.Second)
		},
	}
}
