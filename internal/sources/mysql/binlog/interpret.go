package binlog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/mysql/ddl"
	"collector/internal/timeline"
)

// Interpret makes findings of the records of any number of servers. The order of the
// records does not matter. A record that it does not know is an error.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	window = window.UTC()
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b timeline.Evidence) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.ID, b.ID))
	})
	f := timeline.Findings{Evidence: records}
	var watched []watch
	for _, e := range records {
		var q question
		failed, err := sources.Read(e, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		if failed != "" {
			f.Gaps = append(f.Gaps, timeline.Gap{Source: sourceKind, Target: q.Server, From: window.From, To: window.To,
				Reason: "the binary log could not be read: " + failed, Evidence: []string{e.ID}})
			continue
		}
		events, w, err := interpret(q, e)
		if err != nil {
			return timeline.Findings{}, err
		}
		watched = append(watched, w...)
		for _, event := range events {
			if event.Touches(window) {
				f.Events = append(f.Events, event)
			}
		}
	}
	for _, w := range watched {
		f.Gaps = append(f.Gaps, w.gaps(window)...)
		f.Checks = append(f.Checks, w.checks(window, f.Events)...)
	}
	slices.SortStableFunc(f.Events, func(a, b timeline.Event) int {
		return cmp.Or(a.Start.At.Compare(b.Start.At), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return f, nil
}

// interpret makes the events of one record.
func interpret(q question, e timeline.Evidence) ([]timeline.Event, []watch, error) {
	var err error
	switch q.Kind {
	case kindSchemaChange:
		var s statement
		_, err = sources.Read(e, &q, &s)
		return q.schemaChanges(s, e), nil, err
	case kindMigration:
		var m migration
		if _, err = sources.Read(e, &q, &m); err != nil || len(m.Statements) == 0 || m.CutOver >= len(m.Statements) {
			return nil, nil, cmp.Or(err, fmt.Errorf("evidence %s: a migration without its statements", e.ID))
		}
		return []timeline.Event{q.migration(m, e)}, nil, nil
	case kindTransaction:
		var t transaction
		_, err = sources.Read(e, &q, &t)
		return []timeline.Event{q.transaction(t, e)}, nil, err
	case kindCoverage:
		w := watch{question: q, id: e.ID}
		_, err = sources.Read(e, &q, &w.coverage)
		return nil, []watch{w}, err
	}
	return nil, nil, fmt.Errorf("evidence %s: unknown kind of record %q", e.ID, q.Kind)
}

// event is the part that all events of this package share.
func (q question) event(e timeline.Evidence, kind timeline.Kind, start, end timeline.Instant) timeline.Event {
	if end.At.Before(start.At) {
		end.At = start.At
	}
	if end.Latest.Before(end.At) {
		end.Latest = end.At
	}
	return timeline.Event{
		Kind: kind, Grade: timeline.Logged, Source: sourceKind, Target: q.Server,
		Start: start, End: &end, Attributes: map[string]string{}, Evidence: []string{e.ID},
	}
}

// span is from when to when a statement was executed.
func (q question) span(s statement) (start, end timeline.Instant) {
	lo, hi := s.ended()
	return q.Clock.instant(s.began(lo, hi)), q.Clock.instant(lo, (lo+hi)/2, hi)
}

// schemaChanges is an event for each change of a statement.
func (q question) schemaChanges(s statement, e timeline.Evidence) (events []timeline.Event) {
	for _, c := range s.Changes {
		start, end := q.span(s)
		event := q.event(e, timeline.MySQLSchemaChange, start, end)
		event.Key = c.Key()
		event.Summary = c.Summary(q.Server)
		for name, value := range map[string]string{
			"operation": string(c.Operation), "schema": c.Schema, "table": c.Table, "column": c.Column, "index": c.Index,
			"new_name": c.NewName, "detail": c.Detail, "statement": shown(s.Text), "file": s.File, "position": strconv.FormatUint(uint64(s.Position), 10),
		} {
			if value != "" {
				event.Attributes[name] = value
			}
		}
		if s.Origin == 0 {
			event.Attributes["thread"] = strconv.FormatUint(uint64(s.Thread), 10)
			event.Attributes["seconds"] = strconv.FormatUint(uint64(s.Took), 10)
		} else {
			event.Attributes["replicated_from"] = "server ID " + strconv.FormatUint(uint64(s.Origin), 10)
		}
		if s.Error != 0 {
			event.Attributes["error"] = strconv.Itoa(int(s.Error))
			event.Summary += fmt.Sprintf(", and ended with error %d", s.Error)
		}
		events = append(events, event)
	}
	return events
}

// migration is one event for all that a tool did to a table.
func (q question) migration(m migration, e timeline.Evidence) timeline.Event {
	change := ddl.Change{Operation: ddl.AlterTable, Schema: m.Schema, Table: m.Original}
	last := m.Statements[len(m.Statements)-1]
	phase := "unfinished"
	if m.CutOver >= 0 {
		last, phase = m.Statements[m.CutOver], "cut over"
	}
	start, _ := q.span(m.Statements[0])
	_, end := q.span(last)
	event := q.event(e, timeline.MySQLSchemaChange, start, end)
	event.Key = change.Key()
	var altered []string
	for _, c := range m.alterations() {
		altered = append(altered, c.Summary(""))
	}
	event.Attributes = map[string]string{
		"operation": string(change.Operation), "schema": m.Schema, "table": m.Original, "tool": m.Tool, "phase": phase,
		"ghost_tables": strings.Join(m.ghosts(), ", "), "statements": strconv.Itoa(len(m.Statements)),
	}
	what := ""
	if len(altered) > 0 {
		event.Attributes["changes"] = strings.Join(altered, "; ")
		what = " (" + shown(strings.Join(altered, "; ")) + ")"
	}
	if m.CutOver < 0 {
		event.Key += " unfinished"
		event.Summary = fmt.Sprintf("%s worked on a copy of %s on %s%s; no cut-over was seen", m.Tool, change.Object(), q.Server, what)
		return event
	}
	event.Attributes["cutover"] = timeline.FormatTime(event.End.At)
	event.Summary = fmt.Sprintf("table %s was altered by %s on %s%s, cut over after about %s", change.Object(), m.Tool, q.Server, what,
		spoken(max(event.End.At.Sub(event.Start.At).Round(time.Second), time.Second)))
	return event
}

// transaction is a very large one. Its key is its place: the samples' witness of a
// long transaction says what it did meanwhile, this one what came of it.
func (q question) transaction(t transaction, e timeline.Evidence) timeline.Event {
	lo, hi := t.ended()
	at := lo
	if t.CommitUS == 0 && t.Next <= t.Last {
		at = (lo + hi) / 2
	}
	event := q.event(e, timeline.MySQLLongTransaction, q.Clock.instant(t.began(lo, hi)), q.Clock.instant(lo, at, hi))
	event.Key = fmt.Sprintf("%s:%d", t.File, t.Position)
	event.Attributes = map[string]string{
		"bytes": strconv.FormatUint(t.Bytes, 10), "tables": strings.Join(t.Tables, ", "), "file": t.File, "position": strconv.FormatUint(uint64(t.Position), 10),
	}
	where := ""
	if len(t.Tables) > 0 {
		where = " to " + shown(strings.Join(t.Tables, ", "))
	}
	event.Summary = fmt.Sprintf("a transaction wrote %s%s on %s", mebibytes(int64(t.Bytes)), where, q.Server)
	if t.Origin != 0 {
		event.Attributes["replicated_from"] = "server ID " + strconv.FormatUint(uint64(t.Origin), 10)
	} else if t.CommitUS != 0 {
		took := event.End.At.Sub(event.Start.At).Round(time.Second) // the log tells its start in whole seconds
		event.Attributes["seconds"] = strconv.FormatFloat(took.Seconds(), 'f', -1, 64)
		event.Summary += " in about " + spoken(max(took, time.Second))
	}
	if t.Thread != 0 && t.Origin == 0 {
		event.Attributes["thread"] = strconv.FormatUint(uint64(t.Thread), 10)
	}
	if t.Compressed {
		event.Attributes["compressed"] = "yes"
	}
	return event
}

// spoken writes a duration for a sentence.
func spoken(d time.Duration) string {
	if d >= 10*time.Minute {
		return d.Round(time.Second).String()
	}
	return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
}

// mebibytes writes a number of bytes for a sentence.
func mebibytes(n int64) string {
	if n < 1<<20 {
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// maxShown is how much of a text stands in a sentence or an attribute.
const maxShown = 400

// shown cuts a text at a rune's start.
func shown(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for end > 0 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end] + "…"
}
