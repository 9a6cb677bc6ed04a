package scoring

import (
	"fmt"
	"slices"
	"time"

	"collector/lab/incidents"
)

const (
	farthest  = time.Minute     // an event that starts farther from a truth is not the same
	tolerance = 2 * time.Second // around the stretch in which an effect is expected
)

// pair is a truth and the event that tells it.
type pair struct {
	truth incidents.Truth
	event Event
}

// off is how much later than the truth the event starts.
func (p pair) off() time.Duration { return p.event.Start.At.Sub(p.truth.Start) }

// within reports whether the truth, with its own error, meets the event's error
// bounds, to the millisecond, which is the resolution of the file.
func (p pair) within() bool {
	earliest := p.truth.Start.Add(-p.truth.Fuzz).Truncate(time.Millisecond)
	latest := p.truth.Start.Add(p.truth.Fuzz)
	return !latest.Before(p.event.Start.Earliest) && !earliest.After(p.event.Start.Latest)
}

// match pairs truths and events one to one, the closest first.
func match(truths []incidents.Truth, events []Event) (pairs []pair, missed []incidents.Truth, left []Event) {
	type candidate struct{ truth, event int }
	var candidates []candidate
	for t, truth := range truths {
		for e, event := range events {
			if same(truth, event) {
				candidates = append(candidates, candidate{t, e})
			}
		}
	}
	distance := func(c candidate) time.Duration { return pair{truths[c.truth], events[c.event]}.off().Abs() }
	slices.SortStableFunc(candidates, func(a, b candidate) int { return int(distance(a) - distance(b)) })
	told, used := make([]bool, len(truths)), make([]bool, len(events))
	for _, c := range candidates {
		if !told[c.truth] && !used[c.event] {
			told[c.truth], used[c.event] = true, true
			pairs = append(pairs, pair{truths[c.truth], events[c.event]})
		}
	}
	for t, truth := range truths {
		if !told[t] {
			missed = append(missed, truth)
		}
	}
	for e, event := range events {
		if !used[e] {
			left = append(left, event)
		}
	}
	return pairs, missed, left
}

// same reports whether an event can be the one that a truth is about.
func same(truth incidents.Truth, event Event) bool {
	if truth.Kind != event.Kind || truth.Target != event.Target || truth.Grade != "" && truth.Grade != event.Grade {
		return false
	}
	for name, value := range truth.Attributes {
		if event.Attributes[name] != value {
			return false
		}
	}
	return pair{truth, event}.off().Abs() <= farthest
}

// falseEvents are the loud ones among the events that no truth explains, and
// that the incident does not declare as an effect.
func falseEvents(incident incidents.Incident, story incidents.Story, left []Event) []string {
	var names []string
	for _, event := range left {
		if event.loud() && (incident.Quiet || !expected(incident.Expected, story, event)) {
			names = append(names, fmt.Sprintf("%s on %s at %s: %s", event.Kind, event.Target, event.Start.At.Format("15:04:05.000"), event.Summary))
		}
	}
	return names
}

func expected(effects []incidents.Effect, story incidents.Story, event Event) bool {
	if event.Start.Latest.Before(story.Break.Add(-tolerance)) || event.Start.Earliest.After(story.Recovered.Add(tolerance)) {
		return false
	}
	for _, effect := range effects {
		if effect.Kind == event.Kind && (len(effect.Targets) == 0 || slices.Contains(effect.Targets, event.Target)) {
			return true
		}
	}
	return false
}
