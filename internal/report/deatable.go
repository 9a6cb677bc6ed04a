package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// EscapeRows is the escape timeline, in the template's order.
func (d *document) EscapeRows() []Row {
	c, ok := findEscape(d.tl)
	cites := c.recordsOr(d.request)
	if !ok {
		cites = d.noChangeCites()
		c.gates = findGates(nil, timeline.Instant{})
	}
	introduced, escaped, how := "not known", "not known", unwritten
	if ok {
		escaped, how = d.dated(c.escaped()), d.before(c.candidate)
		if when, known := c.introduced(); known {
			introduced = d.momentCell(when)
		}
	}
	rows := []Row{{[]string{"Introduced", introduced, d.opened(c)}, cites}}
	for _, stage := range []string{stageReview, stageTests, stageStaging, stageDBA, stageApproval} {
		rows = append(rows, Row{append([]string{stage}, d.stageCells(c.gates, stage)...), cites})
	}
	when, detected, ids := d.detected()
	return append(rows,
		Row{[]string{"Escaped to production", escaped, how}, cites},
		Row{[]string{"Detected", when, "How: " + detected}, ids})
}

// opened tells of the pull or merge request of a change.
func (d *document) opened(c escapedChange) string {
	pull := c.pullRequest()
	if pull == "" {
		if _, known := c.introduced(); known {
			return "by the time of its commit"
		}
		if c.field(introducedFields...) != "" {
			return "its time cannot be read"
		}
		return unwritten
	}
	text := "pull request " + pull
	for _, step := range []struct{ name, word string }{{"pull_request_created", "opened"}, {"pull_request_merged", "merged"}} {
		if value := c.field(step.name); value != "" {
			if when, ok := parseMoment(value); ok {
				text += ", " + step.word + " " + d.momentCell(when)
			}
		}
	}
	return text
}

// stageCells are the date and the verdict of a stage; two gates of one stage are told
// side by side.
func (d *document) stageCells(list []finding, stage string) []string {
	var dates, verdicts []string
	known := slices.ContainsFunc(list, func(f finding) bool { return f.stage == stage && f.state != gateUnknown })
	for _, f := range list {
		if f.stage != stage || known && f.state == gateUnknown {
			continue
		}
		verdict, date := f.verdict(), "not known"
		if f.state != gateUnknown {
			date = d.momentCell(f.when)
		}
		if stage == stageTests && f.state != gateUnknown {
			verdict = f.name + ": " + verdict
		}
		if !slices.Contains(dates, date) {
			dates = append(dates, date)
		}
		if !slices.Contains(verdicts, verdict) {
			verdicts = append(verdicts, verdict)
		}
	}
	return []string{strings.Join(dates, "; "), strings.Join(verdicts, "; ")}
}

// GateRows is the gate analysis: the gates with evidence of skipped or missing first.
func (d *document) GateRows() []Row {
	c, ok := findEscape(d.tl)
	cites := c.recordsOr(d.request)
	if !ok {
		cites = d.noChangeCites()
		c.gates = findGates(nil, timeline.Instant{})
	}
	var rows []Row
	for _, f := range c.ranked() {
		rows = append(rows, Row{[]string{f.name, f.existed(), d.saidOf(f)}, cites})
	}
	return rows
}

// saidOf is what the record says about one gate: its state, when and why.
func (d *document) saidOf(f finding) string {
	text := f.verdict()
	if !f.when.at.IsZero() {
		text += ", " + d.momentCell(f.when)
	}
	if f.note != "" {
		text += ": “" + escape(f.note, maxText) + "”"
	}
	return text
}

// EscapePoint lists the gates to look at first. Which one should have caught the defect
// is for people to say.
func (d *document) EscapePoint() []Statement {
	c, ok := findEscape(d.tl)
	if !ok {
		return []Statement{{"No change is recorded before the first harm, so no gate is known that it went through.", d.noChangeCites()}}
	}
	var out []Statement
	for _, f := range c.suspects() {
		out = append(out, Statement{"**" + f.name + "**: " + d.saidOf(f) + ".", c.recordsOr(d.request)})
	}
	if len(out) == 0 {
		out = append(out, Statement{"No gate is recorded as skipped, missing or failed.", c.recordsOr(d.request)})
	}
	if names := named(c.gates, func(f finding) bool { return f.state == gatePassed && !f.late }); len(names) > 0 {
		out = append(out, Statement{"Recorded as passed, so the change went through: " + enumerate(names, len(names)) + ".", c.recordsOr(d.request)})
	}
	return out
}

// EscapeImpactRows is the table of the impact.
func (d *document) EscapeImpactRows() []Row {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return nil
	}
	duration := "at least " + span(d.tl.Window.To.Sub(onset.At)) + ", not over when the window closed"
	cites := d.citesOf(onset)
	if p := d.tl.Phases.Recovered; p != nil {
		duration, cites = apart(onset.Instant, p.Instant), slices.Concat(cites, d.citesOf(p))
	}
	var targets []string
	for _, e := range d.harm() {
		if name := escape(e.Target, maxName); name != "" && !slices.Contains(targets, name) {
			targets = append(targets, name)
		}
	}
	systems := "not known"
	if len(targets) > 0 {
		systems = enumerate(targets, 6)
	}
	data, ids := d.integrity()
	back, more := d.rolledBack()
	return []Row{{[]string{duration, systems, data, back}, slices.Concat(cites, evidenceOf(d.harm()), ids, more)}}
}

