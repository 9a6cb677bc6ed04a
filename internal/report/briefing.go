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

	briefText = 100 // characters of an event; the timeline has the rest
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
	said := map[string]string{}
	for _, q := range inquiries() {
		s := d.answer(q, said)
		rows = append(rows, Row{[]string{q.question, s.Text}, s.Cites})
	}
	return append(rows, d.whyNoAlert())
}

// answer answers a question; said are the sentences that an answer above it has, see
// once.
func (d *document) answer(q inquiry, said map[string]string) Statement {
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
	return d.unanswered(q, said)
}

// inShort is an event with its time, on one line.
func (d *document) inShort(e timeline.Event) string {
	when := d.clock.cell(e.Start, d.clock.zone)
	if until := d.until(e); until != "" {
		when += ", " + until
	}
	return curt(e, briefText) + " (" + when + ")"
}

// curt is an event's sentence with at most limit characters of its summary, cut between
// words: a statement of SQL or a chain of waiters fills a page otherwise.
func curt(e timeline.Event, limit int) string {
	text := plain(e.Summary, maxText)
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit])
		if space := strings.LastIndexByte(text, ' '); space > 0 {
			text = text[:space]
		}
		text = strings.TrimRight(text, " ,;:(") + " …"
	}
	e.Summary = text
	return what(e)
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

// whyNoAlert answers the question that always comes: why nobody was told, or so late.
func (d *document) whyNoAlert() Row {
	row := func(s Statement) Row { return Row{[]string{"Why did no alert fire, or not earlier?", s.Text}, s.Cites} }
	p := d.tl.Phases
	if p.Onset == nil {
		return row(Statement{"No harm is recorded that an alert should have told of.", []string{d.request}})
	}
	told := d.noticedAgain()
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
