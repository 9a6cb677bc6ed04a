package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/report/alertrules"
	"collector/internal/timeline"
)

// How long the lists of a briefing are: it is read aloud, from one or two pages.
const (
	briefEvents = 2 // told for one question
	briefRows   = 6 // of a table
	briefLines  = 3 // of a list
)

// inquiry is a question that people ask in a review, and what could answer it.
type inquiry struct {
	question string
	signals  []string // parts of the names of metrics
	kinds    []timeline.Kind
	having   []string // only events with one of these attributes
	words    []string // what a check or a gap about it says
}

// inquiries are the questions of a review, in the order in which they come up.
func inquiries() []inquiry {
	return []inquiry{
		{question: "What did users notice?", signals: []string{"error", "fail", "latency", "availability"}},
		{question: "How busy was the CPU?", signals: []string{"cpu"}},
		{question: "How busy were the disks?", signals: []string{"disk", "innodb_reads", "innodb_writes", "innodb_fsyncs", "filesystem"}},
		{question: "How long did queries take?", signals: []string{"slow_queries", "query_time"},
			kinds: []timeline.Kind{timeline.MySQLStatementRegression, timeline.MySQLLongStatement}, words: []string{"statements of", "slower"}},
		{question: "What was the query plan, and was an index missing?", signals: []string{"rows_scanned"}, having: []string{"plan", "no_index"},
			kinds: []timeline.Kind{timeline.MySQLStatementRegression, timeline.MySQLLongStatement}, words: []string{"examine more rows"}},
		{question: "Did sessions wait for each other?", signals: []string{"row_lock"},
			kinds: []timeline.Kind{timeline.MySQLDeadlock, timeline.MySQLLockWait, timeline.MySQLMetadataLockWait}, words: []string{"deadlock", "row locks", "metadata locks"}},
		{question: "Did replication keep up?", signals: []string{"replication_lag", "replica_"},
			kinds: []timeline.Kind{timeline.MySQLReplicationStopped, timeline.MySQLReplicationLag}, words: []string{"replication lag", "replication threads"}},
		{question: "Which queries were new or changed?", kinds: []timeline.Kind{timeline.MySQLStatementRegression}, words: []string{"statements that are new"}},
		{question: "Which tables were changed?", kinds: []timeline.Kind{timeline.MySQLSchemaChange}, words: []string{"schema change", "tables that"}},
		{question: "What was deployed or configured?",
			kinds: []timeline.Kind{timeline.Deploy, timeline.Rollback, timeline.Change, timeline.MySQLVariableChange}, words: []string{"deploy", "global variables"}},
	}
}

// Questions answers each question that people ask in a review from the evidence, or
// says what was looked at, what could not be, or that nobody looked.
func (d *document) Questions() []Row {
	var rows []Row
	for _, q := range inquiries() {
		s := d.answer(q)
		rows = append(rows, Row{[]string{q.question, s.Text}, s.Cites})
	}
	return append(rows, d.whyNoAlert())
}

func (d *document) answer(q inquiry) Statement {
	events := gravest(d.where(q.matches))
	events = slices.DeleteFunc(events, d.tl.Repeats)
	var parts, ids []string
	if len(q.kinds) == 0 && len(q.words) == 0 && slices.Contains(q.signals, "error") {
		for _, s := range d.damage() {
			parts, ids = append(parts, strings.TrimSuffix(s.Text, ".")), append(ids, s.Cites...)
		}
	}
	for _, e := range events[:min(len(events), briefEvents)] {
		parts = append(parts, d.inShort(e))
	}
	if left := len(events) - briefEvents; left > 0 {
		parts = append(parts, plural(left, "more event")+" in the timeline")
	}
	if len(parts) > 0 {
		return Statement{sentence(strings.Join(parts, "; ")), append(ids, evidenceOf(events)...)}
	}
	return d.unanswered(q)
}

// inShort is an event with its time, on one line.
func (d *document) inShort(e timeline.Event) string {
	when := d.clock.cell(e.Start, d.clock.zone)
	if until := d.until(e); until != "" {
		when += ", " + until
	}
	return what(e) + " (" + when + ")"
}

// sentence ends a text with a full stop and begins it with a capital, unless it
// begins with the name of a metric.
func sentence(text string) string {
	head, _, _ := strings.Cut(text, " ")
	if !strings.ContainsAny(head, "_:0123456789") {
		text = capital(text)
	}
	return text + "."
}

func (q inquiry) matches(e timeline.Event) bool {
	if e.Kind == timeline.Signal {
		return q.names(e.Attributes["signal"])
	}
	if !slices.Contains(q.kinds, e.Kind) {
		return false
	}
	return len(q.having) == 0 || slices.ContainsFunc(q.having, func(key string) bool { return e.Attributes[key] != "" })
}

// names reports whether a metric's name is about the question.
func (q inquiry) names(metric string) bool {
	return slices.ContainsFunc(q.signals, func(part string) bool { return strings.Contains(metric, part) })
}

