package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// State is where an incident stands.
type State string

// The states.
const (
	StateOpen     State = "open"     // an alert fires
	StateSettling State = "settling" // everything is resolved, but not for long enough, or the harm is not over
	StateClosed   State = "closed"
)

// Closing is why an incident is closed.
type Closing string

// The reasons.
const (
	ByResolve  Closing = "everything was resolved"
	ByWait     Closing = "recovery_wait" // everything was resolved, and it was not seen that the harm was over
	ByMaxOpen  Closing = "max_open"      // it did not end
	ByOperator Closing = "an operator"
)

// Incident is alerts that belong together, from the first to the last.
type Incident struct {
	ID       string
	Unnamed  bool                // the ID is a proposal that nobody has kept yet
	Aliases  []string            // IDs of incidents that became part of this one
	Groups   []map[string]string // the group_by labels; several after a merge
	State    State
	Window   timeline.Window // while it is not closed it ends now
	ClosedAt time.Time       // zero while it is not closed
	ClosedBy Closing
	Settled  time.Time // when everything has been resolved for settle: from then on it waits for the harm's end; zero: that is not what will close it
	Alerts   []*Member // in order of their starts; not to be changed
	Count    int       // of the alerts
	Sealed   bool      // it is long over: no alert joins it, and no change of the rules changes it

	Draft Draft // what was done with it

	damage []string // what else is kept about it and cannot be read, in full sentences
}

// conclude is the incident that some clusters are. seen is what drafts saw of its harm.
func conclude(parts []*cluster, seen Recovery, c *Config, now time.Time) Incident {
	var limit, ended time.Time
	i := Incident{State: StateClosed, Window: timeline.Window{From: parts[0].begins}}
	fires := false
	for _, part := range parts {
		at, by := part.closes(c)
		if at.After(i.ClosedAt) {
			i.ClosedAt, i.ClosedBy = at, by
		}
		fires = fires || part.fires && now.Before(at)
		limit, ended = latest(limit, part.begins.Add(c.maxOpen())), latest(ended, part.closed)
		i.Window.From = earliest(i.Window.From, part.begins)
		if !slices.ContainsFunc(i.Groups, func(g map[string]string) bool { return maps.Equal(g, part.labels) }) {
			i.Groups = append(i.Groups, part.labels)
		}
	}
	i.Alerts = membersOf(parts)
	i.Count = len(i.Alerts)
	if i.ClosedBy == ByResolve {
		i.Settled = i.ClosedAt
		i.ClosedAt, i.ClosedBy = seen.closes(i.Settled, limit, c)
		if !ended.Before(i.Settled) && ended.Before(i.ClosedAt) { // who waited for the harm's end waits no longer
			i.ClosedAt, i.ClosedBy = ended, ByOperator
		}
	}
	i.Window.From = i.Window.From.Add(-c.lead())
	i.Window.To = i.ClosedAt
	if now.Before(i.ClosedAt) {
		i.Window.To, i.ClosedAt, i.ClosedBy = now, time.Time{}, ""
		i.State = StateSettling
		if fires {
			i.State = StateOpen
		}
	}
	return i
}

// membersOf are the alerts of clusters in order of their starts.
func membersOf(parts []*cluster) []*Member {
	if len(parts) == 1 {
		return slices.Clip(parts[0].members)
	}
	var all []*Member
	for _, part := range parts {
		all = append(all, part.members...)
	}
	slices.SortFunc(all, compareMembers)
	return all
}

// closes is when a cluster is closed, if nothing else happens, and why.
func (c *cluster) closes(cfg *Config) (time.Time, Closing) {
	limit := c.begins.Add(cfg.maxOpen())
	at, by := c.ends.Add(cfg.settle()), ByResolve
	if c.fires || c.ends.After(limit) {
		at, by = limit, ByMaxOpen
	}
	if !c.closed.IsZero() && c.closed.Before(at) {
		return c.closed, ByOperator
	}
	return at, by
}

func compareIncidents(a, b Incident) int {
	return cmp.Or(a.Window.From.Compare(b.Window.From), cmp.Compare(a.ID, b.ID))
}

// Begins is when the first alert began.
func (i Incident) Begins() time.Time { return i.Alerts[0].From }

// Firing is how many alerts fire.
func (i Incident) Firing() (n int) {
	for _, m := range i.Alerts {
		if m.Ended == StillFires {
			n++
		}
	}
	return n
}

// Truncated is how many alerts Alertmanager says it left out (max_alerts): of each
// of its groups the most that it left out at once.
func (i Incident) Truncated() (n int) {
	most := map[string]int{}
	for _, m := range i.Alerts {
		if m.Truncated == 0 {
			continue
		}
		group := m.Receiver + "\xff" + m.GroupKey
		most[group] = max(most[group], m.Truncated)
	}
	for _, count := range most {
		n += count
	}
	return n
}

// Remarks are what has to be said about the incident, in full sentences.
func (i Incident) Remarks() []string {
	var said []string
	switch i.ClosedBy {
	case ByMaxOpen:
		said = append(said, fmt.Sprintf("It was closed by max_open at %s; alerts of it did not end before.", stamp(i.ClosedAt)))
	case ByOperator:
		said = append(said, fmt.Sprintf("It was closed by an operator at %s.", stamp(i.ClosedAt)))
	case ByWait:
		said = append(said, fmt.Sprintf("It was closed by recovery_wait at %s; %s.", stamp(i.ClosedAt), i.Draft.Recovery.missing()))
	}
	if i.State == StateSettling && !i.Draft.Recovery.Until.Before(i.Settled) && !i.Settled.IsZero() {
		said = append(said, fmt.Sprintf("Everything has been resolved since %s; it waits for the end of its harm: %s.", stamp(i.Settled), i.Draft.Recovery.missing()))
	}
	if n := i.Truncated(); n > 0 {
		said = append(said, fmt.Sprintf("Alertmanager left out %d further alerts (max_alerts of its webhook configuration).", n))
	}
	if len(i.Aliases) > 0 {
		said = append(said, "It includes "+strings.Join(i.Aliases, ", ")+".")
	}
	said = append(said, i.damage...)
	for _, m := range i.Alerts {
		if r := m.Remark(); r != "" {
			said = append(said, fmt.Sprintf("%s (%s): %s.", m.Name(), m.Fingerprint, r))
		}
	}
	return said
}

// Version tells whether a draft was made of what the incident is now: it changes
// with its alerts, their ends and its closing, not with the time.
func (i Incident) Version() string {
	text := fmt.Appendf(nil, "%q %s %d %d %d\n", i.ID, i.State, i.Window.From.UnixMilli(), i.ClosedAt.UnixMilli(), i.Truncated())
	for _, m := range i.Alerts { // as fmt does it, but there may be many
		text = strconv.AppendQuote(text, m.Fingerprint)
		text = strconv.AppendInt(append(text, ' '), m.StartsAt.UnixMilli(), 10)
		text = strconv.AppendInt(append(text, ' '), m.To.UnixMilli(), 10)
		text = append(strconv.AppendQuote(append(text, ' '), string(m.Ended)), '\n')
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
