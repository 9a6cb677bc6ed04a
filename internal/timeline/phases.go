package timeline

import (
	"slices"
	"time"
)

// The rules that name phases. Each phase in a document says which one found it.
const (
	// RuleFirstHarm: the start of the earliest harm that leads to the first alert
	// without a pause longer than harmPause.
	RuleFirstHarm = "first harm that leads to the first alert"
	// RuleFirstHarmUnalerted: no alert is recorded; the start of the earliest critical
	// harm, else of the earliest harm, that began in the window.
	RuleFirstHarmUnalerted = "first harm, no alert recorded"
	// RuleAlertPending: no harm was measured before the alert; its pending time.
	RuleAlertPending = "the first alert's condition became true"
	// RuleFirstAlert: the first alert that fired at or after the onset.
	RuleFirstAlert = "first alert fired"
	// RuleLastActionBeforeRecovery: the last response (see [Phases.Response]) that
	// finished before the recovery. A coincidence in time, not a proof.
	RuleLastActionBeforeRecovery = "last action finished before recovery"
	// RuleLastHarmEnded: the latest end of the harm that began at or after the
	// onset, when all of it has ended.
	RuleLastHarmEnded = "last harm ended"
	// RuleLastAlertResolved: the latest end of the alerts that fired at or after the
	// onset, when all have ended.
	RuleLastAlertResolved = "last alert resolved"
)

// harmPause is how long harm may pause and still be the same incident.
const harmPause = 5 * time.Minute

// Action reports whether the kind is something that somebody or something did
// to the system, a candidate for cause or cure, rather than a harm it suffered.
func (k Kind) Action() bool {
	switch k {
	case Deploy, Rollback, Change, MySQLSchemaChange, MySQLVariableChange, MySQLRoleChange, MySQLTopologyChange, MySQLKill:
		return true
	}
	return false
}

// Repeats reports whether an action is only a replica's repetition of one that
// another event tells: nobody did anything there, and it is neither a candidate for
// cause nor for cure beside the one that it repeats.
func (t Timeline) Repeats(e Event) bool {
	_, repeats := t.Original(e)
	return repeats
}

// Original is the action that an event is a replica's repetition of, if the timeline
// has it; of several like it the nearest in time.
func (t Timeline) Original(e Event) (original Event, found bool) {
	if e.Attributes["replicated_from"] == "" {
		return Event{}, false
	}
	for _, o := range t.Events {
		if o.Kind != e.Kind || o.Target == e.Target || o.Attributes["replicated_from"] != "" || !sameObject(o, e) {
			continue
		}
		if !found || e.Start.At.Sub(o.Start.At).Abs() < e.Start.At.Sub(original.Start.At).Abs() {
			original, found = o, true
		}
	}
	return original, found
}

// sameObject reports whether two schema changes did the same to the same object.
func sameObject(a, b Event) bool {
	return !slices.ContainsFunc([]string{"operation", "schema", "table", "column", "index"}, func(key string) bool {
		return a.Attributes[key] != b.Attributes[key]
	})
}

// Harm reports whether the event is damage that was suffered: at least a
// warning, and neither an action nor the alarm about it.
func (e Event) Harm() bool {
	return e.Severity.Rank() >= Warning.Rank() && !e.Kind.Action() && e.Kind != Alert
}

// findPhases names the turning points of a built timeline.
func findPhases(t Timeline) Phases {
	harm := t.felt()
	var alerts, actions []Event
	for _, e := range t.Events {
		switch {
		case e.Kind == Alert:
			alerts = append(alerts, e)
		case e.Kind.Action() && !t.Repeats(e):
			actions = append(actions, e)
		}
	}
	var p Phases
	p.Onset = onset(harm, alerts, t.Window)
	if p.Onset == nil {
		return p
	}
	harm, alerts = since(harm, p.Onset), since(alerts, p.Onset)
	if len(alerts) > 0 {
		p.Detected = &Phase{alerts[0].Start, RuleFirstAlert, alerts[0].ID}
	}
	p.Recovered = lastEnd(harm, RuleLastHarmEnded)
	p.Resolved = lastEnd(alerts, RuleLastAlertResolved)
	p.Mitigated = mitigation(actions, p)
	return p
}

// Suffered leaves out what nobody suffers by itself, as long as there is other harm: a
// scrape that failed is Prometheus seeing less, and a transaction that stays open is
// felt by those who wait for it, which is harm of its own. Where it is all that was
// seen, it is the only trace of what happened.
func Suffered(harm []Event) []Event {
	felt := slices.DeleteFunc(slices.Clone(harm), func(e Event) bool { return e.Kind == ScrapeDown || e.Kind == MySQLLongTransaction })
	if len(felt) == 0 {
		return harm
	}
	return felt
}