// integrity is what the records show about the data itself.
func (d *document) integrity() (string, []string) {
	hints := d.where(func(e timeline.Event) bool {
		code := e.Attributes["error_code"]
		lost := strings.HasPrefix(e.Attributes["operation"], "drop_") || strings.HasPrefix(e.Attributes["operation"], "truncate")
		return e.Kind == timeline.MySQLReplicationStopped && (code == "1032" || code == "1062" || code == "1054") ||
			e.Kind == timeline.MySQLSchemaChange && lost && !d.tl.Repeats(e)
	})
	if len(hints) == 0 {
		return "not known: collector reads no rows of users", []string{d.request}
	}
	return "to be checked: " + d.list(hints, 3), evidenceOf(hints)
}

// rolledBack is what was rolled back after the onset. Whether it was required is for
// people to say.
func (d *document) rolledBack() (string, []string) {
	tried := d.where(func(e timeline.Event) bool {
		return e.Kind == timeline.Rollback && !e.Start.Before(d.tl.Phases.Onset.Instant)
	})
	if len(tried) == 0 {
		ids, _ := d.recordsOf(topicRollback)
		text := "no rollback is recorded"
		if gaps := d.gapsAbout(topicRollback); len(gaps) > 0 {
			text += ", but not all that could tell of one was seen"
		} else if len(ids) == 0 && len(d.checksAbout(topicRollback)) == 0 {
			text = "not known: no source of this draft was asked about rollbacks"
		}
		return text, d.cited(ids)
	}
	var parts []string
	for _, e := range tried[:min(len(tried), 3)] {
		parts = append(parts, deed(e)+" "+d.clock.when(e.Start))
	}
	return "yes, tried: " + strings.Join(parts, "; "), evidenceOf(tried)
}

// EscapeActionRows are what the evidence gives reason to decide about, each at its gate.
func (d *document) EscapeActionRows() []Row {
	var rows []Row
	if c, ok := findEscape(d.tl); ok {
		for _, f := range c.suspects() {
			kind, text := "Strengthen gate", "Decide whether a change may reach production when this gate was skipped"
			switch {
			case f.state == gateMissing:
				kind, text = "Add missing gate", "Decide whether to add this gate"
			case f.state == gateFailed:
				text = "Decide whether a change may reach production when this gate failed"
			case f.late:
				text = "Decide whether this gate has to be passed before a change reaches production"
			}
			rows = append(rows, Row{[]string{f.name, kind, text + "; the record says: " + d.saidOf(f)}, c.recordsOr(d.request)})
		}
		if n := len(named(c.gates, func(f finding) bool { return f.state == gateUnknown })); n > 0 {
			rows = append(rows, Row{[]string{"All", "Strengthen gate", fmt.Sprintf("Have the deploy's record name its gates: nothing that can be read is recorded about %d of %d", n, len(c.gates))}, c.recordsOr(d.request)})
		}
	}
	if p := d.tl.Phases; p.Onset != nil && p.Detected == nil {
		rows = append(rows, Row{[]string{"Detection", "Improve detection", "Decide which alert should have fired (" + d.noAlert() + ")"}, d.alertWitness()})
	} else if p.Onset != nil && p.Detected.At.Sub(p.Onset.At) >= lateAlert {
		rows = append(rows, Row{[]string{"Detection", "Improve detection", "Decide whether an alert can come earlier: the first fired " + d.delay()}, slices.Concat(d.citesOf(p.Detected), d.citesOf(p.Onset))})
	}
	return rows
}

// lateAlert is the delay of the first alert from which on it is worth an action.
const lateAlert = 5 * time.Minute

// NoEscapeActions stands in place of the table when nothing asks for an action.
func (d *document) NoEscapeActions() []Statement {
	if len(d.EscapeActionRows()) > 0 {
		return nil
	}
	return []Statement{{"Nothing in the records asks for an action by itself; actions that follow from the analysis are for people to add.", []string{d.request}}}
}

// GateLessons sorts the gates by what the records say they did.
func (d *document) GateLessons() []Statement {
	c, ok := findEscape(d.tl)
	if !ok {
		return []Statement{{"No change is recorded before the first harm, so no gate can be said to have worked or not.", d.noChangeCites()}}
	}
	out := []Statement{{d.pastGates(c) + " A gate that was passed let this change through; whether it could have caught the defect is for people to say.", c.recordsOr(d.request)}}
	if p := d.tl.Phases; p.Detected != nil {
		out = append(out, Statement{"After production, the alert " + alertName(d.event(p.Detected)) + " noticed it, " + d.delay() + ".", slices.Concat(d.citesOf(p.Detected), d.citesOf(p.Onset))})
	}
	return out
}
