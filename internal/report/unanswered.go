package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// unanswered says what was looked for and not found, and what could not be seen.
func (d *document) unanswered(q inquiry, said map[string]string) Statement {
	about := topic{words: q.words}
	var parts, ids, metrics, limits []string
	var checks []timeline.Check
	for _, c := range d.tl.Checks {
		if found := q.metricsIn(c.LookedFor); len(found) > 0 {
			metrics, ids = append(metrics, found...), append(ids, d.cited(c.Evidence)...)
		} else if about.in(c.LookedFor) {
			name, limit, limited := strings.Cut(remark.ReplaceAllString(c.LookedFor, ""), "; ")
			if limited { // told once, behind the search that it limits
				on := "On " + escape(c.Target, maxName)
				limits = append(limits, q.once(said, on+" "+escape(limit, maxText)+".", on+" not everything was judged"))
			}
			c.LookedFor = name
			checks = append(checks, c)
		}
	}
	if len(metrics) > 0 {
		slices.Sort(metrics)
		parts = append(parts, enumerate(slices.Compact(metrics), 4)+" did not leave the normal band.")
	}
	for _, s := range d.searches(checks) {
		ids = append(ids, s.ids...)
		parts = append(parts, "Looked for "+strings.Join(escapeTexts(s.names), "; ")+onTargets(escapeAll(s.targets))+": none.")
	}
	parts = append(parts, limits...)
	gaps := slices.DeleteFunc(slices.Clone(d.tl.Gaps), func(g timeline.Gap) bool { return !about.in(g.Reason) })
	byReason, reasons := grouped(gaps, func(g timeline.Gap) [2]string { return [2]string{g.Source, g.Reason} })
	for i, key := range reasons {
		for _, g := range byReason[key] {
			ids = append(ids, d.cited(g.Evidence)...)
		}
		if i < briefEvents {
			unseen := "Not seen on " + whom(key[0], gapTargets(byReason[key])...)
			parts = append(parts, q.once(said, unseen+": "+escape(key[1], maxText)+".", unseen))
		}
	}
	if left := len(reasons) - briefEvents; left > 0 {
		parts = append(parts, "For "+plural(left, "more reason")+" not seen: timeline.json has the gaps.")
	}
	if len(parts) == 0 {
		return d.unknown(q)
	}
	return Statement{strings.Join(parts, " "), ids}
}

// once is a sentence, or, where an answer above it has that sentence, its short form
// with the question of that answer.
func (q inquiry) once(said map[string]string, sentence, short string) string {
	if above, ok := said[sentence]; ok && above != q.question {
		return short + ", as told under “" + above + "”."
	}
	said[sentence] = q.question
	return sentence
}

// unknown says that nothing is known, and what keeps those who could know from it.
func (d *document) unknown(q inquiry) Statement {
	who := topic{}
	if len(q.signals) > 0 {
		who.sources = append(who.sources, topicSignals.sources...)
	}
	for _, k := range q.kinds {
		if strings.HasPrefix(string(k), "mysql.") {
			who.sources = append(who.sources, topicServers.sources...)
		} else {
			who.sources = append(who.sources, topicChanges.sources...)
		}
	}
	saw := slices.ContainsFunc(d.tl.Checks, func(c timeline.Check) bool { return slices.Contains(who.sources, c.Source) })
	if gaps := d.gapStatements(d.gapsAbout(who)); len(gaps) > 0 && !saw { // else the gap is about something else
		return Statement{"Not known. " + gaps[0].Text, gaps[0].Cites}
	}
	return Statement{"Not known: no source of this draft says that it looked.", []string{d.request}}
}

// metricsIn are the names of metrics in the words of a check that are about the
// question.
func (q inquiry) metricsIn(lookedFor string) []string {
	if !strings.Contains(lookedFor, "baseline") {
		return nil
	}
	var out []string
	for word := range strings.FieldsFuncSeq(lookedFor, func(r rune) bool { return strings.ContainsRune(" ,();", r) }) {
		if strings.Contains(word, "_") && q.names(word) {
			out = append(out, escape(word, maxName))
		}
	}
	return out
}

// gapTargets are the targets of gaps, each once.
func gapTargets(gaps []timeline.Gap) []string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Target)
	}
	return distinct(out)
}

func onTargets(targets []string) string {
	targets = slices.DeleteFunc(distinct(targets), func(t string) bool { return t == "" })
	if len(targets) == 0 {
		return ""
	}
	return " on " + enumerate(targets, 4)
}

// distinct keeps the first of equal items.
func distinct(items []string) []string {
	var out []string
	for _, item := range items {
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}
