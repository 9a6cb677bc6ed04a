package episodes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/timeline"
)

// setSlack is how long before MySQL noted the time the SET may have been sent.
const setSlack = 50 * time.Millisecond

// valueShown bounds a value in a sentence, in bytes.
const valueShown = 60

// variableChange is the answer of a mysql.variable_change record.
type variableChange struct {
	Before      *look      `json:"before"` // the last look with the old value
	After       look       `json:"after"`  // the first one with the new
	Variable    string     `json:"variable,omitempty"`
	From        string     `json:"from"`
	To          string     `json:"to"`
	Origin      string     `json:"origin,omitempty"`
	SetAt       *time.Time `json:"set_at,omitempty"` // by the server's clock
	Shared      bool       `json:"session_too,omitempty"`
	Account     string     `json:"account,omitempty"`
	OffsetUS    int64      `json:"clock_offset_us,omitempty"` // server's clock minus the collector's
	RoundTripUS int64      `json:"round_trip_us,omitempty"`
	Restarted   *look      `json:"restarted,omitempty"` // the last look at the process that had the old value
	Unwatched   bool       `json:"unwatched,omitempty"` // the recorder was stopped and started in between
	Others      []string   `json:"others,omitempty"`    // instead of a variable: those that are not told one by one

	account string
}

// at is when the variable changed. MySQL notes when a variable was set. Where
// sessions have it too, a later SET SESSION moves that time, so it is only the
// latest possible one. A time outside the two looks is of something else: SET PERSIST
// keeps it over a restart.
func (c *variableChange) at(q question) (at timeline.Instant, logged bool) {
	before := c.Before
	if c.Restarted != nil {
		before = c.Restarted
	}
	at = changed(before, c.After, q.ReadFrom)
	if c.SetAt == nil {
		return at, false
	}
	set := c.SetAt.Add(-time.Duration(c.OffsetUS) * time.Microsecond).UTC()
	slack := time.Duration(c.RoundTripUS/2+1)*time.Microsecond + time.Millisecond
	if set.Add(slack).Before(at.Earliest) || set.Add(-slack).After(at.Latest) {
		return at, false
	}
	sharp := timeline.Instant{At: set, Earliest: set.Add(-slack - setSlack), Latest: set.Add(slack)}
	if c.Shared && at.Earliest.Before(set) {
		sharp.Earliest = at.Earliest
	}
	return sharp, !c.Shared
}

// interpretVariableChange makes the event of a changed variable, an instant.
func interpretVariableChange(q question, e timeline.Evidence) (timeline.Event, error) {
	c, err := read[variableChange](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if c.Before == nil || c.Variable == "" && len(c.Others) == 0 {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	at, logged := c.at(q)
	event := q.event(e, timeline.MySQLVariableChange, at, &at)
	if logged {
		event.Grade = timeline.Logged
	}
	if c.Restarted != nil {
		event.Attributes["after_restart"] = "true"
	}
	if c.Unwatched {
		event.Attributes["while_not_recorded"] = "true"
	}
	if c.Variable == "" {
		event.Key = "others"
		event.Attributes["variables"] = strings.Join(c.Others, ", ")
		event.Summary = fmt.Sprintf("%d more variables of %s were changed: %s", len(c.Others), q.Server, shown(event.Attributes["variables"], summaryShown))
		return event, nil
	}
	event.Key = c.Variable + " to " + c.To
	set(event.Attributes, "variable", c.Variable)
	event.Attributes["from"], event.Attributes["to"] = c.From, c.To
	set(event.Attributes, "origin", strings.ToLower(c.Origin))
	event.Summary = c.Variable + " was changed " + c.values()
	if c.Account != "" && logged {
		event.Attributes["account"] = c.Account
		event.Summary += " by " + c.Account
	}
	if c.Restarted != nil {
		event.Summary += ", with the restart"
	}
	return event, nil
}

// values words what became what.
func (c *variableChange) values() string {
	switch {
	case c.From == facts.Hidden || c.To == facts.Hidden:
		return "(its value is not recorded)"
	case len(c.From) <= valueShown && len(c.To) <= valueShown:
		return fmt.Sprintf("from %s to %s", named(c.From), named(c.To))
	}
	from, to := strings.Split(c.From, ","), strings.Split(c.To, ",")
	gone, come := without(from, to), without(to, from)
	switch {
	case len(come) == 0:
		return "and lost " + shown(strings.Join(gone, ","), 2*valueShown)
	case len(gone) == 0:
		return "and got " + shown(strings.Join(come, ","), 2*valueShown)
	}
	return fmt.Sprintf("from … %s to … %s", shown(strings.Join(gone, ","), valueShown), shown(strings.Join(come, ","), valueShown))
}

// without is what stands in a list and not in another one.
func without(list, other []string) (rest []string) {
	for _, word := range list {
		if !slices.Contains(other, word) {
			rest = append(rest, word)
		}
	}
	return rest
}

func named(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}
