package timeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Build makes the one timeline from the findings of all sources. It is a pure
// function: the same findings, in any order, give the same timeline.
//
// An event that breaks the rules of Event.Validate is not printed and not lost:
// it becomes a gap that names the rule.
func Build(window Window, scope Scope, findings ...Findings) Timeline {
	var all Findings
	for _, f := range findings {
		all.Add(f)
	}
	window = window.UTC()
	events, refused := valid(all.Events, window)
	events = foldStorms(matchSilences(mergeSame(sameAlerts(events))))
	finish(events)
	t := Timeline{
		Window:   window,
		Scope:    scope,
		Events:   events,
		Checks:   sortedChecks(all.Checks),
		Gaps:     mergeGaps(append(all.Gaps, refused...), window),
		Impact:   sortedImpact(all.Impact),
		Evidence: sortedEvidence(all.Evidence),
		Series:   sortedSeries(all.Series),
		Remarks:  sortedRemarks(all.Remarks),
		Links:    sortedLinks(all.Links),
		History:  all.History,
	}
	t.Phases = findPhases(t)
	return t
}

// valid returns the events that touch the window, at the resolution of the
// files, and a gap for each that breaks a rule.
func valid(events []Event, window Window) (kept []Event, refused []Gap) {
	for _, e := range events {
		e = e.rounded()
		if err := e.Validate(); err != nil {
			refused = append(refused, Gap{
				Source: e.Source, Target: e.Target, From: window.From, To: window.To,
				Reason: fmt.Sprintf("an event was refused: %v", err), Evidence: e.Evidence,
			})
			continue
		}
		if e.Touches(window) {
			kept = append(kept, e)
		}
	}
	return kept, refused
}

// rounded brings all times to the resolution of the files: what is ordered,
// compared and hashed here is what a reader of timeline.json sees. Bounds are
// rounded outwards so that the truth stays inside.
func (e Event) rounded() Event {
	e.Start = e.Start.rounded()
	if e.End != nil {
		end := e.End.rounded()
		e.End = &end
	}
	return e
}

func (i Instant) rounded() Instant {
	const ms = time.Millisecond
	out := Instant{i.At.UTC().Truncate(ms), i.Earliest.UTC().Truncate(ms), i.Latest.UTC().Truncate(ms)}
	if out.Latest.Before(i.Latest) {
		out.Latest = out.Latest.Add(ms)
	}
	return out
}

// finish sets severities and IDs, and orders the events.
func finish(events []Event) {
	for i := range events {
		e := &events[i]
		e.Severity = SeverityOf(e.Kind, e.Attributes)
		slices.Sort(e.Evidence)
		e.Evidence = slices.Compact(e.Evidence)
		e.ID = e.identify()
	}
	slices.SortFunc(events, compareEvents)
	for i := 1; i < len(events); i++ { // two equal events: keep their IDs apart
		if events[i].ID == events[i-1].ID {
			events[i].ID += fmt.Sprintf("-%d", i)
		}
	}
}

// identify derives an event's ID from what makes it this event and no other, so
// that it stays the same when a draft is refreshed and the event has ended since.
func (e Event) identify() string {
	sum := sha256.Sum256([]byte(strings.Join(
		[]string{string(e.Kind), e.Source, e.Target, e.Key, FormatTime(e.Start.At)}, "\x00")))
	return "e-" + hex.EncodeToString(sum[:4])
}

func compareEvents(a, b Event) int {
	return cmp.Or(
		a.Start.At.Compare(b.Start.At),
		a.Start.Earliest.Compare(b.Start.Earliest),
		cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Target, b.Target),
		cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Summary, b.Summary),
		cmp.Compare(a.ID, b.ID),
	)
}

func sortedChecks(checks []Check) []Check {
	byWhat := map[checkIdentity][]string{}
	for _, c := range checks {
		k := checkIdentity{c.Source, c.Target, c.LookedFor}
		byWhat[k] = union(byWhat[k], c.Evidence)
	}
	out := make([]Check, 0, len(byWhat))
	for k, evidence := range byWhat {
		out = append(out, Check{k.Source, k.Target, k.LookedFor, evidence})
	}
	slices.SortFunc(out, func(a, b Check) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target), cmp.Compare(a.LookedFor, b.LookedFor))
	})
	return out
}

// checkIdentity is what makes two checks the same.
type checkIdentity struct{ Source, Target, LookedFor string }

// mergeGaps clips gaps to the window, and joins those that touch and have the
// same source, target and reason.
func mergeGaps(gaps []Gap, w Window) []Gap {
	gaps = slices.Clone(gaps)
	for i := range gaps {
		gaps[i].From = later(gaps[i].From, w.From).UTC().Truncate(time.Millisecond)
		gaps[i].To = earlier(gaps[i].To, w.To).UTC().Truncate(time.Millisecond)
	}
	gaps = slices.DeleteFunc(gaps, func(g Gap) bool { return g.To.Before(g.From) })
	slices.SortFunc(gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target),
			cmp.Compare(a.Reason, b.Reason), a.From.Compare(b.From), a.To.Compare(b.To))
	})
	var out []Gap
	for _, g := range gaps {
		if n := len(out); n > 0 && sameHole(out[n-1], g) {
			out[n-1].To = later(out[n-1].To, g.To)
			out[n-1].Evidence = union(out[n-1].Evidence, g.Evidence)
			continue
		}
		g.Evidence = union(g.Evidence, nil)
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return a.From.Compare(b.From) })
	return out
}

func sameHole(a, b Gap) bool {
	return a.Source == b.Source && a.Target == b.Target && a.Reason == b.Reason && !b.From.After(a.To)
}

func sortedImpact(in []Impact) []Impact {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Impact) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Value, b.Value))
	})
	return out
}

func sortedSeries(in []Series) []Series {
	out := slices.Clone(in)
	slices.SortStableFunc(out, func(a, b Series) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Source, b.Source),
			cmp.Compare(sortedLabels(a.Labels), sortedLabels(b.Labels)))
	})
	return out
}

// sortedLinks orders links by what they are called.
func sortedLinks(in []Link) []Link {
	out := slices.Clone(in)
	slices.SortStableFunc(out, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Title, b.Title), cmp.Compare(a.URL, b.URL))
	})
	return out
}

func sortedRemarks(in []Remark) []Remark {
	out := slices.Clone(in)
	slices.SortStableFunc(out, func(a, b Remark) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Text, b.Text))
	})
	return out
}

func sortedLabels(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for k, v := range labels {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

func sortedEvidence(in []Evidence) []Evidence {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Evidence) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b Evidence) bool { return a.ID == b.ID })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
