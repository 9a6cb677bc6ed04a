package timeline

import (
	"cmp"
	"slices"
	"strings"
)

// sameAlerts finds, for each alert that was notified, the one that was measured: it
// gets that one's target and key, so that the two are merged as one fact. They are the
// same when they have one name, overlap, and no label that both have differs: what
// Prometheus sends may have more labels than the alert in it (external_labels), or
// less (alert_relabel_configs). Of several the one that shares most labels is meant,
// then the earliest.
func sameAlerts(events []Event) []Event {
	measured := map[string]*alertIndex{} // by alertname
	for _, e := range events {
		if name := e.Attributes["alertname"]; e.Kind == Alert && e.Grade == Measured && name != "" {
			if measured[name] == nil {
				measured[name] = &alertIndex{with: map[string][]int{}}
			}
			measured[name].add(e)
		}
	}
	events = slices.Clone(events)
	for i, e := range events {
		index := measured[e.Attributes["alertname"]]
		if e.Kind != Alert || e.Grade == Measured || index == nil {
			continue
		}
		if m, ok := index.find(e); ok {
			events[i].Target, events[i].Key = m.Target, m.Key
		}
	}
	return events
}

// alertIndex holds the measured alerts of one name.
type alertIndex struct {
	alerts []Event
	with   map[string][]int // "label\x00value": who has it
	always []string         // the labels that every one of them has
}

func (x *alertIndex) add(e Event) {
	if len(x.alerts) == 0 {
		for label := range e.Attributes {
			if isLabel(label) {
				x.always = append(x.always, label)
			}
		}
	}
	x.always = slices.DeleteFunc(x.always, func(label string) bool { _, has := e.Attributes[label]; return !has })
	for label, value := range e.Attributes {
		if isLabel(label) {
			x.with[label+"\x00"+value] = append(x.with[label+"\x00"+value], len(x.alerts))
		}
	}
	x.alerts = append(x.alerts, e)
}

// find is the measured alert that a notified one is. In a storm there are thousands of
// both: it only looks at those that have the rarest label in common.
func (x *alertIndex) find(e Event) (best Event, found bool) {
	fewest, narrowed := []int(nil), false
	for _, label := range x.always {
		if value, has := e.Attributes[label]; has {
			if some := x.with[label+"\x00"+value]; !narrowed || len(some) < len(fewest) {
				fewest, narrowed = some, true
			}
		}
	}
	if !narrowed {
		fewest = make([]int, len(x.alerts))
		for i := range fewest {
			fewest[i] = i
		}
	}
	most := -1
	for _, i := range fewest {
		m := x.alerts[i]
		shared, same := commonLabels(m, e)
		if !same || !overlap(m, e) {
			continue
		}
		if shared > most || shared == most && cmp.Or(m.Start.At.Compare(best.Start.At), cmp.Compare(m.Key, best.Key)) < 0 {
			best, most, found = m, shared, true
		}
	}
	return best, found
}

// isLabel reports whether an alert's attribute is one of its labels.
func isLabel(attribute string) bool {
	return attribute == "alertname" || attribute == "severity" || strings.HasPrefix(attribute, "label_")
}

// commonLabels counts the labels that both have; same is false when one differs.
func commonLabels(a, b Event) (shared int, same bool) {
	for label, value := range a.Attributes {
		if other, both := b.Attributes[label]; both && isLabel(label) {
			if other != value {
				return 0, false
			}
			shared++
		}
	}
	return shared, true
}

// overlap reports whether two episodes may have gone on at the same time.
func overlap(a, b Event) bool {
	return (a.End == nil || !a.End.Latest.Before(b.Start.Earliest)) && (b.End == nil || !b.End.Latest.Before(a.Start.Earliest))
}
