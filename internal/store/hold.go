package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// hold is the windows of which nothing is deleted: in order, apart from each other.
type hold []timeline.Window

// held asks for the windows to keep.
func (s *Store) held(ctx context.Context) (hold, error) {
	if s.opt.Keep == nil {
		return nil, nil
	}
	windows, err := s.opt.Keep(ctx)
	if err != nil {
		return nil, err
	}
	return newHold(windows), nil
}

// newHold joins windows that touch, so that a condition stays short however many
// incidents there are.
func newHold(windows []timeline.Window) hold {
	windows = slices.DeleteFunc(slices.Clone(windows), func(w timeline.Window) bool { return !w.From.Before(w.To) })
	slices.SortFunc(windows, func(a, b timeline.Window) int { return a.From.Compare(b.From) })
	var joined hold
	for _, w := range windows {
		if n := len(joined) - 1; n >= 0 && !w.From.After(joined[n].To) {
			if w.To.After(joined[n].To) {
				joined[n].To = w.To
			}
			continue
		}
		joined = append(joined, w)
	}
	return joined
}

// spare is the condition, to be appended to others, that what lies from one column
// to another touches no window.
func (h hold) spare(first, last string) string {
	var b strings.Builder
	for _, w := range h {
		to := w.To.Add(time.Millisecond - 1) // a tick in the window's last millisecond is in it
		fmt.Fprintf(&b, " AND NOT (%s >= %d AND %s < %d)", last, w.From.UnixMilli(), first, to.UnixMilli())
	}
	return b.String()
}
