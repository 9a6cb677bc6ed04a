package report

import (
	"slices"

	"collector/internal/report/alertrules"
	"collector/internal/timeline"
)

// Unalerted tells each metric that moved with no alert; where metrics moved and each
// had one, exactly that; and where none moved, who looked.
func (d *document) Unalerted() []Statement {
	list, left := d.moved()
	var out []Statement
	for _, u := range list {
		out = append(out, Statement{d.unalertedStory(u), u.ids})
	}
	out = append(out, more(left, "such episode", "the timeline has them")...)
	looked, blind := d.alertsLooked()
	switch signals := d.ofKind(timeline.Signal); {
	case len(out) > 0 && blind:
		return append(out, Statement{"Not everything that could tell of an alert was seen: the gaps in the last section say what was not.", d.gapCites()})
	case len(out) > 0:
		return out
	case len(signals) > 0 && !looked:
		return append([]Statement{{"Metrics left their normal band; " + d.noAlert() + ".", slices.Concat(evidenceOf(signals), d.alertWitness())}}, d.absence(topicAlerts)...)
	case len(signals) == 0:
		return d.absence(topicSignals)
	default:
		return []Statement{{"None: an alert counts for each metric that left its normal band.", slices.Concat(evidenceOf(signals), evidenceOf(d.incidentAlerts()))}}
	}
}

func (d *document) unalertedStory(u unalerted) string {
	e := u.events[0]
	text := opening(e) + ". " + d.course(e)
	if n := len(u.events); n > 1 {
		text += " It was so " + plural(n, "time") + " with no alert."
	}
	text += " " + d.noAlertFor(e)
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

// noAlertFor says that no alert counts for an episode: none was there, or only such as
// had fired since long before.
func (d *document) noAlertFor(e timeline.Event) string {
	about := "that counts for it"
	if e.Target != "" {
		about = "about " + escape(e.Target, maxName)
	}
	s, _ := seriesOf(d.tl, e)
	var old []string
	for _, a := range d.ofKind(timeline.Alert) {
		if d.covered(e, s.Labels, []timeline.Event{a}) {
			old = append(old, alertName(a))
		}
	}
	if len(old) > 0 {
		return "No new alert " + about + " was pending or firing then, only what had begun more than " + span(coverLead) + " before the onset: " + enumerate(distinct(old), 3) + "."
	}
	return "No alert " + about + " was pending or firing then."
}

// AlertRuleRows is the table of the rules in alert-rules.yaml.
func (d *document) AlertRuleRows() []Row {
	list, _ := d.moved()
	var rows []Row
	for _, u := range list {
		if r := u.rule; r != nil {
			before := "not in the " + span(u.events[0].Start.At.Sub(r.BeforeSince)) + " recorded before"
			if r.Before > 0 {
				before = plural(r.Before, "time") + " since " + d.clock.under(r.BeforeSince, d.clock.zone)
			}
			wait := "0 s"
			if r.For > 0 {
				wait = span(r.For)
			}
			name := escape(r.Name, maxName)
			if r.Target != "" {
				name += " on " + escape(r.Target, maxName)
			}
			rows = append(rows, Row{[]string{
				name, escape(r.Expr, 2*maxText), wait, d.clock.under(r.FiresAt, d.clock.zone), before,
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
		if name := escape(u.rule.Name, maxName); u.rule.Record != "" && !slices.Contains(computed, name) {
			computed = append(computed, name)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	text := "Ready to paste: [" + alertrules.RulesFile + "](" + alertrules.RulesFile + "), with unit tests on the recorded values in [" + alertrules.TestFile + "](" + alertrules.TestFile + ")"
	if len(computed) > 0 {
		text += "; for " + enumerate(computed, 6) + " the tests begin at the computed signal, since the raw metrics are not recorded"
	}
	return []Statement{{text + ".", ids}}
}
