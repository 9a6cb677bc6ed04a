package forge

import (
	"time"

	"collector/internal/timeline"
)

// The outcomes of a deployment, in the words of all witnesses of deploys where they
// have one.
const (
	Finished   = "finished"
	Failed     = "failed"
	Unfinished = "unfinished"
	Cancelled  = "cancelled"
	Inactive   = "inactive" // another one took its place before it ended
)

// Course is what happened to a deployment, read out of its forge's own words.
type Course struct {
	Waits   bool // it has not begun
	Started bool // its beginning was reported; else Start is when it was created
	Start   time.Time
	End     time.Time // zero: no end was reported
	Outcome string
	Message string // what was said at the end
	URL     string // where the end was told
	Later   string // an end of another sort that was reported after the first one
}

// instant is a time with the error of its writing: GitHub writes whole seconds, GitLab
// milliseconds.
func instant(t time.Time) timeline.Instant {
	t = t.UTC().Truncate(time.Millisecond)
	step := time.Millisecond
	if t.Nanosecond() == 0 {
		step = time.Second
	}
	return timeline.Instant{At: t, Earliest: t, Latest: t.Add(step)}
}

// span is the course as two instants. An end that is written before its start is moved
// to it: a second's rounding, or statuses that came in another order.
func (c Course) span() (start timeline.Instant, end *timeline.Instant, turned bool) {
	start = instant(c.Start)
	if c.End.IsZero() {
		return start, nil, false
	}
	e := instant(c.End)
	if e.At.Before(start.At) {
		turned = true
		e.At = start.At
		if e.Latest.Before(start.At) {
			e.Latest = start.Latest
		}
	}
	return start, &e, turned
}
