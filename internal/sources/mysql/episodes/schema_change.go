package episodes

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources/mysql/ddl"
	"collector/internal/sources/mysql/dictionary"
	"collector/internal/timeline"
)

// notApplied is the outcome of a statement that ended without having changed anything.
const notApplied = "not_applied"

// interpretSchemaChange makes the event of one of the two witnesses: the
// fingerprint, or a statement in the samples. Both have the key of the change, so
// that they meet.
func interpretSchemaChange(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[struct {
		schemaChange
		schemaStatement
	}](e)
	switch {
	case err != nil:
		return timeline.Event{}, err
	case a.Run != nil && len(a.Run.Sampled) > 0:
		return a.schemaStatement.event(q, e), nil
	case a.After.At.IsZero():
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	return a.schemaChange.event(q, e), nil
}

// describe sets the attributes that name what was changed.
func describe(event *timeline.Event, c ddl.Change) {
	event.Key = c.Key()
	for _, a := range []struct{ key, value string }{
		{"operation", string(c.Operation)}, {"schema", c.Schema}, {"table", c.Table}, {"column", c.Column}, {"index", c.Index},
		{"new_name", c.NewName}, {"detail", c.Detail},
	} {
		set(event.Attributes, a.key, a.value)
	}
}

func (c schemaChange) event(q question, e timeline.Evidence) timeline.Event {
	start := changed(&c.Before, c.After, c.Before.At)
	end := &start
	if c.Change.Stage == dictionary.StageStarted {
		end = nil
	}
	if c.Ended != nil {
		at := changed(&c.Ended.Before, c.Ended.After, c.Ended.Before.At)
		end = &at
	}
	event := q.event(e, timeline.MySQLSchemaChange, start, end)
	describe(&event, c.Change.Change)
	set(event.Attributes, "from", c.Change.From)
	set(event.Attributes, "to", c.Change.To)
	set(event.Attributes, "witness", "fingerprint")
	if c.Unrecorded {
		set(event.Attributes, "unrecorded", "the recorder was started between the two looks")
	}
	switch {
	case c.Change.Tool != "":
		c.migration(&event, q.Server)
	case c.Change.Operation == ddl.DropSchema:
		set(event.Attributes, "tables", fmt.Sprint(c.Change.Count))
		set(event.Attributes, "objects", strings.Join(c.Change.Objects, ", "))
		event.Summary = fmt.Sprintf("%s, with %s", c.Change.Summary(q.Server), tables(c.Change.Count))
	case c.Change.Count > 1:
		set(event.Attributes, "count", fmt.Sprint(c.Change.Count))
		set(event.Attributes, "objects", strings.Join(c.Change.Objects, ", "))
		event.Key = "" // it is not one of them
		event.Summary = c.fold(q.Server)
	default:
		event.Summary = told(c.Change, q.Server)
	}
	if c.Unrecorded {
		event.Summary += ", at a time when nobody looked"
	}
	return event
}

// fold tells many changes of one operation.
func (c schemaChange) fold(server string) string {
	done, what, _ := strings.Cut(string(c.Change.Operation), "_")
	past := map[string]string{"create": "created", "add": "added", "drop": "dropped", "rename": "renamed", "modify": "modified", "truncate": "truncated"}[done]
	plural := map[string]string{"index": "indexes"}[what]
	objects := c.Change.Objects[:min(3, len(c.Change.Objects))]
	return fmt.Sprintf("%d %s were %s on %s: %s …", c.Change.Count, cmp.Or(plural, what+"s"), cmp.Or(past, "altered"), server, strings.Join(objects, ", "))
}

// told is a change in one sentence, with the types.
func told(c dictionary.Change, server string) string {
	text := c.Summary(server)
	switch {
	case c.From != "" && c.To != "":
		text += fmt.Sprintf(": %s became %s", c.From, c.To)
	case cmp.Or(c.From, c.To) != "":
		text += ": " + cmp.Or(c.From, c.To)
	}
	return text
}

// migration tells a tool's migration, from its ghost table to the cut-over.
func (c schemaChange) migration(event *timeline.Event, server string) {
	last := c.Change
	if c.Ended != nil {
		last = c.Ended.Change
	}
	set(event.Attributes, "tool", last.Tool)
	object := last.Object()
	var parts []string
	for _, p := range last.Parts {
		parts = append(parts, told(p, ""))
	}
	set(event.Attributes, "changes", strings.Join(parts, "; "))
	if last.Stage != dictionary.StageCutOver {
		event.Key += " unfinished" // as the binary log's witness has it
		set(event.Attributes, "phase", "unfinished")
	}
	switch last.Stage {
	case dictionary.StageCutOver:
		set(event.Attributes, "phase", "cut over")
		set(event.Attributes, "cutover", timeline.FormatTime(event.End.At))
		event.Summary = fmt.Sprintf("%s put a new table in the place of %s on %s", last.Tool, object, server)
		if len(parts) > 0 {
			event.Summary = fmt.Sprintf("%s changed table %s on %s: %s", last.Tool, object, server, shown(strings.Join(parts, "; "), 3*summaryShown))
		}
	case dictionary.StageDropped:
		set(event.Attributes, "outcome", notApplied)
		event.Summary = fmt.Sprintf("%s gave up its change of table %s on %s: its copy was dropped", last.Tool, object, server)
	default:
		event.Summary = fmt.Sprintf("%s is changing table %s on %s: it fills a copy", last.Tool, object, server)
	}
}

func (s schemaStatement) event(q question, e timeline.Evidence) timeline.Event {
	r := *s.Run
	var b bracket
	b.add(r.start(time.Duration(q.TimeUnitMS)*time.Millisecond), r.Sampled[len(r.Sampled)-1].look, r.After)
	event := b.event(q, e, timeline.MySQLSchemaChange)
	describe(&event, s.Ran)
	set(event.Attributes, "witness", "samples")
	set(event.Attributes, "statement", s.Statement)
	set(event.Attributes, "session", fmt.Sprint(r.Session))
	set(event.Attributes, "account", r.Account)
	set(event.Attributes, "host", r.Host)
	set(event.Attributes, "seconds", seconds(r.elapsed()))
	set(event.Attributes, "state", r.Sampled[len(r.Sampled)-1].State)
	switch {
	case s.Applied != nil && !*s.Applied:
		set(event.Attributes, "outcome", notApplied)
		event.Summary = fmt.Sprintf("%s %s on %s ran for %s and changed nothing", verb(s.Statement, s.Ran.Operation), s.Ran.Object(), q.Server, spoken(r.elapsed()))
	case r.After == nil:
		event.Summary = fmt.Sprintf("%s %s is running on %s, for %s so far", verb(s.Statement, s.Ran.Operation), s.Ran.Object(), q.Server, spoken(r.elapsed()))
	default:
		event.Summary = fmt.Sprintf("%s by %s", s.Ran.Summary(q.Server), r.Account)
		if s.Applied == nil {
			event.Summary = fmt.Sprintf("%s %s was run on %s by %s", verb(s.Statement, s.Ran.Operation), s.Ran.Object(), q.Server, r.Account)
		}
		if r.elapsed() >= time.Second {
			event.Summary += ", in " + spoken(r.elapsed())
		}
	}
	return event
}

// verb is what a person calls the statement: ALTER TABLE, DROP INDEX ON.
func verb(statement string, operation ddl.Operation) string {
	word, _, _ := strings.Cut(statement, " ")
	word = strings.ToUpper(word)
	if word != "ALTER" && strings.HasSuffix(string(operation), "_index") {
		return word + " INDEX ON"
	}
	if _, object, ok := strings.Cut(string(operation), "_"); ok && word != "ALTER" && word != "RENAME" {
		return word + " " + strings.ToUpper(object)
	}
	return word + " TABLE"
}
