package report

import (
	"slices"
	"strings"
	"time"
)

// Issue is the issue summary of the short documents: how long, what damage, and
// what is known about the cause, which is never named here.
func (d *document) Issue() []Statement {
	out := []Statement{d.duration()}
	impact := d.damage()
	if len(impact) == 0 {
		impact = d.absence(topicImpact)[:1]
	}
	impact[0].Text = "**Impact:** " + impact[0].Text
	out = slices.Concat(out, impact, d.hit())
	return append(out, d.rootCause(), d.coverage())
}

// duration is how long the harm went on, with the day.
func (d *document) duration() Statement {
	p := d.tl.Phases
	if p.Onset == nil {
		return Statement{"**Duration:** no harm began in the " + span(d.tl.Window.Duration()) + " of this window.", []string{d.request}}
	}
	began := " It began" + d.on(p.Onset.At) + " " + d.clock.when(p.Onset.Instant) + ". "
	end := d.ended()
	if p.Recovered != nil {
		return Statement{"**Duration:** " + apart(p.Onset.Instant, p.Recovered.Instant) + "." + began + endedAt(end.Text), append(end.Cites, d.citesOf(p.Onset)...)}
	}
	text := "**Duration:** at least " + span(d.tl.Window.To.Sub(p.Onset.Latest)) + "." + began
	if end.Text == "" {
		return Statement{text + "Its end is not known.", d.citesOf(p.Onset)}
	}
	return Statement{text + end.Text, append(end.Cites, d.citesOf(p.Onset)...)}
}

// endedAt leaves out of the sentence on the end how long it took: it has been said.
func endedAt(text string) string {
	head, rest, found := strings.Cut(text, ", ")
	_, after, more := strings.Cut(rest, "after the first began.")
	if !found || !more {
		return text
	}
	return head + "." + after
}

// on is " on 2024-07-12", or nothing where times carry their date.
func (d *document) on(at time.Time) string {
	if d.clock.days {
		return ""
	}
	return " on " + at.In(d.clock.zone).Format(time.DateOnly)
}

// rootCause leaves the cause to people and says where they may begin to look.
func (d *document) rootCause() Statement {
	const open = "**Root cause:** for people to find; nothing here names it. "
	if d.tl.Phases.Onset == nil {
		return Statement{"**Root cause:** no harm is recorded, so there is none to look for.", []string{d.request}}
	}
	s := d.changedBefore()
	return Statement{open + s.Text, s.Cites}
}
