package incident

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Recovery is what a draft saw of an incident's harm: whether the signals that had
// left their baseline are back in it, the servers up, the replicas running. The zero
// value is that nobody has looked.
type Recovery struct {
	Until time.Time `json:"until,omitzero"` // the end of the draft's window
	Over  time.Time `json:"over,omitzero"`  // when the last of the harm had ended, at the latest; zero: there was none, or not all has
	Open  []string  `json:"open,omitempty"` // what was not over, or could not be seen any more: "threads_running on db1"
}

// openLimit is how many names of what is not over are kept.
const openLimit = 50

// IsZero reports that nobody has looked.
func (r Recovery) IsZero() bool { return r.Until.IsZero() && r.Over.IsZero() && len(r.Open) == 0 }

// closes is when an incident is closed that had been resolved for settle at settled:
// when its harm has been over for as long, or is seen to be over, whichever is first;
// recovery_wait later at the latest, and not because of waiting after max_open.
func (r Recovery) closes(settled, maxOpen time.Time, c *Config) (time.Time, Closing) {
	if c.RecoveryWait <= 0 {
		return settled, ByResolve
	}
	bound := earliest(settled.Add(time.Duration(c.RecoveryWait)), latest(settled, maxOpen))
	if r.Until.Before(settled) || len(r.Open) > 0 {
		return bound, ByWait
	}
	at := latest(settled, earliest(r.Until, r.Over.Add(c.settle())))
	if at.After(bound) {
		return bound, ByWait
	}
	return at, ByResolve
}

// missing says what had not recovered.
func (r Recovery) missing() string {
	if len(r.Open) == 0 {
		return "no draft saw whether its harm was over"
	}
	return "not over: " + strings.Join(r.Open, ", ")
}

// waits reports that everything has been resolved for settle, and the harm's end is waited for.
func (i Incident) waits(now time.Time) bool {
	return i.State == StateSettling && !i.Settled.IsZero() && !now.Before(i.Settled)
}

// pace is how long a draft of the incident is good for: refresh, but the harm's end is
// looked for several times before recovery_wait is over.
func (i Incident) pace(now time.Time, c *Config) time.Duration {
	refresh := time.Duration(c.Refresh)
	if !i.waits(now) {
		return refresh
	}
	return min(refresh, max(minRefresh, time.Duration(c.RecoveryWait)/looks))
}

// looks is how many drafts there are at least while an incident waits.
const looks = 6

// unseen reports that everything has been resolved for settle and that no draft has
// looked since whether the harm is over.
func (i Incident) unseen(now time.Time) bool {
	return i.waits(now) && i.Draft.Recovery.Until.Before(i.Settled)
}

// Saw records what a draft of an incident saw of its harm. It may close the incident,
// and it is recorded before the draft is ([Book.Drafted]): who dies in between looks again.
func (b *Book) Saw(ctx context.Context, id string, r Recovery) error {
	r.Until, r.Over = whole(r.Until), wholeOrNever(r.Over)
	r.Open = slices.Clone(r.Open[:min(len(r.Open), openLimit)])
	return b.change(ctx, id, func(d *Draft) { d.Recovery = r })
}

func wholeOrNever(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return whole(t)
}
