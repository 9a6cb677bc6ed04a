package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// ImpactRows are the figures of the damage.
func (d *document) ImpactRows() []Row {
	var rows []Row
	for _, i := range d.tl.Impact {
		rows = append(rows, Row{[]string{figure(i), count(i.Value, i.Unit)}, i.Evidence})
	}
	return rows
}

// figure is the name of an impact figure in words.
func figure(i timeline.Impact) string { return escape(strings.ReplaceAll(i.Name, "_", " "), maxName) }

// Impact is section 3 without its table: what each server suffered, for how long.
func (d *document) Impact() []Statement {
	var out []Statement
	if len(d.tl.Impact) == 0 {
		out = append(out, d.absence(topicImpact)...)
	}
	type episode struct {
		target string
		kind   timeline.Kind
		what   string
	}
	var order []episode
	by := map[episode][]timeline.Event{}
	for _, e := range d.harm() {
		k := episode{e.Target, e.Kind, short(e)}
		if _, ok := by[k]; !ok {
			order = append(order, k)
		}
		by[k] = append(by[k], e)
	}
	var all []Statement
	metrics := map[string]int{} // the line of each target's metrics
	for _, k := range order {
		s := d.suffered(k.what, by[k])
		i, ok := metrics[k.target]
		if k.kind == timeline.Signal && ok {
			all[i].Text += "; " + s.Text
			all[i].Cites = append(all[i].Cites, s.Cites...)
			continue
		}
		if k.kind == timeline.Signal {
			metrics[k.target] = len(all)
		}
		if k.target != "" {
			s.Text = escape(k.target, maxName) + ": " + s.Text
		}
		all = append(all, s)
	}
	for i := range all {
		all[i].Text += "."
	}
	const most = 12
	if len(all) > most+1 {
		var ids []string
		for _, s := range all[most:] {
			ids = append(ids, s.Cites...)
		}
		all = append(all[:most:most], Statement{"And " + plural(len(all)-most, "more line") + " of lesser harm; the timeline has them.", ids})
	}
	if len(all) == 0 {
		if all = d.sound(); len(all) == 0 {
			all = d.elsewhere(topicServers)
		}
	}
	return append(out, all...)
}

// suffered sums up the episodes of one sort on one target, without a full stop.
func (d *document) suffered(what string, events []timeline.Event) Statement {
	text := escape(what, maxName)
	if len(events) == 1 {
		if lasted := d.lasted(events[0]); lasted != "" {
			text += " " + lasted
		}
		return Statement{text, slices.Clone(events[0].Evidence)}
	}
	total, open := covered(events, d.tl.Window.To)
	text += fmt.Sprintf(", %d times", len(events))
	if total > 0 {
		text += ", " + span(total) + " altogether"
	}
	if open {
		text += ", the last still going on when the window closed"
	}
	return Statement{text, evidenceOf(events)}
}

// covered is how long at least one of the events was going on; events are in
// order of start.
func covered(events []timeline.Event, end time.Time) (total time.Duration, open bool) {
	var until time.Time
	for _, e := range events {
		from, to := e.Start.At, e.EndsAt(end)
		open = open || e.End == nil
		if from.Before(until) {
			from = until
		}
		if to.After(from) {
			total += to.Sub(from)
			until = to
		}
	}
	return total, open
}
