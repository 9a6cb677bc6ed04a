package report

import (
	"regexp"
	"slices"

	"collector/internal/timeline"
)

// hidesAlerts finds, in the reasons of Prometheus's gaps, those that may hide an alert:
// not those of its rules, its times or a metric.
var hidesAlerts = regexp.MustCompile(`(?:for|on|,) alerts(?:[,:]| may be incomplete)|prometheus was down|no sample of any target`)

// alertsLooked reports whether anybody who was asked for alerts answered; blind, that
// somebody who was asked did not, or not fully.
func (d *document) alertsLooked() (looked, blind bool) {
	looked = len(d.ofKind(timeline.Alert)) > 0 || len(d.checksAbout(topicAlerts)) > 0
	blind = slices.ContainsFunc(d.tl.Gaps, func(g timeline.Gap) bool {
		return g.Source == "webhook" || g.Source == "prometheus" && hidesAlerts.MatchString(g.Reason)
	})
	return looked, blind
}

// noAlert says, where no alert fired after the onset, what is known of that: "no alert
// fired" only where somebody looked and nothing was hidden. It begins with a small
// letter and has no full stop.
func (d *document) noAlert() string {
	looked, blind := d.alertsLooked()
	var before []string
	for _, a := range d.ofKind(timeline.Alert) {
		before = append(before, alertName(a))
	}
	switch {
	case len(before) > 0:
		return "no alert began to fire after the first harm; fired before: " + enumerate(distinct(before), 3)
	case looked && blind:
		return "no alert is recorded, but not everything that could tell of one was seen"
	case looked:
		return "no alert fired"
	case len(d.gapsAbout(topicAlerts)) > 0:
		return "whether an alert fired is not known: it could not be seen"
	}
	return "whether an alert fired is not known: no source of this draft was asked about alerts"
}

// alertWitness is who can say that no alert fired: the check, else the gap, else the
// request, and the alerts that fired before.
func (d *document) alertWitness() []string {
	ids := evidenceOf(d.ofKind(timeline.Alert))
	for _, s := range d.absence(topicAlerts) {
		ids = append(ids, s.Cites...)
	}
	return ids
}
