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

// Firing is the alerts of the incident that had not resolved when the window closed:
// they keep the phase Resolved from being named. They may tell of harm that nobody
// measured, so that a recovery without a word of them would say too much. Alerts that
// fired before the onset are left out.
func (t Timeline) Firing() []Event {
	if t.Phases.Onset == nil {
		return nil
	}
	alerts := slices.DeleteFunc(slices.Clone(t.Events), func(e Event) bool { return e.Kind != Alert })
	return slices.DeleteFunc(since(alerts, t.Phases.Onset), func(e Event) bool { return e.End != nil })
}

// felt is all harm of the timeline that counts for its phases.
func (t Timeline) felt() []Event {
	return Suffered(slices.DeleteFunc(slices.Clone(t.Events), func(e Event) bool { return !e.Harm() }))
}
