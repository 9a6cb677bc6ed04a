package report

import (
	"cmp"
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// How long the table may get. Past foldRows, mild events of one sort become one
// row. If more than maxRows are left, nobody reads them: they are folded until no
// more than foldRows remain. timeline.json always has every single event.
const (
	foldRows = 100
	maxRows  = 300
)

// grouping is what events of one row have in common; "" keeps an event in a row of its own.
type grouping func(timeline.Event) string

// coarser are ways to fold very many events, the finest first. The events at which a
// phase turned always keep their rows, grave ones as long as they can.
func coarser(t timeline.Timeline) []grouping {
	turned := map[string]bool{}
	for _, p := range phases(t.Phases) {
		turned[p.Event] = true
	}
	alike := func(e timeline.Event) string { return string(e.Kind) + "\x00" + string(e.Severity) + "\x00" + short(e) }
	butTurns := func(key grouping) grouping {
		return func(e timeline.Event) string {
			if turned[e.ID] {
				return ""
			}
			return key(e)
		}
	}
	butGrave := func(key grouping) grouping {
		return butTurns(func(e timeline.Event) string {
			if e.Severity == timeline.Critical {
				return ""
			}
			return key(e)
		})
	}
	return []grouping{
		butGrave(func(e timeline.Event) string { return alike(e) + "\x00" + e.Target }),
		butGrave(alike),
		butTurns(alike),
		butTurns(func(e timeline.Event) string { return string(e.Kind) + "\x00" + string(e.Severity) }),
	}
}

// fold makes rows of events: one each while there are few, where what replicas
// repeat at the same time stands with what they repeat; when there are many,
// mild ones of one sort share a row; when there are very many, all of one sort.
func fold(t timeline.Timeline) []tableRow {
	events, repeats := withoutRepeats(t)
	rows := foldBy(events, func(timeline.Event) string { return "" })
	if len(rows) > foldRows {
		rows = foldBy(events, func(e timeline.Event) string {
			if e.Severity != timeline.Info {
				return ""
			}
			return string(e.Kind) + "\x00" + e.Target
		})
	}
	if len(rows) > maxRows {
		for _, alike := range coarser(t) {
			if rows = foldBy(events, alike); len(rows) <= foldRows {
				break
			}
		}
	}
	for i, r := range rows {
		if len(r.events) == 1 {
			rows[i].repeats = repeats[r.events[0].ID]
			continue
		}
		for _, e := range r.events {
			rows[i].events = append(rows[i].events, repeats[e.ID]...)
		}
		rows[i].events = inOrder(rows[i].events)
	}
	return rows
}

// withoutRepeats takes out what replicas only repeat, by the ID of what they repeat.
// A repetition that certainly came later is news, a lag, and stays.
func withoutRepeats(t timeline.Timeline) (events []timeline.Event, repeats map[string][]timeline.Event) {
	repeats = map[string][]timeline.Event{}
	for _, e := range t.Events {
		original, repeated := t.Original(e)
		if repeated && !original.Start.Before(e.Start) {
			repeats[original.ID] = append(repeats[original.ID], e)
			continue
		}
		events = append(events, e)
	}
	return events, repeats
}

// foldBy puts events with the same key into one row, at the first one's place.
// An empty key folds nothing.
func foldBy(events []timeline.Event, key grouping) []tableRow {
	var rows []tableRow
	at := map[string]int{}
	for _, e := range events {
		k := key(e)
		if i, ok := at[k]; ok && k != "" {
			rows[i].events = append(rows[i].events, e)
			continue
		}
		at[k] = len(rows)
		rows = append(rows, tableRow{events: []timeline.Event{e}, start: e.Start})
	}
	slices.SortStableFunc(rows, func(a, b tableRow) int { return cmp.Compare(a.start.At.UnixMilli(), b.start.At.UnixMilli()) })
	return rows
}

// folded tells several events as one line: how many, where, the last one's time, and
// by a link where each of them stands.
func (d *document) folded(events []timeline.Event) string {
	first, last := events[0], events[len(events)-1]
	text := fmt.Sprintf("%s [× %s](%s)", escape(short(first), maxName), number(float64(len(events))), timelineFile)
	if on := targets(events); len(on) > 0 {
		text += " on " + enumerate(escapeAll(on), 3)
	}
	return fmt.Sprintf("%s, the last %s. The first: %s", text, d.clock.when(last.Start), escape(first.Summary, maxText))
}

// counted says how many events the rows tell. Where some were folded it counts them
// by severity, and says where each of them stands.
func (d *document) counted(rows []tableRow) string {
	text := plural(len(d.tl.Events), "event")
	if len(rows) == len(d.tl.Events) {
		return text + "."
	}
	if !slices.ContainsFunc(rows, func(r tableRow) bool { return len(r.events) > 1 }) {
		return text + " in " + plural(len(rows), "line") + "; timeline.json has each of them."
	}
	had := map[timeline.Severity]int{}
	for _, e := range d.tl.Events {
		had[e.Severity]++
	}
	var graded []string
	for _, s := range []timeline.Severity{timeline.Critical, timeline.Warning, timeline.Info} {
		if had[s] > 0 {
			graded = append(graded, number(float64(had[s]))+" "+string(s))
		}
	}
	return fmt.Sprintf("%s (%s) in %s. A line with “× N” stands for N events of one sort; [%s](%s) has each of them.",
		text, enumerate(graded, len(graded)), plural(len(rows), "line"), timelineFile, timelineFile)
}
