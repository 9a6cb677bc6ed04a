package report

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Summary is section 2, for a reader who reads nothing else: when, how long, how
// it was noticed, what changed before, what was hit, how it ended.
func (d *document) Summary() []Statement {
	var out []Statement
	onset := d.tl.Phases.Onset
	if onset == nil {
		return append(d.quiet(), d.coverage())
	}
	first := d.event(onset)
	out = append(out, Statement{fmt.Sprintf("It began %s. %s.", d.clock.when(onset.Instant), labelled("First harm", first)), d.citesOf(onset)})
	out = append(out, d.hit()...)
	out = append(out, d.damage()...)
	out = append(out, d.noticed(), d.changedBefore(), d.ended(), d.coverage())
	return slices.DeleteFunc(out, func(s Statement) bool { return s.Text == "" })
}

// coverage says from how much evidence a summary was made.
func (d *document) coverage() Statement {
	text := "This summary rests on " + plural(len(d.tl.Evidence), "evidence record")
	if n := d.gapLines(); n > 0 {
		text += "; " + plural(n, "gap") + " limit"
		if n == 1 {
			text += "s"
		}
		text += " it (see the last section)"
	}
	unsaid := troubles()
	told := d.tl.Phases.Onset != nil && !slices.ContainsFunc(candidates(d.tl), func(c candidate) bool { return c.Kind.Action() })
	if !told { // else changedBefore says it
		unsaid = slices.Concat(deeds(), unsaid)
	}
	if names := d.unlooked(unsaid); len(names) > 0 {
		text += ". Not looked for by any source: " + enumerate(names, len(names))
	}
	return Statement{text + ".", append(d.gapCites(), d.request)}
}

func (d *document) scope() string {
	s := d.tl.Scope
	var parts []string
	if len(s.Clusters) > 0 {
		parts = append(parts, nounOf(len(s.Clusters), "cluster")+" "+enumerate(escapeAll(s.Clusters), 10))
	}
	if len(s.Targets) > 0 {
		parts = append(parts, nounOf(len(s.Targets), "target")+" "+enumerate(escapeAll(s.Targets), 10))
	}
	if len(parts) == 0 {
		return "all clusters and targets"
	}
	return enumerate(parts, 2)
}

func escapeAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = escape(s, maxName)
	}
	return out
}

// quiet is the summary of a window without harm.
func (d *document) quiet() []Statement {
	var out []Statement
	if len(d.tl.Events) > 0 {
		out = append(out, Statement{
			"No harm began in this window. What is recorded: " + d.list(gravest(d.tl.Events), 3) + ".", evidenceOf(d.tl.Events),
		})
	} else {
		out = append(out, Statement{"No event of any kind was found.", []string{d.request}})
	}
	out = append(out, d.damage()...)
	if len(d.tl.Checks) > 0 {
		out = append(out, d.searched())
	}
	if len(d.tl.Checks) == 0 && len(d.tl.Gaps) > 0 {
		why := "no source answered"
		if len(d.tl.Events) > 0 {
			why = "no source says that it looked for harm and found none"
		}
		out = append(out, Statement{"This does not mean that nothing happened: " + why + ".", d.gapCites()})
	} else if len(d.tl.Gaps) > 0 {
		out = append(out, Statement{"Parts of the window could not be seen; the last section lists them.", d.gapCites()})
	}
	return out
}

// list tells some events and counts the rest.
func (d *document) list(events []timeline.Event, limit int) string {
	var parts []string
	for _, e := range events[:min(len(events), limit)] {
		parts = append(parts, what(e))
	}
	if left := len(events) - len(parts); left > 0 {
		parts = append(parts, plural(left, "more event"))
	}
	return strings.Join(parts, "; ")
}

func (d *document) gapCites() []string {
	var ids []string
	for _, g := range d.hiding() {
		ids = append(ids, d.cited(g.Evidence)...)
	}
	return ids
}

// hit names what was affected, by target.
func (d *document) hit() []Statement {
	var order []string
	by := map[string][]timeline.Event{}
	for _, e := range d.harm() {
		if _, ok := by[e.Target]; !ok {
			order = append(order, e.Target)
		}
		by[e.Target] = append(by[e.Target], e)
	}
	if len(order) == 0 {
		return nil
	}
	var parts []string
	for _, target := range order[:min(len(order), 4)] {
		name := escape(target, maxName)
		if name == "" {
			name = "no single target"
		}
		parts = append(parts, name+" ("+enumerate(kindsOf(by[target]), 4)+")")
	}
	text := "Affected: " + enumerate(parts, 4)
	if n := len(order) - len(parts); n > 0 {
		text += " and " + plural(n, "more target")
	}
	return []Statement{{text + ".", evidenceOf(d.harm())}}
}

