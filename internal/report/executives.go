package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// Executives answers what executives ask, from the evidence, by systems and changes
// and never by persons. What only people can say is said to be theirs.
func (d *document) Executives() []Row {
	var rows []Row
	add := func(question string, s Statement) {
		rows = append(rows, Row{[]string{question, s.Text}, s.Cites})
	}
	if d.tl.Phases.Onset == nil {
		add("What happened?", Statement{"No harm began in this window, as far as it was seen.", []string{d.request}})
		return rows
	}
	add("Is it over?", d.over())
	add("What did it cost us?", d.cost())
	add("What changed before it?", d.changedAgain())
	add("Who approved that?", d.approved())
	add("Why did we not know sooner?", d.noticedAgain())
	add("Can it happen again?", d.again())
	return rows
}

func (d *document) over() Statement {
	s := d.ended()
	switch {
	case s.Text == "":
		return Statement{"The evidence does not say when it ended.", d.citesOf(d.tl.Phases.Onset)}
	case d.tl.Phases.Recovered != nil && len(d.tl.Firing()) > 0:
		return Statement{"Not for certain. " + s.Text, s.Cites}
	case d.tl.Phases.Recovered != nil && len(d.openHarm()) == 0:
		return Statement{"As far as it was measured, yes. " + s.Text, s.Cites}
	case d.tl.Phases.Recovered != nil:
		return Statement{"This incident, as far as it was measured, yes; what was there before it, no. " + s.Text, s.Cites}
	}
	return Statement{"Not by the end of this window. " + s.Text, s.Cites}
}

func (d *document) cost() Statement {
	const money = " Money, agreed service levels and lost customers are for people to add."
	if damage := d.damage(); len(damage) > 0 {
		return Statement{damage[0].Text + money, damage[0].Cites}
	}
	s := d.absence(topicImpact)[0]
	return Statement{s.Text + money, s.Cites}
}

// approved leads from the person who approved to the change and to what it went
// through.
func (d *document) approved() Statement {
	for _, c := range candidates(d.tl) {
		if !c.Kind.Action() {
			continue
		}
		text := "The question that helps is which change it was and what it went through: " + deed(c.Event)
		if known := known(c.Event); known != "" {
			text += " (" + known + ")"
		}
		return Statement{text + ". Which review, test or check should have shown its effect, and why could it not?", c.Evidence}
	}
	s := d.changedBefore()
	return Statement{"No change is known of whose approval could be asked.", s.Cites}
}

// known is what the record of a change says about where it came from; not its branch,
// which often has a person's name.
func known(e timeline.Event) string {
	var parts []string
	for _, key := range [...]string{"commit", "environment", "table", "pull_request"} {
		value := e.Attributes[key]
		if value == "" || strings.Contains(deed(e), escape(value, maxName)) {
			continue
		}
		parts = append(parts, strings.ReplaceAll(key, "_", " ")+" "+escape(value, maxName))
	}
	return strings.Join(parts, ", ")
}

// again never promises: what stands against it is the plan, and that is people's.
func (d *document) again() Statement {
	text := "The evidence cannot say; the actions of the plan are the answer."
	ids := []string{d.request}
	failed := d.where(func(e timeline.Event) bool { return e.Kind == timeline.Rollback && e.Attributes["outcome"] == "failed" })
	if len(failed) > 0 {
		text += " What would have limited it and did not: " + deed(failed[0]) + "."
		ids = slices.Concat(ids, failed[0].Evidence)
	}
	return Statement{text, ids}
}
