package timeline

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// mergeSame joins events that are the same fact: the same kind, target and key
// at overlapping times. Two Prometheus servers that evaluate the same rules, or
// two logs of the same deploy, give one event with all citations. Events without
// a key are never merged: nobody can say that they are the same.
func mergeSame(events []Event) []Event {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Key, b.Key), compareEvents(a, b))
	})
	var out []Event
	for _, e := range events {
		if n := len(out); n > 0 && sameFact(out[n-1], e) {
			out[n-1] = join(out[n-1], e)
			continue
		}
		out = append(out, e)
	}
	return out
}

func sameFact(a, b Event) bool {
	if a.Key == "" || a.Kind != b.Kind || a.Target != b.Target || a.Key != b.Key {
		return false
	}
	return a.End == nil || !a.End.Latest.Before(b.Start.Earliest)
}

// join makes one event of two witnesses. The sharper witness of a boundary is
// believed; an attribute that only one of them has is kept, and so is what one of them
// adds to the words of the other.
//
// An alert that was measured and told keeps the measured one's words; where the two
// contradict each other it is believed, because the other's clock is not known.
func join(a, b Event) Event {
	if a.Kind == Alert && a.Grade != b.Grade {
		if b.Grade == Measured {
			a, b = b, a
		}
		if a.End != nil && b.End != nil && contradict(*a.End, *b.End) {
			b.End = a.End
		}
		if contradict(a.Start, b.Start) {
			b.Start = a.Start
		}
	}
	if a.Kind == Deploy || a.Kind == Rollback {
		a, b = completed(a, b)
	}
	a.Start = sharper(a.Start, b.Start)
	a.End = joinEnds(a.End, b.End)
	if a.End != nil && a.End.At.Before(a.Start.At) { // an instant seen by a sharper witness
		end := a.Start
		a.End = &end
	}
	attributes := maps.Clone(b.Attributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	maps.Copy(attributes, a.Attributes)
	a.Attributes = attributes
	if strings.HasPrefix(b.Summary, a.Summary) { // the same, and more: the types of what was changed
		a.Summary = b.Summary
	}
	a.Evidence = union(a.Evidence, b.Evidence)
	if a.Grade == Derived {
		a.Grade = b.Grade
	}
	return a
}

// completed gives who saw only one moment of an episode, its end as a rule, what the other
// saw of the rest: however exact that moment is, it says nothing about the other boundary.
func completed(a, b Event) (Event, Event) {
	if a.isInstant() == b.isInstant() {
		return a, b
	}
	whole, part := &a, &b
	if a.isInstant() {
		whole, part = &b, &a
	}
	if contradict(whole.Start, part.Start) {
		part.Start = whole.Start
	}
	if whole.End != nil && contradict(*whole.End, *part.End) {
		part.End = whole.End
	}
	part.Attributes = maps.Clone(part.Attributes)
	delete(part.Attributes, "start_logged")
	return a, b
}

func (e Event) isInstant() bool { return e.End != nil && e.End.At.Equal(e.Start.At) }

// contradict reports that two instants cannot be the same.
func contradict(i, j Instant) bool { return i.Before(j) || j.Before(i) }

// joinEnds: an episode has ended when one witness saw its end.
func joinEnds(a, b *Instant) *Instant {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	end := sharper(*a, *b)
	return &end
}

// sharper is the instant with the smaller error; of two equal ones the earlier.
func sharper(a, b Instant) Instant {
	if width := cmp.Compare(a.Latest.Sub(a.Earliest), b.Latest.Sub(b.Earliest)); width != 0 {
		if width < 0 {
			return a
		}
		return b
	}
	if b.At.Before(a.At) {
		return b
	}
	return a
}
