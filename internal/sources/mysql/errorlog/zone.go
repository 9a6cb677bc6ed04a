package errorlog

import (
	"slices"
	"time"

	"collector/internal/timeline"
)

// Offset is how far a server's local time is ahead of UTC, from a time on.
type Offset struct {
	From  time.Time
	Ahead time.Duration
}

// Clock says how the times of a server's log become the collector's. Times that
// carry their zone need only the clocks' difference.
type Clock struct {
	Zone      *time.Location // of times without one, when Offsets is empty
	Offsets   []Offset       // as the server says, in order of time
	ZoneError time.Duration  // how far the zone may be wrong
	Says      string         // where the zone is from: "the server's own"
	Ahead     time.Duration  // the server's clock minus the collector's
	Error     time.Duration  // of Ahead
}

// coarse is by how much time(NULL) lags behind the clock: one turn of the kernel's timer.
const coarse = 10 * time.Millisecond

// place gives the instant of a head's time. A local time that occurs twice spans
// both; one that does not exist is read with the offset before.
func (c Clock) place(h head) timeline.Instant {
	candidates := []time.Time{h.wall}
	var doubt time.Duration
	if !h.zone {
		candidates, doubt = c.utc(h.wall), c.ZoneError
	}
	slack := c.Error + doubt
	if h.step >= time.Second {
		slack += coarse
	}
	first, last := candidates[0].Add(-c.Ahead), candidates[len(candidates)-1].Add(-c.Ahead)
	return timeline.Instant{At: first, Earliest: first.Add(-slack), Latest: last.Add(h.step + slack)}
}

// utc lists the times at which a wall clock in the zone read so.
func (c Clock) utc(wall time.Time) []time.Time {
	var sound, all []time.Time
	for _, near := range [...]time.Duration{-day, -3 * time.Hour, 3 * time.Hour, day} {
		ahead := c.ahead(wall.Add(near))
		t := wall.Add(-ahead)
		if !slices.ContainsFunc(all, t.Equal) {
			all = append(all, t)
			if c.ahead(t) == ahead {
				sound = append(sound, t)
			}
		}
	}
	if len(sound) == 0 {
		sound = all[:1]
	}
	slices.SortFunc(sound, time.Time.Compare)
	return sound
}

const day = 24 * time.Hour

// ahead is the zone's offset at a time.
func (c Clock) ahead(t time.Time) time.Duration {
	if len(c.Offsets) == 0 {
		if c.Zone == nil {
			return 0
		}
		_, seconds := t.In(c.Zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	i, _ := slices.BinarySearchFunc(c.Offsets, t, func(o Offset, t time.Time) int {
		if o.From.After(t) {
			return 1
		}
		return -1
	})
	return c.Offsets[max(0, i-1)].Ahead
}
