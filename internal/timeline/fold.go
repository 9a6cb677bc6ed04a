package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A storm is more than stormSize alerts of one name that overlap or follow each
// other within stormPause. It is told as one line; the single alerts stay in the
// evidence that the line cites.
const (
	stormSize  = 5
	stormPause = time.Minute
)

// foldStorms replaces each storm of alerts by one event. Its target is the one
// that all share, or none.
func foldStorms(events []Event) []Event {
	byName := map[string][]Event{}
	var out []Event
	for _, e := range events {
		if name := e.Attributes["alertname"]; e.Kind == Alert && name != "" {
			byName[name] = append(byName[name], e)
			continue
		}
		out = append(out, e)
	}
	for _, alerts := range byName {
		for _, run := range runs(alerts) {
			if len(run) > stormSize {
				out = append(out, storm(run))
			} else {
				out = append(out, run...)
			}
		}
	}
	return out
}

// runs splits alerts at pauses in which none of them fired.
func runs(alerts []Event) [][]Event {
	slices.SortFunc(alerts, compareEvents)
	var out [][]Event
	var until time.Time
	open := false
	for i, e := range alerts {
		if i > 0 && (open || !e.Start.Earliest.After(until.Add(stormPause))) {
			out[len(out)-1] = append(out[len(out)-1], e)
		} else {
			out, open, until = append(out, []Event{e}), false, time.Time{}
		}
		if e.End == nil {
			open = true
		} else {
			until = later(until, e.End.Latest)
		}
	}
	return out
}

// storm tells a run of alerts as one event.
func storm(run []Event) Event {
	first := run[0]
	end := run[0].End
	var targets, evidence []string
	peak := 0
	for _, e := range run {
		targets = append(targets, e.Target)
		evidence = append(evidence, e.Evidence...)
		end = laterEnd(end, e.End)
		peak = max(peak, firingAt(run, e.Start.At))
	}
	targets = union(targets, nil)
	attributes := map[string]string{
		"alertname": first.Attributes["alertname"],
		"instances": strconv.Itoa(len(run)),
		"peak":      strconv.Itoa(peak),
		"targets":   strings.Join(targets, ", "),
	}
	for _, key := range []string{"annotation_summary", "runbook_url", "for"} {
		if v := first.Attributes[key]; v != "" {
			attributes[key] = v
		}
	}
	attributes["severity"] = gravest(run)
	target := ""
	if len(targets) == 1 {
		target = targets[0]
	}
	return Event{
		Kind: Alert, Grade: first.Grade, Source: first.Source, Target: target, Start: first.Start, End: end,
		Summary: fmt.Sprintf("alert %s fired for %d instances on %d targets, at most %d at once",
			first.Attributes["alertname"], len(run), len(targets), peak),
		Attributes: attributes, Evidence: union(evidence, nil), Key: "storm:" + first.Attributes["alertname"],
	}
}

func firingAt(run []Event, t time.Time) (n int) {
	for _, e := range run {
		if !e.Start.At.After(t) && (e.End == nil || e.End.At.After(t)) {
			n++
		}
	}
	return n
}

// laterEnd is the later of two ends; one that is still going on is the latest.
func laterEnd(a, b *Instant) *Instant {
	if a == nil || b == nil {
		return nil
	}
	if cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) > 0 {
		return b
	}
	return a
}

// gravest is the severity label of the worst alert of a run.
func gravest(run []Event) string {
	worst := run[0]
	for _, e := range run {
		if SeverityOf(Alert, e.Attributes).Rank() > SeverityOf(Alert, worst.Attributes).Rank() {
			worst = e
		}
	}
	return worst.Attributes["severity"]
}
