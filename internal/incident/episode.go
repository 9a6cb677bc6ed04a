package incident

import "time"

// Episode is one alert from one start to its end, as all notifications told it. It
// is identified by Fingerprint and StartsAt. Whatever the order of the notifications
// and however often each comes, the episode is the same: every field is the
// earliest or the latest of something.
type Episode struct {
	Fingerprint string
	StartsAt    time.Time // as told
	First       Words     // as first told
	Latest      Words     // as last told
	Received    time.Time // when it was first told of
	Repeated    time.Time // when it was last told of
	FiredAt     time.Time // when it was last told as firing; zero never
	ResolvedAt  time.Time // when it was last told as resolved; zero never
	EndsAt      time.Time // the latest end told, not after it was told; zero never
	KnownAt     time.Time // when it last fired for all that probes know; zero never
	MissedAt    time.Time // when a probe first knew that it had ended; zero when none did
	Receiver    string    // of the latest notification
	GroupKey    string    // likewise
	ExternalURL string    // likewise
	Truncated   int       // the most alerts that Alertmanager left out beside it
	Damaged     bool      // its row is: of First and Latest something is missing
}

// key identifies an episode. Times on disk are whole milliseconds.
type key struct {
	fingerprint string
	startsAt    int64 // Unix ms
}

func (e Episode) key() key { return key{e.Fingerprint, e.StartsAt.UnixMilli()} }

// told is the episode that one alert of one notification tells.
func told(n Notification, a Alert) Episode {
	words := Words{Labels: a.Labels, Annotations: a.Annotations, GeneratorURL: a.GeneratorURL}
	e := Episode{
		Fingerprint: a.fingerprint(), StartsAt: whole(a.StartsAt), First: words, Latest: words,
		Received: n.ReceivedAt, Repeated: n.ReceivedAt,
		Receiver: n.Receiver, GroupKey: n.GroupKey, ExternalURL: n.ExternalURL, Truncated: max(0, n.Truncated),
	}
	if a.Status == Firing {
		e.FiredAt = n.ReceivedAt
		return e
	}
	e.ResolvedAt, e.EndsAt = n.ReceivedAt, whole(a.EndsAt)
	if a.EndsAt.IsZero() || e.EndsAt.After(n.ReceivedAt) { // its clock is not ours
		e.EndsAt = n.ReceivedAt
	}
	return e
}

// with is what two parts of the same episode tell together. What was damaged is whole
// again when it is told again.
func (e Episode) with(o Episode) Episode {
	if e.Damaged {
		e.First, e.Latest, e.Damaged = o.First, o.First, false
	}
	if o.Received.Before(e.Received) {
		e.Received, e.First = o.Received, o.First
	}
	if !o.Repeated.Before(e.Repeated) {
		e.Repeated, e.Latest = o.Repeated, o.Latest
		e.Receiver, e.GroupKey, e.ExternalURL = o.Receiver, o.GroupKey, o.ExternalURL
	}
	e.FiredAt, e.ResolvedAt = latest(e.FiredAt, o.FiredAt), latest(e.ResolvedAt, o.ResolvedAt)
	e.EndsAt, e.KnownAt, e.MissedAt = latest(e.EndsAt, o.EndsAt), latest(e.KnownAt, o.KnownAt), latest(e.MissedAt, o.MissedAt)
	e.Truncated = max(e.Truncated, o.Truncated)
	return e
}

// probed is the episode after a probe that began at a time.
func (e Episode) probed(found Answer, began time.Time) Episode {
	switch {
	case found.Firing:
		e.KnownAt = latest(e.KnownAt, whole(found.At))
	case e.FiredAt.After(began): // told while others were asked: the next probe knows more
	case !e.MissedAt.After(latest(e.KnownAt, e.FiredAt)): // else it is missed since longer
		e.MissedAt = whole(found.At)
	}
	return e
}

// holds is how long Alertmanager repeats an alert as firing of which it hears no more:
// four minutes of what Prometheus sends, else its resolve_timeout, 5m by default.
const holds = 5 * time.Minute

// firedLast is the last time at which it surely fired.
func (e Episode) firedLast() time.Time { return latest(e.KnownAt, e.FiredAt.Add(-holds)) }

// Ending is how it is known that an alert ended.
type Ending string

// The endings. An alert that has none fires.
const (
	StillFires   Ending = ""
	WasResolved  Ending = "resolved"         // a notification says so
	WasForgotten Ending = "no longer listed" // no notification says so, but a probe did not find it
	WasElsewhere Ending = "resolved with another start"
)

// end is when the episode ended and how that is known. A firing that is repeated
// after the resolve is a late repeat from the other half of a pair and opens
// nothing, unless a probe finds that the alert does fire.
func (e Episode) end() (time.Time, Ending) {
	if e.isResolved() {
		return e.EndsAt, WasResolved
	}
	if e.MissedAt.After(latest(e.KnownAt, e.FiredAt)) {
		return e.MissedAt, WasForgotten
	}
	return time.Time{}, StillFires
}

func (e Episode) isResolved() bool {
	return !e.ResolvedAt.IsZero() && !e.KnownAt.After(e.ResolvedAt)
}

// doubtful reports that notifications contradict each other: after the resolve it
// was told as firing again, and no probe has looked since.
func (e Episode) doubtful() bool {
	return !e.ResolvedAt.IsZero() && e.FiredAt.After(e.ResolvedAt) && !latest(e.KnownAt, e.MissedAt).After(e.FiredAt)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// whole is a time in UTC and whole milliseconds, the resolution on disk.
func whole(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
