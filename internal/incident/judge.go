package incident

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Member is an alert of an incident with what the rules make of it.
type Member struct {
	Episode
	From time.Time // where the incident counts it from; StartsAt unless that cannot be
	To   time.Time // zero while it fires; never before From
	// Earliest is the other bound of the end: before To where nobody told it and it
	// was found by asking, else To.
	Earliest time.Time
	Ended    Ending

	in *group // nil until it is judged; a member that is in one is never changed
}

// Name is the alert's name.
func (m Member) Name() string { return m.First.Labels["alertname"] }

// Remark is what has to be said about the alert's times, "" for nothing.
func (m Member) Remark() string {
	var said []string
	switch {
	case m.StartsAt.After(m.Received):
		said = append(said, fmt.Sprintf("it says that it started at %s, after it was received: it counts from then", stamp(m.StartsAt)))
	case !m.From.Equal(m.StartsAt):
		said = append(said, fmt.Sprintf("it says that it started at %s, too long before it was first told: it counts from when it was received", stamp(m.StartsAt)))
	}
	switch m.Ended {
	case WasForgotten:
		said = append(said, fmt.Sprintf("no resolve was received; it ended between %s, when it was last known to fire, and %s, when nobody who was asked had it firing", stamp(m.Earliest), stamp(m.To)))
	case WasElsewhere:
		said = append(said, "no resolve was received for this start; the same alert with another start was resolved at "+stamp(m.To))
	}
	if m.Damaged {
		said = append(said, "its row in incidents.db is damaged, labels and annotations of it are missing")
	}
	return strings.Join(said, "; ")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// judge says of every episode from when to when it counts, in order of their starts.
func judge(episodes []Episode, c *Config) []*Member {
	a := newArrangement(c)
	for _, e := range episodes {
		a.put(e)
	}
	return a.members()
}

// judge says from when to when an episode counts. resolved are those of the same
// alert that are resolved.
func (m *Member) judge(resolved []*Member, c *Config) {
	m.From = m.countsFrom(c.maxOpen())
	m.To, m.Ended = m.end()
	if m.Ended == StillFires {
		m.To, m.Ended = m.resolvedElsewhere(resolved)
	}
	if m.Ended == StillFires {
		return
	}
	m.To = latest(m.To, m.From)
	m.Earliest = m.To
	if m.Ended == WasForgotten {
		m.Earliest = earliest(m.To, latest(m.From, m.firedLast()))
	}
}

func compareMembers(a, b *Member) int {
	return cmp.Or(a.From.Compare(b.From), a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Fingerprint, b.Fingerprint))
}

// countsFrom is StartsAt, unless that lies after the alert was received, or so long
// before that no incident can begin there: then it is when it was received. An alert
// that is told only after it ended may be twice as old.
func (e Episode) countsFrom(maxOpen time.Duration) time.Time {
	reference := e.Received
	if !e.ResolvedAt.IsZero() {
		reference = earliest(reference, e.EndsAt)
	}
	if e.StartsAt.After(e.Received) || reference.Sub(e.StartsAt) > maxOpen || e.Received.Sub(e.StartsAt) > 2*maxOpen {
		return e.Received
	}
	return e.StartsAt
}

// resolvedElsewhere is the end of an alert whose resolve is lost, where a resolve of
// the same alert with another start was told since: two Prometheus servers that
// evaluate one rule have two starts, and Alertmanager tells one of them.
func (e Episode) resolvedElsewhere(resolved []*Member) (to time.Time, how Ending) {
	heard := latest(e.FiredAt, e.KnownAt)
	for _, o := range resolved {
		if o.ResolvedAt.Before(heard) || o.EndsAt.Before(e.StartsAt) {
			continue
		}
		if how == StillFires || o.EndsAt.Before(to) {
			to, how = o.EndsAt, WasElsewhere
		}
	}
	return to, how
}
