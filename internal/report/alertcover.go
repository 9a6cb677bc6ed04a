package report

import (
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// coverLead is how long before the onset an alert may have begun and still be about
// the incident. One that has fired for longer told of another story.
const coverLead = 5 * time.Minute

// identifying are the labels that say which machine or process a series is about.
// Others, such as job and cluster, are shared by series that are about different ones.
var identifying = []string{"instance", "host", "hostname", "node", "nodename", "pod", "server"}

// incidentAlerts are the alerts that may tell of the incident.
func (d *document) incidentAlerts() []timeline.Event {
	onset := d.tl.Phases.Onset
	return slices.DeleteFunc(d.ofKind(timeline.Alert), func(a timeline.Event) bool {
		return onset != nil && a.Start.Latest.Before(onset.Earliest.Add(-coverLead))
	})
}

// covered reports whether an alert told of an episode: it was pending or firing while
// the episode went on, and is about the same target or instance. labels are those of
// the episode's series, if it has one.
func (d *document) covered(e timeline.Event, labels map[string]string, alerts []timeline.Event) bool {
	return slices.ContainsFunc(alerts, func(a timeline.Event) bool {
		began := a.Start.Earliest
		if at, err := time.Parse(time.RFC3339, a.Attributes["pending_at"]); err == nil && at.Before(began) {
			began = at
		}
		if e.End != nil && e.End.Latest.Before(began) || a.End != nil && a.End.Latest.Before(e.Start.Earliest) {
			return false
		}
		return sameSubject(a, e, labels)
	})
}

// sameSubject reports whether an alert and an episode are about the same thing: one
// target, one machine, or both about no single one.
func sameSubject(a, e timeline.Event, labels map[string]string) bool {
	if a.Target == e.Target && (a.Target != "" || a.Attributes["targets"] == "") {
		return true
	}
	if e.Target != "" && slices.Contains(strings.Split(a.Attributes["targets"], ", "), e.Target) {
		return true
	}
	return slices.ContainsFunc(identifying, func(name string) bool {
		return labels[name] != "" && a.Attributes["label_"+name] == labels[name]
	})
}