// damage is the first figures of the impact.
func (d *document) damage() []Statement {
	var parts, ids []string
	for _, i := range d.tl.Impact[:min(len(d.tl.Impact), 3)] {
		name := figure(i)
		if unit := escape(i.Unit, 30); unit != "" && strings.HasSuffix(name, unit) { // 41,823 failed requests
			amount := strings.TrimSuffix(count(i.Value, i.Unit), " "+unit)
			parts = append(parts, amount+" "+name)
		} else {
			parts = append(parts, name+" "+count(i.Value, i.Unit))
		}
		ids = append(ids, i.Evidence...)
	}
	if len(parts) == 0 {
		return nil
	}
	return []Statement{{"Measured: " + strings.Join(parts, "; ") + ".", ids}}
}

// kindsOf lists what happened, each thing once.
func kindsOf(events []timeline.Event) []string {
	var out []string
	for _, e := range events {
		if s := escape(short(e), maxName); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// noticed is the first alert and how long it took.
func (d *document) noticed() Statement {
	p := d.tl.Phases
	if p.Detected == nil {
		return Statement{capital(d.noAlert()) + ".", d.alertWitness()}
	}
	alert := d.event(p.Detected)
	return Statement{
		fmt.Sprintf("The first alert, %s, fired %s, %s.", alertName(alert), d.clock.when(p.Detected.Instant), d.delay()),
		slices.Concat(alert.Evidence, d.citesOf(p.Onset)),
	}
}

// noticedAgain is noticed behind the summary of the briefing: how long the first alert
// took, and where it is named. What is said where none fired is short enough.
func (d *document) noticedAgain() Statement {
	s := d.noticed()
	if d.tl.Phases.Detected != nil && !d.own() {
		s.Text = "The first alert fired " + d.delay() + " (see " + d.place("summary") + ")."
	}
	return s
}

// delay is when the first alert fired: "95 s ± 2 s after the first harm", or that the order is not certain.
func (d *document) delay() string {
	return delayed(d.tl.Phases.Onset.Instant, d.tl.Phases.Detected.Instant, "the first harm")
}

func alertName(e timeline.Event) string {
	name := escape(e.Attributes["alertname"], maxName)
	if name == "" {
		name = escape(e.Summary, maxText)
	}
	if e.Target != "" {
		name += " on " + escape(e.Target, maxName)
	}
	return name
}

// changedBefore is the nearest candidate; section 6 has them all.
func (d *document) changedBefore() Statement {
	for _, c := range candidates(d.tl) {
		if c.Kind.Action() {
			return Statement{
				fmt.Sprintf("The nearest change before it: %s; it %s. A coincidence in time, not a proof.", deed(c.Event), d.before(c)),
				slices.Concat(c.Evidence, d.citesOf(d.tl.Phases.Onset)),
			}
		}
	}
	text := "No deploy or other change is recorded before it in this window"
	if names := slices.Concat(d.unaskedTopics(topicChanges), d.unlooked(deeds())); len(names) > 0 {
		text += " (not looked for: " + enumerate(names, len(names)) + ")"
	}
	hides := func(g timeline.Gap) bool { return !strings.Contains(g.Reason, GatesUnread) }
	if slices.ContainsFunc(d.gapsAbout(topicChanges), hides) {
		text += " (not all of them could be seen: the gaps in the last section say why)"
	}
	next, ok := d.gravestSequel()
	if !ok {
		return Statement{text + ".", d.citesOf(d.tl.Phases.Onset)}
	}
	return Statement{
		fmt.Sprintf("%s. Later: %s; soon after it began %s. A coincidence in time, not a proof.", text, what(next.change), d.followers(next, 3)),
		slices.Concat(next.change.Evidence, evidenceOf(next.began), d.citesOf(d.tl.Phases.Onset)),
	}
}

// changedAgain is changedBefore behind the summary of the briefing: the nearest change
// without its times.
func (d *document) changedAgain() Statement {
	s := d.changedBefore()
	i := slices.IndexFunc(candidates(d.tl), func(c candidate) bool { return c.Kind.Action() })
	if i >= 0 && !d.own() {
		s.Text = "Nearest in time: " + deed(candidates(d.tl)[i].Event) + " (see " + d.place("summary") + " for its times). A coincidence in time, not a proof."
	}
	return s
}
