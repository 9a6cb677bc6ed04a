package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// unwritten stands in a cell about which there is no record.
const unwritten = "no record says"

// DEAHeader is the table at the head of a defect escape analysis, without the rows that
// only people can fill.
func (d *document) DEAHeader() []Row {
	number := "not given: see the gaps in the last section"
	if d.draft.DEA != "" {
		number = escape(d.draft.DEA, maxName)
	}
	rows := []Row{{[]string{"ID", number}, []string{d.request}}}
	change, ok := findEscape(d.tl)
	introduced, escaped, component, cites := "not known: no change is recorded before the first harm", "not known, likewise", "not known, likewise", d.noChangeCites()
	if ok {
		introduced, escaped, component, cites = d.introducedCell(change), d.dated(change.escaped()), d.component(change), change.cites()
	}
	rows = append(rows,
		Row{[]string{"Date introduced", introduced}, cites},
		Row{[]string{"Date escaped to prod", escaped}, cites},
		d.detectedRow("Date detected"),
		Row{[]string{"Component", component}, cites})
	return rows
}

// noChangeCites are the records that could have told of a change.
func (d *document) noChangeCites() []string {
	ids, _ := d.recordsOf(topicChanges)
	return d.cited(ids)
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// introducedCell is when the change was made, by its own record.
func (d *document) introducedCell(c escapedChange) string {
	when, ok := c.introduced()
	if !ok {
		if value := c.field(introducedFields...); value != "" {
			return "not known: “" + escape(value, maxName) + "” is no time that can be read"
		}
		return "not known: " + unwritten + " (looked for " + enumerate(introducedFields, len(introducedFields)) + ")"
	}
	text := d.momentCell(when)
	if commit := c.field("commit"); commitForm.MatchString(commit) {
		text += ", commit " + commit[:7]
	}
	if pull := c.pullRequest(); pull != "" {
		text += ", pull request " + pull
	}
	return text
}

var pullForm = regexp.MustCompile(`^(?:https?://[^\s]+/)?[#!]?([0-9]{1,9})/?$`)

// pullRequest is the number of the pull or merge request: "128".
func (c escapedChange) pullRequest() string {
	value := c.field("pull_request", "merge_request")
	if m := pullForm.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	return ""
}

// component names what was changed, as a candidate.
func (d *document) component(c escapedChange) string {
	text := deed(c.Event)
	if c.rule != "" {
		text += ", with " + deed(*c.record)
	}
	var parts []string
	for _, e := range d.schemaChangesOf(c) {
		parts = append(parts, what(e))
	}
	if len(parts) > 0 {
		text += "; with it " + enumerate(parts, 3)
	}
	return text + " (a candidate by its time, no verdict)"
}

// schemaChangesOf are the schema changes that happened while a deploy ran, or soon after.
func (d *document) schemaChangesOf(c escapedChange) []timeline.Event {
	if !hasFields(c.Kind) {
		return nil
	}
	return d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.MySQLSchemaChange && !d.tl.Repeats(e) && !e.Start.Before(c.Start) &&
			e.Start.At.Sub(c.EndsAt(e.Start.At)) <= carried && !d.tl.Phases.Onset.Before(e.Start)
	})
}

// detectedRow is when and how production's trouble was noticed.
func (d *document) detectedRow(label string) Row {
	when, how, cites := d.detected()
	return Row{[]string{label, when + "; " + how}, cites}
}

func (d *document) detected() (when, how string, cites []string) {
	if p := d.tl.Phases.Detected; p != nil {
		return d.dated(p.Instant), "alert " + alertName(d.event(p)), d.citesOf(p)
	}
	if d.tl.Phases.Onset == nil {
		return "not known", "no harm is recorded in this window", d.alertWitness()
	}
	notes := d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.Note && !e.Start.Before(d.tl.Phases.Onset.Instant)
	})
	if len(notes) > 0 {
		return d.dated(notes[0].Start), d.noAlert() + "; the first note of a person after the first harm", slices.Concat(d.alertWitness(), notes[0].Evidence)
	}
	return "not known", d.noAlert() + ", and no note of a person is recorded; the first harm was " + d.clock.when(d.tl.Phases.Onset.Instant), slices.Concat(d.alertWitness(), d.citesOf(d.tl.Phases.Onset))
}

