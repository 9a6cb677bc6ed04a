package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// topic is something that a section is about. Words are what a check's LookedFor
// says about it, none if every check of the sources is about it; sources are who
// could have seen it. Among are sources that are asked about other things too: of them
// count the gaps whose reason has one of the words, and the records of events of such a kind.
type topic struct {
	name    string
	words   []string
	sources []string
	among   []string
}

var (
	topicAlerts   = topic{"alerts", []string{"alert"}, []string{"prometheus", "webhook"}, nil}
	topicChanges  = topic{"deploys and changes", []string{"deploy", "change"}, []string{"deploylog", "github", "gitlab"}, []string{"loki", "pushed"}}
	topicRollback = topic{"rollbacks", []string{"rollback", "deploy"}, []string{"deploylog", "github", "gitlab"}, []string{"loki", "pushed"}}
	topicImpact   = topic{"impact figures", []string{"impact"}, []string{"prometheus"}, nil}
	topicSignals  = topic{"abnormal metrics", []string{"signal", "metric", "baseline"}, []string{"prometheus"}, nil}
	topicServers  = topic{"trouble on the servers", nil, []string{"mysql"}, nil}
	topicHarm     = topic{"harm", nil, []string{"mysql", "prometheus"}, nil}
)

// maxAbsence is how many lines of each sort say what is absent in a section; the
// last section has them all.
const maxAbsence = 4

// absence says what was looked for and not found, what could not be looked for,
// or, where nobody looked, exactly that.
func (d *document) absence(about topic) []Statement {
	checks := d.checksAbout(about)
	out := capped(d.checkStatements(checks), "what else was looked for and not found stands in the last section")
	out = append(out, capped(d.gapStatements(d.gapsAbout(about)), "the other gaps stand in the last section")...)
	if len(out) == 0 {
		out = append(out, d.unasked(about))
	}
	return out
}

// absenceAfter is absence where another block may have told it before: one line that
// leads there then. A template of a user's own may leave that block out.
func (d *document) absenceAfter(block string, told bool, about topic) []Statement {
	list := d.absence(about)
	if !told || d.own() {
		return list
	}
	var parts, ids []string
	if len(d.checksAbout(about)) > 0 {
		parts = append(parts, "what was looked for and not found")
	}
	if len(d.gapsAbout(about)) > 0 {
		parts = append(parts, "what could not be seen")
	}
	if len(parts) == 0 {
		return list // one line, which says that nobody was asked
	}
	for _, s := range list {
		ids = append(ids, s.Cites...)
	}
	return []Statement{{capital(strings.Join(parts, ", and ")) + ": as told in " + d.place(block) + ".", ids}}
}

// own reports whether the document's template is a user's own.
func (d *document) own() bool {
	_, own := d.draft.Own[d.template]
	return own
}

// gapsAbout are the gaps of those who could have seen something.
func (d *document) gapsAbout(about topic) []timeline.Gap {
	var gaps []timeline.Gap
	for _, g := range d.tl.Gaps {
		if slices.Contains(about.sources, g.Source) || slices.Contains(about.among, g.Source) && about.in(g.Reason) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// unasked says that neither a check nor a gap is about a topic.
func (d *document) unasked(about topic) Statement {
	if ids, who := d.recordsOf(about); len(ids) > 0 {
		return Statement{"The records of " + enumerate(who, 3) + " hold nothing else about " + about.name + ".", ids}
	}
	return Statement{"No source of this draft was asked about " + about.name + ": that nothing is said here does not mean that there was nothing.", []string{d.request}}
}

// recordsOf are the records of who could have seen something, and whose they are.
func (d *document) recordsOf(about topic) (ids, who []string) {
	for _, e := range d.tl.Evidence {
		if slices.Contains(about.sources, e.Source) {
			ids = append(ids, e.ID)
		}
	}
	for _, source := range about.sources {
		if slices.ContainsFunc(d.tl.Evidence, func(e timeline.Evidence) bool { return e.Source == source }) {
			who = append(who, source)
		}
	}
	for _, e := range d.tl.Events {
		if !slices.Contains(about.among, e.Source) || !slices.Contains(about.words, string(e.Kind)) {
			continue
		}
		ids = append(ids, e.Evidence...)
		if !slices.Contains(who, e.Source) {
			who = append(who, e.Source)
		}
	}
	return ids, who
}

func (d *document) checksAbout(about topic) []timeline.Check {
	var checks []timeline.Check
	for _, c := range d.tl.Checks {
		if about.matches(c) {
			checks = append(checks, c)
		}
	}
	return checks
}

func (t topic) matches(c timeline.Check) bool {
	if len(t.words) == 0 {
		return slices.Contains(t.sources, c.Source)
	}
	return t.in(c.LookedFor)
}

// in reports whether a text has one of the topic's words.
func (t topic) in(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(text, w) })
}

// capped keeps the first lines and tells, citing the rest, how many there are.
func capped(list []Statement, rest string) []Statement {
	if len(list) <= maxAbsence+1 {
		return list
	}
	var ids []string
	for _, s := range list[maxAbsence:] {
		ids = append(ids, s.Cites...)
	}
	return append(slices.Clone(list[:maxAbsence]), Statement{"And " + plural(len(list)-maxAbsence, "more line") + ": " + rest + ".", ids})
}
