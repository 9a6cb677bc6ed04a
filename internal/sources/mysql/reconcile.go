package mysql

import (
	"slices"

	"collector/internal/sources/mysql/ddl"
	"collector/internal/timeline"
)

// reconciled lets the binary log say what happened to a table, where it tells of a
// change of it at that time: two looks at the dictionary see only what became of
// several statements. A difference that the log words otherwise (a column that was
// renamed twice, an index that came and went with its table) is no second change;
// its evidence goes to the change that the log has.
//
// Differences with the log's own key stay: timeline.Build makes one event of both.
func reconciled(events []timeline.Event) []timeline.Event {
	var logged []int
	for i, e := range events {
		if e.Kind == timeline.MySQLSchemaChange && e.Grade == timeline.Logged {
			logged = append(logged, i)
		}
	}
	for _, i := range logged {
		if !confirmed(events, events[i]) {
			events[i].Attributes["outcome"] = "unconfirmed"
		}
	}
	explained := make([]bool, len(events))
	for i, e := range events {
		if e.Kind != timeline.MySQLSchemaChange || e.Grade != timeline.Measured || e.Attributes["statement"] != "" {
			continue
		}
		if by := explainer(events, logged, e); by >= 0 {
			events[by].Evidence = append(slices.Clone(events[by].Evidence), e.Evidence...)
			explained[i] = true
		}
	}
	var out []timeline.Event
	for i, e := range events {
		if !explained[i] {
			out = append(out, e)
		}
	}
	return out
}

// confirmed reports whether a change was one. A statement with IF EXISTS is in the
// log also when nothing was there, as every dump's DROP TABLE is: it was one when
// the dictionary shows it.
func confirmed(events []timeline.Event, l timeline.Event) bool {
	return l.Attributes["detail"] != ddl.IfExists || slices.ContainsFunc(events, func(e timeline.Event) bool {
		return e.Kind == l.Kind && e.Target == l.Target && e.Grade == timeline.Measured && e.Key == l.Key && overlap(e, l)
	})
}

// explainer is the logged change of the same table at the same time, -1 when there
// is none, or when one has the event's own key.
func explainer(events []timeline.Event, logged []int, e timeline.Event) int {
	found := -1
	for _, i := range logged {
		l := events[i]
		if l.Target != e.Target || !overlap(l, e) {
			continue
		}
		if l.Key == e.Key {
			return -1
		}
		if found < 0 && l.Attributes["schema"] == e.Attributes["schema"] && l.Attributes["table"] == e.Attributes["table"] {
			found = i
		}
	}
	return found
}

// overlap reports whether two events, within their errors, may have been at the same time.
func overlap(a, b timeline.Event) bool {
	return (a.End == nil || !a.End.Latest.Before(b.Start.Earliest)) && (b.End == nil || !b.End.Latest.Before(a.Start.Earliest))
}
