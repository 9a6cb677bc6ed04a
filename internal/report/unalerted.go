package report

import (
	"math"
	"slices"

	"collector/internal/report/alertrules"
	"collector/internal/timeline"
)

// How many metrics that moved with no alert are told one by one, and how many
// departures are looked at for it.
const (
	maxUnalerted = 12
	maxLookedAt  = 100
)

// unalerted is a metric that moved with no alert, or harm of which no alert told.
type unalerted struct {
	events []timeline.Event // departures of one signal of one target on one side, or one kind of harm
	ids    []string         // of the events and their series
	rule   *alertrules.Rule
	why    string // why there is no rule
}

// metricKey tells the metrics apart that get one rule each.
type metricKey struct {
	prometheus, signal, target string
	up                         bool
}

// findMoved finds the metrics that left their normal band with no alert, in the order in
// which they did, each with the rule that would have told of it, and then the harm on
// servers of which neither an alert nor such a metric tells. left is how many
// departures were not looked at. Where nobody looked for alerts, none is known to lack one.
func (d *document) findMoved() (list []unalerted, left []timeline.Event) {
	if looked, _ := d.alertsLooked(); !looked {
		return nil, nil
	}
	alerts := d.incidentAlerts()
	open := slices.DeleteFunc(d.ofKind(timeline.Signal), func(e timeline.Event) bool { return d.covered(e, nil, alerts) })
	left = open[min(len(open), maxLookedAt):]
	m := movedMetrics{doc: d, at: map[metricKey]int{}}
	for _, e := range open[:min(len(open), maxLookedAt)] {
		s, found := seriesOf(d.tl, e)
		if d.covered(e, s.Labels, alerts) {
			continue
		}
		m.departed(e, s, found)
	}
	for _, e := range d.harmShown(alerts) {
		m.harmed(e)
	}
	m.write()
	if len(m.list) > maxUnalerted {
		for _, u := range m.list[maxUnalerted:] {
			left = append(left, u.events...)
		}
		m.list = m.list[:maxUnalerted]
	}
	return m.list, left
}

// movedMetrics collects what moved with no alert.
type movedMetrics struct {
	doc     *document
	at      map[metricKey]int
	list    []unalerted
	metrics []alertrules.Metric // by the same index
}

// departed adds one departure.
func (m *movedMetrics) departed(e timeline.Event, s timeline.Series, found bool) {
	k := metricKey{m.doc.recordedBy(e.Evidence), e.Attributes["signal"], e.Target, e.Attributes["direction"] != "down"}
	i, known := m.at[k]
	if !known {
		i = m.add(k, alertrules.Metric{Prometheus: k.prometheus, Signal: k.signal, Unit: e.Attributes["unit"], Target: k.target, Severity: ruleSeverity(k.signal)})
	}
	u := &m.list[i]
	u.events = append(u.events, e)
	u.ids = append(u.ids, e.Evidence...)
	edge := s.High
	if !k.up {
		edge = s.Low
	}
	if math.IsNaN(edge) {
		edge, found = attribute(e.Attributes, "threshold")
	}
	if !found {
		u.why = "its series is not among the records"
		return
	}
	u.ids = append(u.ids, s.Evidence...)
	m.departure(i, alertrules.Departure{Series: s, Start: e.Start, End: m.doc.ends(e), Edge: edge, Up: k.up})
}

func (m *movedMetrics) add(k metricKey, metric alertrules.Metric) int {
	m.at[k] = len(m.list)
	m.list, m.metrics = append(m.list, unalerted{}), append(m.metrics, metric)
	return m.at[k]
}

// departure adds a departure to a metric; of each series the first makes the rule.
func (m *movedMetrics) departure(i int, dep alertrules.Departure) {
	metric := &m.metrics[i]
	same := func(o alertrules.Departure) bool { return sameLabels(o.Series.Labels, dep.Series.Labels) }
	if dep.Series.Query != "" && len(metric.Departures) > 0 && metric.Departures[0].Series.Query != dep.Series.Query {
		return // another question about the same: one is enough
	}
	if !slices.ContainsFunc(metric.Departures, same) {
		metric.Departures = append(metric.Departures, dep)
	}
}

func sameLabels(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// write makes the rules, all for one evaluation interval.
func (m *movedMetrics) write() {
	every := alertrules.Interval(m.metrics)
	for i := range m.list {
		u := &m.list[i]
		if len(m.metrics[i].Departures) == 0 {
			continue
		}
		rule, err := alertrules.For(m.metrics[i], every)
		if err != nil {
			u.why = err.Error()
			continue
		}
		u.rule, u.why = &rule, ""
	}
}

// recordedBy is who was asked for a record: the name of a Prometheus.
func (d *document) recordedBy(ids []string) string {
	for _, id := range ids {
		i := slices.IndexFunc(d.tl.Evidence, func(e timeline.Evidence) bool { return e.ID == id })
		if i >= 0 {
			return d.tl.Evidence[i].Target
		}
	}
	return ""
}

// ruleSeverity is critical for the metrics that say that a server or a replica is not
// working, and warning for all others, as the table of severities has it.
func ruleSeverity(signal string) string {
	if slices.Contains([]string{"mysql_up", "replica_io_running", "replica_sql_running"}, signal) {
		return string(timeline.Critical)
	}
	return string(timeline.Warning)
}
