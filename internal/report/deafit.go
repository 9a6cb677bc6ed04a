package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// DEATemplate is the defect escape analysis.
const DEATemplate = "dea"

// soonBefore is how near before the first harm a change counts as one that may have
// carried a defect into production.
const soonBefore = 30 * time.Minute

// fit says which of the two documents the evidence calls for, and why.
type fit struct {
	dea, postmortem bool
	calm            bool     // no harm is recorded
	why             []string // sentences without a full stop, escaped
	cites           []string
}

// documents names what fits.
func (f fit) documents() string {
	switch {
	case f.calm:
		return "a postmortem, if one is needed"
	case f.dea && f.postmortem:
		return "both, a defect escape analysis (dea) and a postmortem"
	case f.dea:
		return "a defect escape analysis (dea)"
	}
	return "a postmortem"
}

// fits applies the table of the template to the timeline: a gate that failed before
// production asks for a defect escape analysis, an outage for a postmortem.
func (d *document) fits() fit {
	onset := d.tl.Phases.Onset
	if onset == nil {
		return fit{postmortem: true, calm: true, why: []string{"no harm is recorded in this window, so no change is known that harm followed"}, cites: []string{d.request}}
	}
	change, ok := findEscape(d.tl)
	suspects := change.suspects()
	near := ok && change.distance <= soonBefore
	f := fit{cites: slices.Clone(d.citesOf(onset))}
	switch {
	case len(suspects) > 0:
		f.dea = true
		f.why = append(f.why, fmt.Sprintf("%s, which %s; its record says that %s", deed(change.Event), d.before(change.candidate), enumerate(gatesSaid(suspects), 4)))
	case near:
		f.dea = true
		harm := "harm followed within " + span(soonBefore)
		if change.uncertain { // then nothing says which of the two came first
			harm = "harm began within " + span(soonBefore) + " of that"
		}
		f.why = append(f.why, fmt.Sprintf("%s, which %s; %s", deed(change.Event), d.before(change.candidate), harm))
	}
	if ok && f.dea {
		f.cites = append(f.cites, change.cites()...)
	}
	if outage, why, ids := d.outage(); outage || !f.dea {
		f.postmortem = true
		f.cites = append(f.cites, ids...)
		if why != "" {
			f.why = append(f.why, why)
		}
	}
	if !f.dea {
		text, ids := d.unescaped(change, ok)
		f.why, f.cites = append(f.why, text), append(f.cites, ids...)
	}
	return f
}

// gatesSaid is "the staging environment was skipped", of each gate.
func gatesSaid(list []finding) []string {
	var out []string
	for _, f := range list {
		verb := " was " + string(f.state)
		switch {
		case f.late:
			verb = " was passed only after it was in production"
		case f.state == gateFailed:
			verb = " failed"
		}
		out = append(out, "“"+f.name+"”"+verb)
	}
	return out
}

// outage reports whether production suffered what a postmortem is written about.
func (d *document) outage() (outage bool, why string, ids []string) {
	critical := slices.DeleteFunc(d.harm(), func(e timeline.Event) bool { return e.Severity != timeline.Critical })
	if len(critical) > 0 {
		return true, "critical harm is recorded (" + enumerate(kindsOf(critical), 3) + ")", evidenceOf(critical)
	}
	if p := d.tl.Phases.Detected; p != nil {
		return true, "an alert fired (" + alertName(d.event(p)) + ")", d.citesOf(p)
	}
	return false, "", nil
}

// unescaped says why nothing points at a gate before production.
func (d *document) unescaped(change escapedChange, found bool) (string, []string) {
	if found {
		return fmt.Sprintf("the nearest change, %s, %s, farther than %s; if people know that it carried the defect, a defect escape analysis fits too", deed(change.Event), d.before(change.candidate), span(soonBefore)), change.cites()
	}
	text, ids := "no deploy and no change of the configuration or the schema is recorded before the first harm", []string{d.request}
	if gaps := d.gapsAbout(topicChanges); len(gaps) > 0 {
		text += ", but not all of them could be seen"
		for _, g := range gaps {
			ids = append(ids, d.cited(g.Evidence)...)
		}
	} else if slices.Contains(d.unaskedTopics(topicChanges), topicChanges.name) {
		text += ", and no source of this draft was asked about deploys"
	}
	return text, ids
}

// unaskedTopics names the topics of which the draft has neither a check, a gap nor a record.
func (d *document) unaskedTopics(topics ...topic) []string {
	var out []string
	for _, t := range topics {
		ids, _ := d.recordsOf(t)
		if len(ids) == 0 && len(d.checksAbout(t)) == 0 && len(d.gapsAbout(t)) == 0 {
			out = append(out, t.name)
		}
	}
	return out
}

// Fits states which of the two documents fits, and why.
func (d *document) Fits() []Statement {
	f := d.fits()
	text := "Which document fits: " + f.documents() + ". Reason: " + strings.Join(f.why, "; ") + "."
	if f.dea {
		text += " A coincidence in time, not a proof."
	}
	return []Statement{{text, f.cites}}
}

// Fitting is the same as one plain line for a terminal. It is empty for a draft that
// cannot be rendered.
func Fitting(draft Draft) string {
	doc, err := newDocument(draft.normal(), DEATemplate)
	if err != nil {
		return ""
	}
	f := doc.fits()
	return "which document fits: " + f.documents() + ": " + unmarked(strings.Join(f.why, "; "))
}

// unmarked takes back what markup did.
func unmarked(text string) string {
	var b strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		if runes[i] == '\\' && i+1 < len(runes) {
			i++
		}
		b.WriteRune(runes[i])
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(b.String())
}
