package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/timeline"
)

// recovery is what a draft saw of an incident's harm. What the draft before named, and
// this one has no word of, stays named: its witness is silent, which is no recovery.
func recovery(before incident.Recovery, t timeline.Timeline) incident.Recovery {
	r := incident.Recovery{Until: t.Window.To}
	for _, e := range t.Unrecovered() {
		r.Open = append(r.Open, harmName(e))
	}
	known := map[string]bool{}
	for _, e := range t.Events {
		known[harmName(e)] = true
	}
	for _, name := range before.Open {
		if !known[name] {
			r.Open = append(r.Open, name)
		}
	}
	slices.Sort(r.Open)
	r.Open = slices.Compact(r.Open)
	if t.Phases.Recovered != nil && len(r.Open) == 0 {
		r.Over = t.Phases.Recovered.Latest
	}
	return r
}

// harmName is what harm is called, the same in every draft: "threads_running on db1".
func harmName(e timeline.Event) string {
	name := string(e.Kind)
	if s := e.Attributes["signal"]; e.Kind == timeline.Signal && s != "" {
		name = s
	}
	if e.Target != "" {
		name += " on " + e.Target
	}
	return name
}

// ending is why the window of an incident's final draft ends where it does.
type ending struct {
	By      incident.Closing `json:"by"`
	Settle  string           `json:"settle"`         // of the configuration
	Wait    string           `json:"recovery_wait"`  // likewise
	MaxOpen string           `json:"max_open"`       // likewise
	Waited  string           `json:"waited"`         // after everything had been resolved for settle
	Open    []string         `json:"open,omitempty"` // what the last draft before this one said was not over
}

// endingOf is what there is to say about a closed incident.
func endingOf(i incident.Incident, c incident.Config) *ending {
	e := ending{By: i.ClosedBy, Settle: c.Settle.String(), Wait: c.RecoveryWait.String(), MaxOpen: c.MaxOpen.String(), Open: i.Draft.Recovery.Open}
	if !i.Settled.IsZero() {
		e.Waited = i.ClosedAt.Sub(i.Settled).Round(time.Second).String()
	}
	return &e
}

// remark tells the ending, and what is not over in the draft itself.
func (e *ending) remark(t timeline.Timeline, requestID string) timeline.Remark {
	r := timeline.Remark{Source: report.RequestSource, Evidence: []string{requestID}, Ending: true}
	var open []string
	for _, event := range t.Unrecovered() {
		open, r.Evidence = append(open, harmName(event)), append(r.Evidence, event.Evidence...)
	}
	slices.Sort(r.Evidence)
	r.Evidence = slices.Compact(r.Evidence)
	r.Text = e.reason()
	if text := named("what had not come back by then", open); text != "" {
		r.Text += "; " + text
	}
	gone := slices.DeleteFunc(slices.Clone(e.Open), func(name string) bool {
		return slices.ContainsFunc(t.Events, func(event timeline.Event) bool { return harmName(event) == name })
	})
	if text := named("what an earlier draft saw and nobody could see any more", gone); e.By == incident.ByWait && text != "" {
		r.Text += "; " + text
	}
	if e.By == incident.ByWait && len(open)+len(gone) == 0 {
		r.Text += "; by then nothing that the evidence shows was left of the harm"
	}
	return r
}

// reason is the first half of the remark.
func (e *ending) reason() string {
	switch e.By {
	case incident.ByMaxOpen:
		return fmt.Sprintf("the window ends %s after the first alert (max_open), although alerts still fired", e.MaxOpen)
	case incident.ByOperator:
		return "the window ends where an operator closed the incident"
	case incident.ByWait:
		return fmt.Sprintf("the window ends because %s after every alert had been resolved for %s it was not seen that all harm was over (recovery_wait)", e.Waited, e.Settle)
	}
	if e.Waited == "" || e.Waited == "0s" {
		return fmt.Sprintf("the window ends %s after the last alert was resolved (settle)", e.Settle)
	}
	return fmt.Sprintf("the window ends with the recovery, %s after every alert had been resolved for %s", e.Waited, e.Settle)
}

// namesShown is how many names a remark has.
const namesShown = 8

func named(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	names = slices.Compact(names)
	text := what + ": " + strings.Join(names[:min(len(names), namesShown)], ", ")
	if left := len(names) - namesShown; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}
