package report

import (
	"fmt"
	"slices"

	"collector/internal/timeline"
)

// ended says how it ended, with the duration.
func (d *document) ended() Statement {
	p, open := d.tl.Phases, d.openHarm()
	if p.Recovered != nil {
		text := fmt.Sprintf("The last harm ended %s, %s after the first began.", d.clock.when(p.Recovered.Instant), apart(p.Onset.Instant, p.Recovered.Instant))
		if len(open) > 0 {
			text = fmt.Sprintf("The harm of this incident had ended %s, %s after the first began. Besides, %s still went on when the window closed.",
				d.clock.when(p.Recovered.Instant), apart(p.Onset.Instant, p.Recovered.Instant), enumerate(kindsWhere(open), 4))
		}
		firing := d.tl.Firing()
		return Statement{text + stillFiring(firing), slices.Concat(d.citesOf(p.Recovered), d.citesOf(p.Onset), evidenceOf(open), evidenceOf(firing))}
	}
	if len(open) == 0 {
		return Statement{}
	}
	text := "It had not ended when the window closed: "
	going := slices.DeleteFunc(slices.Clone(open), d.unsettled)
	calming := slices.DeleteFunc(slices.Clone(open), func(e timeline.Event) bool { return !d.unsettled(e) })
	if len(going) > 0 {
		text += enumerate(kindsWhere(going), 4) + " still went on"
	} else {
		text = "When the window closed all harm had ended, except that "
	}
	if len(calming) > 0 {
		if len(going) > 0 {
			text += "; "
		}
		text += enumerate(subjectsWhere(calming), 4) + " had come back inside the normal band, but had not settled"
	}
	return Statement{text + ".", evidenceOf(open)}
}

// stillFiring is a sentence on alerts that had not resolved when the window closed, "" where
// there are none.
func stillFiring(alerts []timeline.Event) string {
	if len(alerts) == 0 {
		return ""
	}
	var names []string
	for _, e := range alerts {
		names = append(names, alertName(e))
	}
	names = distinct(names)
	noun := "alert "
	if len(names) > 1 {
		noun = "alerts "
	}
	return " But " + noun + enumerate(names, 4) + " still fired when the window closed."
}

// openHarm is what had not ended when the window closed. Some of it may have
// been there before the onset: it then does not keep an incident from recovery.
func (d *document) openHarm() []timeline.Event {
	return d.where(func(e timeline.Event) bool { return e.Harm() && e.End == nil })
}

// recoveredWhat says which harm had ended at the recovery.
func (d *document) recoveredWhat() string {
	if len(d.openHarm()) > 0 {
		return "The harm of this incident"
	}
	return "All harm that the evidence shows"
}

// kindsWhere lists what happened and where: "replication stopped on db1".
func kindsWhere(events []timeline.Event) []string {
	var out []string
	for _, e := range events {
		s := escape(short(e), maxName)
		if e.Target != "" {
			s += " on " + escape(e.Target, maxName)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// subjectsWhere lists metrics and where they are: "threads_running on db1".
func subjectsWhere(events []timeline.Event) []string {
	var out []string
	for _, e := range events {
		s := escape(subject(e), maxName)
		if e.Target != "" {
			s += " on " + escape(e.Target, maxName)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
