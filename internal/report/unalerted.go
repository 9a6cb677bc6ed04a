package report

import (
	"math"
	"slices"
	"strings"
	"time"

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
// departures were not looked at.
func (d *document) findMoved() (list []unalerted, left []timeline.Event) {
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

// Unalerted tells each metric that moved with no alert; where metrics moved and each
// had one, exactly that; and where none moved, who looked.
func (d *document) Unalerted() []Statement {
	list, left := d.moved()
	var out []Statement
	for _, u := range list {
		out = append(out, Statement{d.unalertedStory(u), u.ids})
	}
	out = append(out, more(left, "such episode", "the timeline has them")...)
	switch signals := d.ofKind(timeline.Signal); {
	case len(out) > 0:
		return out
	case len(signals) == 0:
		return d.absence(topicSignals)
	default:
		return []Statement{{"None: an alert counts for each metric that left its normal band.", slices.Concat(evidenceOf(signals), evidenceOf(d.incidentAlerts()))}}
	}
}

func (d *document) unalertedStory(u unalerted) string {
	e := u.events[0]
	about := "that counts for it"
	if e.Target != "" {
		about = "about " + escape(e.Target, maxName)
	}
	text := opening(e) + ". " + d.course(e)
	if n := len(u.events); n > 1 {
		text += " It was so " + plural(n, "time") + " with no alert."
	}
	text += " No alert " + about + " was pending or firing then."
	switch {
	case u.rule != nil:
		fires := timeline.Exactly(u.rule.FiresAt)
		text += " The rule " + escape(u.rule.Name, maxName) + " would have fired at " + d.clock.time(u.rule.FiresAt)
		if e.Start.Before(fires) {
			text += ", " + apart(e.Start, fires) + " after it began"
		}
		text += "."
	case u.why != "":
		text += " No rule can be written for it from these records: " + escape(u.why, maxText) + "."
	}
	return text
}

// AlertRuleRows is the table of the rules in alert-rules.yaml.
func (d *document) AlertRuleRows() []Row {
	list, _ := d.moved()
	var rows []Row
	for _, u := range list {
		if r := u.rule; r != nil {
			before := "not in the " + span(u.events[0].Start.At.Sub(r.BeforeSince)) + " recorded before"
			if r.Before > 0 {
				before = plural(r.Before, "time") + " since " + d.clock.layout(r.BeforeSince, d.clock.zone)
			}
			wait := "0 s"
			if r.For > 0 {
				wait = span(r.For)
			}
			rows = append(rows, Row{[]string{
				escape(r.Name, maxName), escape(r.Expr, 2*maxText), wait, d.clock.layout(r.FiresAt, d.clock.zone), before,
			}, u.ids})
		}
	}
	return rows
}

// AlertRuleLinks leads to the rules and their tests.
func (d *document) AlertRuleLinks() []Statement {
	list, _ := d.moved()
	var ids, computed []string
	for _, u := range list {
		if u.rule == nil {
			continue
		}
		ids = append(ids, u.ids...)
		if u.rule.Record != "" {
			computed = append(computed, escape(u.rule.Name, maxName))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	text := "Ready to paste: [" + alertrules.RulesFile + "](" + alertrules.RulesFile + "), with unit tests on the recorded values in [" + alertrules.TestFile + "](" + alertrules.TestFile + ")"
	if len(computed) > 0 {
		text += "; for " + enumerate(computed, 6) + " the tests begin at the computed signal, since its raw metrics are not recorded"
	}
	return []Statement{{text + ".", ids}}
}

// alertRuleFiles are the rules that would have told of what no alert told, and their
// tests; none where there are no such rules.
func alertRuleFiles(draft Draft) ([]File, error) {
	doc, err := newDocument(draft)
	if err != nil {
		return nil, err
	}
	list, _ := doc.moved()
	var rules []alertrules.Rule
	for _, u := range list {
		if u.rule != nil {
			rules = append(rules, *u.rule)
		}
	}
	if len(rules) == 0 {
		return nil, nil
	}
	title := draft.Timeline.Title + ", " + draft.Timeline.Window.From.UTC().Format(time.RFC3339)
	yaml, err := alertrules.Rules(plain(title, maxText), rules)
	if err != nil {
		return nil, err
	}
	tests, err := alertrules.Tests(plain(title, maxText), rules)
	if err != nil {
		return nil, err
	}
	return []File{{alertrules.RulesFile, yaml}, {alertrules.TestFile, tests}}, nil
}

// checkAlertRules finds files of rules for which the evidence gives none.
func (v *verification) checkAlertRules(files []File) {
	for _, name := range []string{alertrules.RulesFile, alertrules.TestFile} {
		if v.listed[name] != "" && !slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			v.fault(name, Differs, "the evidence gives no such rules")
		}
	}
}

// shown is which metrics of the packs show a kind of harm on a server.
func shownBy(k timeline.Kind) []string {
	switch k {
	case timeline.MySQLDown:
		return []string{"mysql_up"}
	case timeline.MySQLReplicationLag:
		return []string{"replication_lag"}
	case timeline.MySQLReplicationStopped:
		return []string{"replica_sql_running", "replica_io_running"}
	case timeline.MySQLLockWait:
		return []string{"row_lock_current_waits", "row_lock_time", "row_lock_waits"}
	case timeline.MySQLMetadataLockWait:
		return []string{"threads_running"}
	case timeline.MySQLLongStatement, timeline.MySQLStatementRegression:
		return []string{"slow_queries", "rows_scanned", "threads_running"}
	case timeline.MySQLConnectionsExhausted:
		return []string{"connections_used", "connection_errors"}
	}
	return nil
}

// harmShown is the harm on servers that a metric of a pack can show and of which no
// alert told; the first of each kind and target.
func (d *document) harmShown(alerts []timeline.Event) []timeline.Event {
	seen := map[string]bool{}
	return d.where(func(e timeline.Event) bool {
		key := string(e.Kind) + " " + e.Target
		if len(shownBy(e.Kind)) == 0 || seen[key] || !e.Harm() || d.covered(e, nil, alerts) {
			return false
		}
		seen[key] = true
		return true
	})
}

// harmed adds harm of which no alert told, unless one of its metrics is there: then
// the rule for that metric would have told of it.
func (m *movedMetrics) harmed(e timeline.Event) {
	names := shownBy(e.Kind)
	for k := range m.at {
		if k.target == e.Target && slices.Contains(names, k.signal) {
			return
		}
	}
	u := unalerted{events: []timeline.Event{e}, ids: slices.Clone(e.Evidence)}
	metric := alertrules.Metric{Target: e.Target, Severity: string(timeline.Warning)}
	if e.Severity == timeline.Critical {
		metric.Severity = string(timeline.Critical)
	}
	u.why = "no metric that Prometheus recorded of it shows such harm (" + strings.Join(names, ", ") + ")"
	for _, name := range names {
		for _, s := range m.doc.tl.Series {
			if s.Name != name || s.Target != e.Target || s.Query == "" {
				continue
			}
			u.ids = append(u.ids, s.Evidence...)
			u.why = "its metrics (" + strings.Join(names, ", ") + ") did not leave their normal band"
			if dep, out := beyond(s, e, m.doc.tl.Window.To); out && len(metric.Departures) == 0 {
				metric.Prometheus, metric.Signal, metric.Unit = m.doc.recordedBy(s.Evidence), s.Name, s.Unit
				metric.Departures = []alertrules.Departure{dep}
			}
		}
	}
	m.list, m.metrics = append(m.list, u), append(m.metrics, metric)
}

// beyond finds where a series was outside its normal band while harm went on, for
// less long than makes a departure of its own.
func beyond(s timeline.Series, e timeline.Event, until time.Time) (alertrules.Departure, bool) {
	dep := alertrules.Departure{Series: s}
	for i, p := range s.Points {
		if p.T.Before(e.Start.Earliest) || p.T.After(e.EndsAt(until)) {
			continue
		}
		up, down := p.V > s.High, p.V < s.Low
		if !up && !down || !dep.End.IsZero() && up != dep.Up {
			continue
		}
		if dep.End.IsZero() {
			before := p.T
			if i > 0 {
				before = s.Points[i-1].T
			}
			dep.Start, dep.Up, dep.Edge = timeline.Between(before, p.T), up, s.Low
			if up {
				dep.Edge = s.High
			}
		}
		dep.End = p.T
	}
	return dep, !dep.End.IsZero()
}
