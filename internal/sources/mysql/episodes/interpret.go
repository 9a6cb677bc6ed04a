package episodes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Interpret makes findings of the records that Gather made, of any number of
// servers. The order of the records does not matter. A record that it does not
// know is an error.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	window = window.UTC()
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b timeline.Evidence) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.ID, b.ID))
	})
	findings := timeline.Findings{Evidence: records}
	var watched []watch
	var absences []absence
	var places []standing
	for _, e := range records {
		var q question
		failed, err := sources.Read(e, &q, nil)
		switch {
		case err != nil:
			return timeline.Findings{}, err
		case failed != "":
			findings.Gaps = append(findings.Gaps, gap(q, e, window, failed))
			continue
		}
		switch q.Kind {
		case kindCoverage:
			c, err := read[coverage](e)
			if err != nil {
				return timeline.Findings{}, err
			}
			watched = append(watched, watch{q, c, e.ID})
		case kindLooked:
			l, err := read[looked](e)
			if err != nil {
				return timeline.Findings{}, err
			}
			absences = append(absences, absence{q, l, e.ID})
		case kindTopology:
			p, err := read[placements](e)
			if err != nil {
				return timeline.Findings{}, err
			}
			places = append(places, standing{q, p, e.ID})
		case kindSeries:
			s, err := interpretSeries(q, e)
			if err != nil {
				return timeline.Findings{}, err
			}
			findings.Series = append(findings.Series, s)
		default:
			event, err := interpretEpisode(q, e)
			if err != nil {
				return timeline.Findings{}, err
			}
			if event.Touches(window) {
				findings.Events = append(findings.Events, event)
			}
		}
	}
	compare(places, &findings, window)
	for _, w := range watched {
		findings.Gaps = append(findings.Gaps, w.gaps(window)...)
		findings.Checks = append(findings.Checks, w.checks(findings.Events)...)
		findings.Remarks = append(findings.Remarks, w.remark())
	}
	slices.SortFunc(absences, func(a, b absence) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Series, b.Series), cmp.Compare(a.Rule, b.Rule))
	})
	tellAbsences(&findings, absences, window)
	order(&findings)
	return findings, nil
}

// interpretEpisode makes the event of one record.
func interpretEpisode(q question, e timeline.Evidence) (timeline.Event, error) {
	switch timeline.Kind(q.Kind) {
	case timeline.MySQLDown:
		return interpretDown(q, e)
	case timeline.MySQLRestart:
		return interpretRestart(q, e)
	case timeline.MySQLRoleChange:
		return interpretRoleChange(q, e)
	case timeline.MySQLTopologyChange:
		return interpretTopology(q, e)
	case timeline.MySQLReplicationStopped:
		return interpretStopped(q, e)
	case timeline.MySQLReplicationLag:
		return interpretLag(q, e)
	case timeline.MySQLLongStatement:
		return interpretLongStatement(q, e)
	case timeline.MySQLLongTransaction:
		return interpretLongTransaction(q, e)
	case timeline.MySQLStatementRegression:
		if q.Rule == sampleRule {
			return interpretSampled(q, e)
		}
		return interpretRegression(q, e)
	case timeline.MySQLConnectionsExhausted:
		return interpretExhausted(q, e)
	case timeline.MySQLDeadlock:
		return interpretDeadlock(q, e)
	case timeline.MySQLKill:
		return interpretKills(q, e)
	case timeline.MySQLLockWait, timeline.MySQLMetadataLockWait:
		return interpretLockWait(q, e)
	case timeline.MySQLVariableChange:
		return interpretVariableChange(q, e)
	case timeline.MySQLSchemaChange:
		return interpretSchemaChange(q, e)
	}
	return timeline.Event{}, fmt.Errorf("evidence %s: unknown kind of record %q", e.ID, q.Kind)
}

// order sorts the findings by what they say, so that the records' IDs have no
// part in it.
func order(f *timeline.Findings) {
	slices.SortStableFunc(f.Events, func(a, b timeline.Event) int {
		return cmp.Or(a.Start.At.Compare(b.Start.At), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	slices.SortStableFunc(f.Gaps, func(a, b timeline.Gap) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Reason, b.Reason))
	})
	slices.SortStableFunc(f.Remarks, func(a, b timeline.Remark) int { return cmp.Compare(a.Target, b.Target) })
	slices.SortStableFunc(f.Series, func(a, b timeline.Series) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Name, b.Name), strings.Compare(a.Labels["channel"], b.Labels["channel"]))
	})
}