// since returns the events that, within their errors, began at or after the
// onset. What was there before is another story, and neither starts nor ends this one.
func since(events []Event, onset *Phase) []Event {
	return slices.DeleteFunc(slices.Clone(events), func(e Event) bool {
		return e.Start.Latest.Before(onset.Earliest)
	})
}

func onset(harm, alerts []Event, w Window) *Phase {
	began := func(e Event) bool { return !e.Start.Latest.Before(w.From) }
	fresh := slices.DeleteFunc(slices.Clone(harm), func(e Event) bool { return !began(e) })
	i := slices.IndexFunc(alerts, began)
	if i < 0 {
		return firstHarm(fresh)
	}
	alert := alerts[i]
	if first, ok := chainBack(fresh, alert); ok {
		first = foremost(first, fresh)
		return &Phase{first.Start, RuleFirstHarm, first.ID}
	}
	return &Phase{pending(alert), RuleAlertPending, alert.ID}
}

// foremost is, among the harm of which nobody can say whether it or the first began
// earlier, the gravest; of critical ones the one that the list of kinds has first: a
// primary that is down comes before the replicas that lost it; else the one that had
// certainly begun first.
func foremost(first Event, harm []Event) Event {
	best := first
	for _, e := range harm {
		if e.Start.Before(first.Start) || first.Start.Before(e.Start) {
			continue
		}
		if e.leads(best) {
			best = e
		}
	}
	return best
}

// leads reports whether e is told before o where their times leave the order open.
func (e Event) leads(o Event) bool {
	switch {
	case e.Severity != o.Severity:
		return e.Severity.Rank() > o.Severity.Rank()
	case e.Severity == Critical && e.Kind != o.Kind:
		return slices.Index(kinds[:], e.Kind) < slices.Index(kinds[:], o.Kind)
	}
	return e.Start.Latest.Before(o.Start.Latest)
}

// firstHarm is the onset where no alert fired.
func firstHarm(harm []Event) *Phase {
	if len(harm) == 0 {
		return nil
	}
	i := max(0, slices.IndexFunc(harm, func(e Event) bool { return e.Severity == Critical }))
	first := foremost(harm[i], harm)
	return &Phase{first.Start, RuleFirstHarmUnalerted, first.ID}
}

// chainBack follows the harm back from the first alert as long as no pause is
// longer than harmPause, and returns where it began.
func chainBack(harm []Event, alert Event) (Event, bool) {
	var first Event
	found := false
	reach := pending(alert).Earliest
	for i := len(harm) - 1; i >= 0; i-- {
		e := harm[i]
		if e.Start.Earliest.After(alert.Start.Latest) || e.EndsAt(reach).Before(reach.Add(-harmPause)) {
			continue
		}
		first, found = e, true
		reach = earlier(reach, e.Start.Earliest)
	}
	return first, found
}

// pending is when an alert's condition became true, as far as it is known.
func pending(alert Event) Instant {
	at, err := time.Parse(time.RFC3339, alert.Attributes["pending_at"])
	if err != nil || at.After(alert.Start.At) {
		return alert.Start
	}
	return Around(at, alert.Start.Latest.Sub(alert.Start.Earliest)/2)
}

// lastEnd is the phase in which the last of the events ended, nil while one goes on.
func lastEnd(events []Event, rule string) *Phase {
	var last *Phase
	for _, e := range events {
		if e.End == nil {
			return nil
		}
		if last == nil || e.End.At.After(last.At) {
			last = &Phase{*e.End, rule, e.ID}
		}
	}
	return last
}

// Response reports whether an action can have been an answer to the incident: it
// began after the onset, or, where the errors of the two leave that open, not before
// the detection. What was under way at the onset may be its cause, and is no answer.
func (p Phases) Response(e Event) bool {
	if p.Onset == nil || !e.Kind.Action() || e.ID == p.Onset.Event {
		return false
	}
	return p.Onset.Before(e.Start) || p.Detected != nil && !e.Start.Before(p.Onset.Instant) && !e.Start.At.Before(p.Detected.At)
}

// mitigation is the last response that finished before the recovery.
func mitigation(actions []Event, p Phases) *Phase {
	if p.Recovered == nil {
		return nil
	}
	var last *Phase
	for _, a := range actions {
		if !p.Response(a) || a.End == nil || a.Attributes["outcome"] == "failed" || a.End.Earliest.After(p.Recovered.Latest) {
			continue
		}
		if last == nil || a.End.At.After(last.At) {
			last = &Phase{*a.End, RuleLastActionBeforeRecovery, a.ID}
		}
	}
	return last
}
