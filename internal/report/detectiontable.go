package report

import (
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// DetectionRows is the way of the first alert: first symptom, condition true, firing,
// notified, each with its delays. There is none without an alert.
func (d *document) DetectionRows() []Row {
	p := d.tl.Phases
	if p.Detected == nil || p.Onset == nil {
		return nil
	}
	alert := d.event(p.Detected)
	steps := []detectionStep{
		{"First symptom: " + what(d.event(p.Onset)), &p.Onset.Instant, d.citesOf(p.Onset)},
		d.pendingStep(alert),
		{"Firing: " + alertName(alert), &p.Detected.Instant, d.citesOf(p.Detected)},
		d.notifiedStep(alert),
	}
	var rows []Row
	var before *timeline.Instant
	for i, s := range steps {
		rows = append(rows, d.detectionRow(s, i, p.Onset.Instant, before))
		if s.at != nil {
			before = s.at
		}
	}
	return rows
}

// detectionStep is one step on the way from a symptom to people; at is nil when nobody
// knows when it was taken.
type detectionStep struct {
	text  string
	at    *timeline.Instant
	cites []string
}

func (d *document) detectionRow(s detectionStep, i int, onset timeline.Instant, before *timeline.Instant) Row {
	local, utc, sinceOnset, sinceBefore := "not known", "not known", "not known", "not known"
	if s.at != nil {
		local, utc = d.clock.cell(*s.at, d.clock.zone), d.clock.cell(*s.at, time.UTC)
		sinceOnset = elapsed(onset, *s.at)
		if before != nil {
			sinceBefore = elapsed(*before, *s.at)
		}
	}
	if i == 0 {
		sinceOnset, sinceBefore = "—", "—"
	}
	cells := []string{s.text, local, utc, sinceOnset, sinceBefore}
	if d.clock.utc() {
		cells = slices.Delete(cells, 2, 3)
	}
	return Row{cells, s.cites}
}

// elapsed is how long after i the instant j was, or that the errors do not say.
func elapsed(i, j timeline.Instant) string {
	switch {
	case i.Before(j):
		return apart(i, j)
	case j.Before(i):
		return apart(j, i) + " before it"
	}
	return "at the same time, as far as the clocks can tell"
}

// pendingStep is when the alert's condition became true, with the rule's waiting time.
func (d *document) pendingStep(alert timeline.Event) detectionStep {
	s := detectionStep{"Condition true (pending)", nil, d.cited(alert.Evidence)}
	if wait := alert.Attributes["for"]; wait != "" && wait != "0" && wait != "0s" {
		s.text += ", the rule’s “for” is " + escape(waiting(wait), 20)
	}
	at, err := time.Parse(time.RFC3339, alert.Attributes["pending_at"])
	if err != nil || at.After(alert.Start.Latest) {
		s.text += ": neither ALERTS_FOR_STATE nor a pending evaluation tells when"
		return s
	}
	i := timeline.Exactly(at)
	s.at = &i
	return s
}

// notifiedStep is when somebody was first told of the alert: by Alertmanager's own
// record of what it delivered, or by the notification that collector received.
func (d *document) notifiedStep(alert timeline.Event) detectionStep {
	var first detectionStep
	for _, e := range d.tl.Events {
		if e.Attributes["receiver"] == "" || !tells(e, alert) || e.Start.Latest.Before(alert.Start.Earliest) {
			continue
		}
		if first.at == nil || e.Start.At.Before(first.at.At) {
			at := e.Start
			first = detectionStep{"Notified: Alertmanager delivered it to receiver " + escape(e.Attributes["receiver"], maxName), &at, e.Evidence}
		}
	}
	received, err := time.Parse(time.RFC3339, alert.Attributes["received_at"])
	if err == nil && (first.at == nil || received.Before(first.at.At)) {
		at := timeline.Exactly(received)
		first = detectionStep{"Notified: Alertmanager’s webhook reached collector; other receivers got it on their own ways", &at, alert.Evidence}
	}
	if first.at != nil {
		return first
	}
	return d.neverNotified()
}

// tells reports whether a delivered notification named an alert as firing. It names
// each by its name and, in brackets, its target.
func tells(notification, alert timeline.Event) bool {
	name := alert.Attributes["alertname"]
	if name == "" {
		return false
	}
	for told := range strings.SplitSeq(notification.Attributes["firing"], ", ") {
		rest, ok := strings.CutPrefix(told, name)
		if !ok {
			continue
		}
		target, named := strings.CutPrefix(rest, " (")
		target, _, _ = strings.Cut(target, ")")
		if rest == "" || strings.HasPrefix(rest, " and ") || named && (alert.Target == "" || target == alert.Target) {
			return true
		}
	}
	return false
}

// neverNotified says what was looked through, and by whom, where no record tells of a
// notification of an alert, and what could not be.
func (d *document) neverNotified() detectionStep {
	var asked, unread, cites []string
	for _, w := range []struct{ source, words, check, hides string }{
		{"alertmanager", "Alertmanager’s record of what it delivered", "notifications that were delivered", "event recorder"},
		{"webhook", "the notifications that collector received", "notifications that were received", ""},
	} {
		answered := d.notificationsOf(w.source, w.check)
		var failed []string
		for _, g := range d.tl.Gaps {
			if g.Source == w.source && strings.Contains(g.Reason, w.hides) {
				failed = append(failed, d.cited(g.Evidence)...)
			}
		}
		switch cites = slices.Concat(cites, answered, failed); {
		case len(failed) > 0:
			unread = append(unread, w.words)
		case len(answered) > 0:
			asked = append(asked, w.words)
		}
	}
	var parts []string
	if len(asked) > 0 {
		parts = append(parts, "looked for in "+enumerate(asked, 2)+", and this alert is not named there")
	}
	if len(unread) > 0 {
		parts = append(parts, enumerate(unread, 2)+" could not be read in full")
	}
	if len(parts) == 0 {
		return detectionStep{"Notified: not looked for, since neither Alertmanager’s record of what it delivered nor its notifications are among the evidence", nil, []string{d.request}}
	}
	return detectionStep{"Notified: " + strings.Join(parts, "; "), nil, cites}
}

// notificationsOf are the records in which a source found notifications, or looked for
// them and found none.
func (d *document) notificationsOf(source, check string) []string {
	var ids []string
	for _, e := range d.tl.Events {
		if e.Source == source && (e.Attributes["receiver"] != "" || e.Attributes["received_at"] != "") {
			ids = append(ids, e.Evidence...)
		}
	}
	for _, c := range d.tl.Checks {
		if c.Source == source && strings.Contains(c.LookedFor, check) {
			ids = append(ids, d.cited(c.Evidence)...)
		}
	}
	return ids
}