// unanswered says what was looked for and not found, and what could not be seen.
func (d *document) unanswered(q inquiry) Statement {
	about := topic{words: q.words}
	var parts, ids []string
	names, targets, metrics := []string{}, []string{}, []string{}
	for _, c := range d.tl.Checks {
		if found := q.metricsIn(c.LookedFor); len(found) > 0 {
			metrics, ids = append(metrics, found...), append(ids, d.cited(c.Evidence)...)
			continue
		}
		if len(q.words) == 0 || !(topic{words: q.words}).in(c.LookedFor) {
			continue
		}
		names, ids = append(names, escape(remark.ReplaceAllString(c.LookedFor, ""), maxText)), append(ids, d.cited(c.Evidence)...)
		targets = append(targets, escape(c.Target, maxName))
	}
	if len(metrics) > 0 {
		slices.Sort(metrics)
		parts = append(parts, enumerate(slices.Compact(metrics), 4)+" did not leave the normal band.")
	}
	if len(names) > 0 {
		parts = append(parts, "Looked for "+strings.Join(distinct(names), "; ")+onTargets(targets)+": none.")
	}
	gaps := slices.DeleteFunc(slices.Clone(d.tl.Gaps), func(g timeline.Gap) bool { return !about.in(g.Reason) })
	if len(gaps) > 0 {
		parts = append(parts, "Not seen on "+whom(gaps[0].Source, gapTargets(gaps)...)+": "+escape(gaps[0].Reason, maxText)+".")
		ids = append(ids, d.cited(gaps[0].Evidence)...)
	}
	if len(parts) == 0 {
		return d.unknown(q)
	}
	return Statement{strings.Join(parts, " "), ids}
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

// gapTargets are the targets of the gaps that have the first one's reason.
func gapTargets(gaps []timeline.Gap) []string {
	var out []string
	for _, g := range gaps {
		if g.Source == gaps[0].Source && g.Reason == gaps[0].Reason {
			out = append(out, g.Target)
		}
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

// whyNoAlert answers the question that always comes: why nobody was told, or so late.
func (d *document) whyNoAlert() Row {
	row := func(s Statement) Row { return Row{[]string{"Why did no alert fire, or not earlier?", s.Text}, s.Cites} }
	p := d.tl.Phases
	if p.Onset == nil {
		return row(Statement{"No harm is recorded that an alert should have told of.", []string{d.request}})
	}
	told := d.noticed()
	list, left := d.moved()
	if len(list) == 0 {
		return row(told)
	}
	rules := 0
	for _, u := range list {
		told.Cites = append(told.Cites, u.ids...)
		if u.rule != nil {
			rules++
		}
	}
	told.Text += " No alert told of: " + opening(list[0].events[0])
	if more := len(list) - 1 + len(left); more > 0 {
		told.Text += ", and " + number(float64(more)) + " more"
	}
	told.Text += "."
	if rules > 0 {
		told.Text += " Rules that would have told of " + number(float64(rules)) + " of them: [" + alertrules.RulesFile + "](" + alertrules.RulesFile + ")."
	}
	return row(told)
}

// Dates are when the action plan is due and when its progress is reviewed, counted
// from the end of the window.
func (d *document) Dates() []Statement {
	end := d.tl.Window.To.In(d.clock.zone)
	day, week := end.Add(24*time.Hour), end.AddDate(0, 0, 7)
	return []Statement{
		{fmt.Sprintf("The action plan is circulated by %s: 24 hours after the end of this window.", d.clock.dated(day)), []string{d.request}},
		{fmt.Sprintf("Its progress is reviewed by %s: one week after.", d.clock.dated(week)), []string{d.request}},
	}
}

// BriefActions are the first actions that the gaps ask for; the rest is counted.
func (d *document) BriefActions() []Row {
	rows := d.ActionRows()
	if len(rows) <= briefRows {
		return rows
	}
	var ids []string
	for _, r := range rows[briefRows-1:] {
		ids = append(ids, r.Cites...)
	}
	text := plural(len(rows)-briefRows+1, "more gap") + " to close; timeline.json has them"
	return append(slices.Clone(rows[:briefRows-1]), Row{[]string{capital(text), "", "", ""}, ids})
}

// Unseen is the short form of what was searched and what could not be seen.
func (d *document) Unseen() []Statement {
	var out []Statement
	if len(d.tl.Checks) > 0 {
		n := len(d.checkStatements(d.tl.Checks))
		s := d.searched()
		out = append(out, Statement{plural(n, "sort") + " of trouble looked for and not found; timeline.json has the list.", s.Cites})
	}
	gaps := d.gapStatements(d.tl.Gaps)
	out = append(out, gaps[:min(len(gaps), briefLines)]...)
	if left := len(gaps) - briefLines; left > 0 {
		out = append(out, Statement{plural(left, "more gap") + "; timeline.json has them.", d.gapCites()})
	}
	out = append(out, d.notLookedFor(slices.Concat(deeds(), troubles()))...)
	about := d.About()
	return append(out, about[len(about)-1])
}
