package incident

import (
	"context"
	"time"

	"collector/internal/timeline"
)

// Held are the windows whose samples must not be deleted: of incidents that are not
// closed, or whose final draft is not written. One whose final draft fails is given
// up max_open after it was closed. It is made for [store.Options.Keep].
func (b *Book) Held(ctx context.Context) ([]timeline.Window, error) {
	now := b.opt.Now()
	var unsealed []Incident
	if err := b.see(ctx, func(v *view) { unsealed = v.incidents(now) }); err != nil {
		return nil, err
	}
	var held []timeline.Window
	for _, i := range unsealed {
		if !i.finished(now, b.rules().maxOpen()) {
			held = append(held, timeline.Window{From: i.Window.From.Add(-normalBefore), To: i.Window.To})
		}
	}
	return held, nil
}

// normalBefore is how long before its window an incident is compared with: the
// baseline of statements and signals.
const normalBefore = time.Hour
