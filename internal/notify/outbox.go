package notify

import (
	"context"
	"slices"
	"time"

	"collector/internal/incident"
)

// Outbox keeps on disk what waits to be told. [incident.Book] is one.
type Outbox interface {
	// Notifiers are those for whom notices wait.
	Notifiers(ctx context.Context) ([]string, error)
	// Waiting are the notices for a notifier in the order of the steps, without bodies.
	Waiting(ctx context.Context, notifier string) ([]incident.Notice, error)
	Body(ctx context.Context, number int64) ([]byte, error)
	Postpone(ctx context.Context, number int64, attempts int, next time.Time) error
	Discard(ctx context.Context, numbers ...int64) error
}

// mostWaiting is how many notices may wait for one notifier. Of more than that the
// oldest are dropped: they would be given up first.
const mostWaiting = 1000

// sift says which notices still have to be told. A step makes an older one of its
// incident superfluous that nobody was told of yet when it is of the same kind, or when
// it is the final draft and the older one a refreshed draft: whoever is told late reads
// what is so now. Everything else is told, because opened, drafted and final make a
// receiver do different things.
func sift(waiting []incident.Notice) (kept, superfluous, excess []incident.Notice) {
	newer := map[[2]string]bool{}
	for i := len(waiting) - 1; i >= 0; i-- {
		n := waiting[i]
		switch {
		case newer[[2]string{n.Incident, n.Kind}], n.Kind == Refreshed && newer[[2]string{n.Incident, Final}]:
			superfluous = append(superfluous, n)
		case len(kept) == mostWaiting:
			excess = append(excess, n)
		default:
			kept = append(kept, n)
		}
		newer[[2]string{n.Incident, n.Kind}] = true
	}
	slices.Reverse(kept)
	return kept, superfluous, excess
}

// first is the notice that is due first, and when: of each incident the oldest one
// counts, so that one incident's trouble holds up no other's and its own steps keep
// their order.
func first(waiting []incident.Notice, now time.Time) (n incident.Notice, at time.Time, found bool) {
	seen := map[string]bool{}
	for _, w := range waiting {
		if seen[w.Incident] {
			continue
		}
		seen[w.Incident] = true
		due := w.Next
		if due.Sub(now) > maxRetryAfter { // somebody has set the clock back
			due = now
		}
		if !found || due.Before(at) {
			n, at, found = w, due, true
		}
	}
	return n, at, found
}