// DEASummary is what is known in three to six sentences.
func (d *document) DEASummary() []Statement {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return append(d.quiet(), d.coverage())
	}
	var out []Statement
	if c, ok := findEscape(d.tl); ok {
		out = append(out,
			Statement{fmt.Sprintf("Candidate for the change that carried the defect: %s; it %s. Nearness in time is not a cause.", deed(c.Event), d.before(c.candidate)), slices.Concat(c.cites(), d.citesOf(onset))},
			Statement{d.pastGates(c), c.recordsOr(d.request)})
	} else {
		out = append(out, Statement{"No deploy and no change of the configuration or the schema is recorded before the first harm in this window, so there is no record whose gates could be read.", d.citesOf(onset)})
		out = append(out, d.absence(topicChanges)...)
	}
	out = append(out, Statement{fmt.Sprintf("Harm began %s. %s.", d.clock.when(onset.Instant), labelled("The first harm", d.event(onset))), d.citesOf(onset)})
	out = append(out, d.hit()...)
	out = append(out, d.damage()...)
	out = append(out, d.noticed(), d.ended())
	return slices.DeleteFunc(out, func(s Statement) bool { return s.Text == "" })
}

// recordsOr are the records that were looked through, else the one that is given.
func (c escapedChange) recordsOr(request string) []string {
	if ids := c.recordCites(); len(ids) > 0 {
		return ids
	}
	return []string{request}
}

// pastGates sums the gates up in one sentence.
func (d *document) pastGates(c escapedChange) string {
	var parts []string
	for _, state := range []struct {
		label string
		is    func(finding) bool
	}{
		{"skipped", func(f finding) bool { return f.state == gateSkipped }},
		{"missing", func(f finding) bool { return f.state == gateMissing }},
		{"failed", func(f finding) bool { return f.state == gateFailed }},
		{"passed only after the change was in production", func(f finding) bool { return f.late }},
		{"passed", func(f finding) bool { return f.state == gatePassed && !f.late }},
		{"not known", func(f finding) bool { return f.state == gateUnknown }},
	} {
		names := named(c.gates, state.is)
		if len(names) == len(c.gates) {
			names = []string{"all " + number(float64(len(names)))}
		}
		if len(names) > 0 {
			parts = append(parts, state.label+": "+enumerate(names, len(names)))
		}
	}
	return "The records say of the gates before production: " + strings.Join(parts, "; ") + "."
}

// named are the names of the gates of a sort.
func named(list []finding, is func(finding) bool) []string {
	var out []string
	for _, f := range list {
		if is(f) {
			out = append(out, f.name)
		}
	}
	return out
}

// Searched says in which record the gates were looked for, and in which fields.
func (d *document) Searched() []Statement {
	c, ok := findEscape(d.tl)
	switch {
	case !ok:
		return append([]Statement{{"No change is recorded before the first harm, so no record could be looked through for gates.", d.noChangeCites()}}, d.absenceAfter("summary", d.tl.Phases.Onset != nil, topicChanges)...)
	case c.record == nil:
		return []Statement{{fmt.Sprintf("%s has no deploy's record beside it that could tell of gates (rule: %s).", opening(c.Event), RuleCarrier), c.recordsOr(d.request)}}
	}
	text := "Gates were looked for in the record of “" + deed(*c.record) + "”"
	if c.rule != "" {
		text += " (" + c.rule + ")"
	}
	var names, fields, unread, noted []string
	for _, f := range c.gates {
		switch {
		case f.state == gateUnknown && f.field != "":
			unread = append(unread, escape(f.field, maxName))
		case f.state == gateUnknown && f.note != "":
			noted = append(noted, f.name)
		case f.state == gateUnknown:
			names, fields = append(names, f.name), append(fields, f.fields[0])
		}
	}
	if len(names) == len(c.gates) {
		names = []string{"any of them"}
	}
	if len(names) > 0 {
		text += "; it says nothing about " + enumerate(names, len(names)) + " (" + nounOf(len(fields), "field") + " " + escape(enumerate(fields, len(fields)), maxText) + ")"
	}
	if len(noted) > 0 {
		text += "; of " + enumerate(noted, len(noted)) + " it says why it is not known"
	}
	if len(unread) > 0 {
		text += "; what it says in " + enumerate(unread, len(unread)) + " is none of the known words"
	}
	return append([]Statement{{text + ". That no record says something does not mean that it was not done.", c.recordsOr(d.request)}}, d.unreadGates()...)
}

// unreadGates are the gaps of those who were asked about the history of a change.
func (d *document) unreadGates() []Statement {
	var gaps []timeline.Gap
	for _, g := range d.tl.Gaps {
		if strings.Contains(g.Reason, GatesUnread) {
			gaps = append(gaps, g)
		}
	}
	return capped(d.gapStatements(gaps), "the other gaps stand in the last section")
}

// GatesUnread is in the reason of a gap that hides what happened to a commit before it
// was deployed.
const GatesUnread = "before it was deployed"
