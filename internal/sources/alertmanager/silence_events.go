package alertmanager

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"collector/internal/timeline"
)

// telling is a silence as one witness told it at one time.
type telling struct {
	silence
	server string
	id     string    // of the record
	asked  time.Time // when it was so
	api    bool      // it was asked; else a line of the event recorder tells it
}

// silenceEvents makes one event of each silence, whoever told of it.
func (i *interpretation) silenceEvents() {
	for _, id := range slices.Sorted(maps.Keys(i.silences)) {
		all := i.silences[id]
		// What was told last counts; of equals what the server says about itself.
		slices.SortStableFunc(all, func(a, b telling) int {
			return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.server, b.server), cmp.Compare(a.id, b.id))
		})
		if last := all[len(all)-1]; last.StartsAt.Before(last.EndsAt) && !i.denied(last, all) {
			i.add(i.silenceEvent(last, all))
		}
	}
}

// denied reports whether a silence that only the event recorder tells, and tells of no
// more in the window, was over before it: the Alertmanager that recorded it was asked,
// keeps silences for long enough, was not started since, and knows of none that overlapped.
func (i *interpretation) denied(last telling, all []telling) bool {
	for _, t := range all {
		if t.api {
			return false
		}
	}
	if !i.lastKnown(last.ID, all).Before(i.window.From) {
		return false
	}
	return slices.ContainsFunc(all, func(t telling) bool {
		s := i.server(t.server)
		return len(s.silences) > 0 && !s.leftOut && !s.kept.KeptSince.After(i.window.From) && !s.started.After(last.UpdatedAt)
	})
}

func rank(t telling) int {
	if t.api {
		return 1
	}
	return 0
}

func (i *interpretation) silenceEvent(last telling, all []telling) timeline.Event {
	e := timeline.Event{
		Kind: timeline.Silence, Grade: timeline.Logged, Source: Kind, Target: last.Target, Key: last.ID,
		Start: i.startOf(last, all), Attributes: map[string]string{"silence": last.ID, "matchers": textOf(last.Matchers)},
	}
	var servers []string
	asked := false
	for _, t := range all {
		servers = append(servers, t.server)
		e.Evidence = append(e.Evidence, t.id)
		asked = asked || t.api
	}
	e.Attributes["told_by"] = listed(servers, maxBy)
	if last.CreatedBy != "" {
		e.Attributes["created_by"] = last.CreatedBy
	}
	if last.Comment != "" {
		e.Attributes["comment"] = last.Comment
	}
	i.ended(&e, last, all, asked)
	if alerts := i.suppresses[last.ID]; len(alerts) > 0 {
		e.Attributes["suppressed"] = listed(alerts, maxTold)
		e.Evidence = append(e.Evidence, i.evidenceOfMuted(last.ID)...)
	}
	e.Summary = "silence of " + cmp.Or(clip(textOf(last.Matchers), 200), "alerts")
	if last.Comment != "" {
		e.Summary += ": " + clip(last.Comment, 200)
	}
	return e
}

// startOf is when it came into force: the sharpest of the clocks that it was told by.
func (i *interpretation) startOf(last telling, all []telling) timeline.Instant {
	best := i.server(last.server).clock.ours(last.StartsAt)
	for _, t := range all {
		if one := i.server(t.server).clock.ours(t.StartsAt); t.StartsAt.Equal(last.StartsAt) && one.Latest.Sub(one.Earliest) < best.Latest.Sub(best.Earliest) {
			best = one
		}
	}
	return best
}

// ended says when and how it ended, as far as anybody knows. A silence that was expired
// by hand was changed last when it ended.
func (i *interpretation) ended(e *timeline.Event, last telling, all []telling, asked bool) {
	end := i.server(last.server).clock.ours(last.EndsAt)
	over := last.EndsAt.Before(i.window.To)
	for _, t := range all {
		if !t.EndsAt.Equal(last.EndsAt) && t.EndsAt.After(last.EndsAt) {
			e.Attributes["planned_end"] = timeline.FormatTime(t.EndsAt)
		}
	}
	switch {
	case last.api && over && !last.EndsAt.After(last.asked):
		e.End = &end
		e.Attributes["ended"] = "as planned"
		if last.EndsAt.Sub(last.UpdatedAt).Abs() < time.Millisecond {
			e.Attributes["ended"] = "expired by hand"
		}
		return
	case !asked && over:
		// Nobody asked Alertmanager, or it has forgotten: the event recorder does not
		// tell of a silence that was expired by hand.
		known := i.lastKnown(last.ID, all)
		e.End = &timeline.Instant{At: end.At, Earliest: earlier(known, end.Earliest), Latest: end.Latest}
		e.Attributes["ended"] = "as planned, unless it was expired by hand, which the event recorder does not tell"
		return
	}
	e.Attributes["until"] = timeline.FormatTime(last.EndsAt)
}

// lastKnown is when a silence was last known to be in force.
func (i *interpretation) lastKnown(id string, all []telling) time.Time {
	var at time.Time
	for _, t := range all {
		at = later(at, t.asked)
	}
	for _, stretches := range i.muted {
		for _, s := range stretches {
			if slices.Contains(s.silences, id) {
				at = later(at, s.last)
			}
		}
	}
	return at
}

func (i *interpretation) evidenceOfMuted(id string) (ids []string) {
	for _, key := range slices.Sorted(maps.Keys(i.muted)) {
		for _, s := range i.muted[key] {
			if slices.Contains(s.silences, id) {
				ids = append(ids, s.ids...)
			}
		}
	}
	return ids
}
