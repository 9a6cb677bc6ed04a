package timeline

import "slices"

// Unrecovered is the harm of the incident that has no end: it keeps the phase
// Recovered from being named. There is none where there is no onset. What was there
// before the onset is another story and is left out.
func (t Timeline) Unrecovered() []Event {
	if t.Phases.Onset == nil {
		return nil
	}
	return slices.DeleteFunc(since(t.felt(), t.Phases.Onset), func(e Event) bool { return e.End != nil })
}

// felt is all harm of the timeline that counts for its phases.
func (t Timeline) felt() []Event {
	return Suffered(slices.DeleteFunc(slices.Clone(t.Events), func(e Event) bool { return !e.Harm() }))
}
