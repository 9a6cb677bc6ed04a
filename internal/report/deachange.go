package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// RuleCarrier names the deploy whose record tells the gates of a schema change or a
// changed variable.
const RuleCarrier = "the deploy or change that was running when it happened, or had ended at most 10 min before"

// carried is how long after its deploy a change of the schema may come and still be
// taken for a part of it.
const carried = 10 * time.Minute

// escapedChange is the change that a defect escape analysis is about: the nearest
// candidate before the onset. It is a coincidence in time, never a verdict.
type escapedChange struct {
	candidate
	record *timeline.Event // whose fields tell dates and gates; nil: there is none
	rule   string          // by which that record was found; "" when it is the candidate's own
	gates  []finding
}

// carriesDefects reports whether a kind of action can bring a defect into production. A
// failover, a killed session and a changed source are what people do about trouble.
func carriesDefects(k timeline.Kind) bool {
	switch k {
	case timeline.Deploy, timeline.Rollback, timeline.Change, timeline.MySQLSchemaChange, timeline.MySQLVariableChange:
		return true
	}
	return false
}

// hasFields reports whether events of a kind have the fields of a deploy's record.
func hasFields(k timeline.Kind) bool {
	return k == timeline.Deploy || k == timeline.Rollback || k == timeline.Change
}

// findEscape finds the change; ok is false when none is recorded before the onset.
func findEscape(t timeline.Timeline) (found escapedChange, ok bool) {
	list := slices.DeleteFunc(candidates(t), func(c candidate) bool { return !carriesDefects(c.Kind) })
	if len(list) == 0 {
		return escapedChange{}, false
	}
	found.candidate = list[0]
	switch {
	case hasFields(found.Kind):
		found.record = &found.Event
	default:
		if carrier := carrierOf(found.Event, list); carrier != nil {
			found.record, found.rule = carrier, RuleCarrier
		}
	}
	attributes := map[string]string{}
	if found.record != nil {
		attributes = found.record.Attributes
	}
	found.gates = findGates(attributes, found.escaped())
	return found, true
}

// carrierOf is the deploy that a change of the schema was a part of, by its time alone.
func carrierOf(change timeline.Event, list []candidate) *timeline.Event {
	var nearest *timeline.Event
	for i := range list {
		e := &list[i].Event
		if !hasFields(e.Kind) || change.Start.Before(e.Start) {
			continue
		}
		if end := e.EndsAt(change.Start.At); change.Start.At.Sub(end) > carried {
			continue
		}
		if nearest == nil || e.Start.At.After(nearest.Start.At) {
			nearest = e
		}
	}
	return nearest
}

// escaped is when the change reached production.
func (c escapedChange) escaped() timeline.Instant {
	if c.record != nil {
		return c.record.Start
	}
	return c.Start
}

// field is the first of some fields that the change's record has, "" where it has none.
func (c escapedChange) field(names ...string) string {
	if c.record == nil {
		return ""
	}
	for _, name := range names {
		if value, _ := field(c.record.Attributes, name); value != "" {
			return value
		}
	}
	return ""
}

// introducedFields tell when a change was made, the first that is there counts.
var introducedFields = []string{"commit_time", "git.commit_time", "introduced"}

// introduced is when the change was made.
func (c escapedChange) introduced() (moment, bool) {
	for _, name := range introducedFields {
		if value := c.field(name); value != "" {
			if when, ok := parseMoment(value); ok {
				return when, true
			}
		}
	}
	return moment{}, false
}

// cites are the records of the change and of the deploy that carried it.
func (c escapedChange) cites() []string {
	if c.record == nil {
		return c.Evidence
	}
	return slices.Concat(c.Evidence, c.record.Evidence)
}

// recordCites are the records that were looked through for fields.
func (c escapedChange) recordCites() []string {
	if c.record == nil {
		return c.Evidence
	}
	return c.record.Evidence
}

// suspects are the gates with evidence that they did not do their work, the skipped and
// the missing ones first.
func (c escapedChange) suspects() []finding {
	return slices.DeleteFunc(c.ranked(), func(f finding) bool { return !f.suspect() })
}

// ranked are all gates, the ones to ask about first.
func (c escapedChange) ranked() []finding {
	list := slices.Clone(c.gates)
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(a.rank(), b.rank()) })
	return list
}

// dated is an instant with its day, whatever the window is.
func (d *document) dated(i timeline.Instant) string {
	text := strings.TrimPrefix(d.clock.when(i), "at ")
	if day := i.At.In(d.clock.zone).Format(time.DateOnly); !strings.Contains(text, day) {
		text = day + " " + text
	}
	return text
}

// momentCell is a time that a record tells, or its day.
func (d *document) momentCell(m moment) string {
	switch {
	case m.at.IsZero():
		return "no time recorded"
	case m.day:
		return m.at.Format(time.DateOnly)
	}
	return d.dated(timeline.Exactly(m.at))
}
