package report

import (
	"slices"
	"strings"

	"collector/internal/timeline"
)

// term is a word that not everybody in a review knows.
type term struct {
	name, meaning string
	has           func(timeline.Event) bool // whether an event shows it
}

// terms are the words that a briefing may explain; it does so only with the
// incident's own values.
func terms() []term {
	kind := func(kinds ...timeline.Kind) func(timeline.Event) bool {
		return func(e timeline.Event) bool { return slices.Contains(kinds, e.Kind) }
	}
	metric := func(parts ...string) func(timeline.Event) bool {
		return func(e timeline.Event) bool {
			return e.Kind == timeline.Signal && inquiry{signals: parts}.names(e.Attributes["signal"])
		}
	}
	return []term{
		{"Deadlock", "Two transactions wait for each other's locks; the server ends one of them.", kind(timeline.MySQLDeadlock)},
		{"Lock wait", "A session waits until another one ends the transaction that holds the rows.", kind(timeline.MySQLLockWait)},
		{"Metadata lock", "A change of a table's definition and the statements that use the table wait for each other.", kind(timeline.MySQLMetadataLockWait)},
		{"Replication", "A replica repeats the changes of the primary; when a thread of it stops, the replica grows older.", kind(timeline.MySQLReplicationStopped)},
		{"Replication lag", "How far a replica is behind the primary.", func(e timeline.Event) bool {
			return e.Kind == timeline.MySQLReplicationLag || metric("replication_lag")(e)
		}},
		{"Query plan", "The steps by which the server finds the rows of a statement.", func(e timeline.Event) bool { return e.Attributes["plan"] != "" }},
		{"Full table scan", "A statement reads every row of a table because no index leads to those that it needs.", func(e timeline.Event) bool {
			return e.Attributes["no_index"] != "" || strings.Contains(e.Attributes["plan"], "full scan") || metric("rows_scanned")(e)
		}},
		{"Latency", "The time between a request and its answer.", metric("latency", "query_time")},
		{"Connection limit", "The server refuses logins past its max_connections.", kind(timeline.MySQLConnectionsExhausted)},
		{"Schema change", "A change of a table's definition; applications written for the old one may fail.", kind(timeline.MySQLSchemaChange)},
		{"Rollback", "Going back to the version before a deploy; it does not undo what the deploy changed in the data.", kind(timeline.Rollback)},
		{"Threads running", "How many sessions the server works for at one moment.", metric("threads_running")},
	}
}

// Words explains the terms that this incident has evidence for, each with what it
// was here.
func (d *document) Words() []Row {
	var rows []Row
	for _, t := range terms() {
		events := gravest(slices.DeleteFunc(d.where(t.has), d.tl.Repeats))
		if len(events) == 0 {
			continue
		}
		here := curt(events[0], briefText)
		if plan := events[0].Attributes["plan"]; t.name == "Query plan" {
			here = escape(plan, maxText) + onTargets([]string{escape(events[0].Target, maxName)})
		}
		if left := len(events) - 1; left > 0 {
			here += "; and " + number(float64(left)) + " more"
		}
		rows = append(rows, Row{[]string{t.name, t.meaning, here}, evidenceOf(events)})
	}
	return rows[:min(len(rows), maxTerms)]
}

// maxTerms is how many words a briefing explains, those that matter most first.
const maxTerms = 8

// NoWords stands where there is no word to explain.
func (d *document) NoWords() []Statement {
	if len(d.Words()) > 0 {
		return nil
	}
	return []Statement{{"The evidence holds nothing that needs a technical word.", []string{d.request}}}
}
