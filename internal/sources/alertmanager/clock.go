package alertmanager

import (
	"time"

	"collector/internal/timeline"
)

// clockDoubt is how far a clock that nobody could compare may be from ours.
const clockDoubt = 5 * time.Second

// clock is how far a server's clock is ahead of ours, between two bounds: the Date of
// an answer has whole seconds, and the answer took its time. The zero value is a clock
// that nobody could compare.
type clock struct {
	Least int64 `json:"least_ms"`
	Most  int64 `json:"most_ms"`
	Known bool  `json:"known"`
}

// mostOff is how wrong a clock may be to be one.
const mostOff = 5 * 365 * 24 * time.Hour

// compared is the clock of a server that dated an answer to a question that was asked
// and came at two times of ours.
func compared(asked, came, date time.Time) clock {
	if date.IsZero() || date.Sub(came).Abs() > mostOff {
		return clock{}
	}
	return clock{Least: date.Sub(came).Milliseconds(), Most: date.Add(time.Second).Sub(asked).Milliseconds() + 1, Known: true}
}

// ours is a time of the server on our clock. Where the errors allow that both clocks
// are the same, the best estimate is the time as it was told.
func (c clock) ours(theirs time.Time) timeline.Instant {
	theirs = theirs.UTC()
	if !c.Known {
		return timeline.Around(theirs, clockDoubt)
	}
	i := timeline.Instant{
		At:       theirs,
		Earliest: theirs.Add(-time.Duration(c.Most) * time.Millisecond),
		Latest:   theirs.Add(-time.Duration(c.Least) * time.Millisecond),
	}
	if i.At.Before(i.Earliest) {
		i.At = i.Earliest
	}
	if i.At.After(i.Latest) {
		i.At = i.Latest
	}
	return i
}

// writable is a time that RFC 3339 can hold: who posts to Alertmanager may name any.
func writable(t time.Time) time.Time {
	if t = t.UTC(); t.IsZero() {
		return t
	}
	if year := t.Year(); year < 100 || year > 9900 { // clocks and errors are still to be reckoned with
		return time.Date(min(max(year, 100), 9900), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
