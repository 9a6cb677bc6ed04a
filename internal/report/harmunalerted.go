package report

import (
	"slices"
	"strings"
	"time"

	"collector/internal/report/alertrules"
	"collector/internal/timeline"
)

// shownBy is which metrics of the packs show a kind of harm on a server.
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
