package episodes

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
	"collector/internal/timeline"
)

// The rule of mysql.lock_wait and mysql.metadata_lock_wait. An episode is everybody
// who waits, over however many hops, behind one session that waits for nobody. It
// counts when one single wait reached the threshold. It starts when the first of
// them began to wait, and ends between the last look with a waiter and the first
// one without. A single look without one does not end it.
//
// How it ended is read from the looks around the end: see endedBy.
const lockRule = "all who wait behind one session that itself waits for nobody; the record shows the looks at the first, the most, the last and after the last waiters, " +
	"the first 5 waits and the longest one"

// The rules that infer a blocker; the recorder applies them where no table names it.
const (
	rowGuessRule      = "the oldest transaction that holds row locks and waits for none"
	metadataGuessRule = "the oldest session whose statement or transaction began before the wait, on the same table where that is known"
)

// The ways in which an episode ends.
const (
	endCommit       = "commit_or_rollback"
	endKilled       = "killed"
	endDisconnected = "disconnected"
	endTimeout      = "timeout"
	endStatement    = "blocker_statement_finished"
	endRestart      = "server_restart"
	endUnknown      = "unknown"
)

func (s *lockScan) records(g *recorder) {
	s.finish()
	for _, c := range s.done {
		q := g.question(timeline.MySQLLockWait)
		if c.class == store.WaitMetadata {
			q = g.question(timeline.MySQLMetadataLockWait)
		}
		q.ThresholdMS, q.Rule, q.TimeUnitMS = s.threshold.Milliseconds(), lockRule, s.unit.Milliseconds()
		g.episode(q, g.lockQuery(s.tables, c.class), newLockChain(c, s.tables, g.roles))
	}
	for _, k := range []struct {
		kind  timeline.Kind
		class string
		what  string
	}{{timeline.MySQLLockWait, store.WaitRow, "waits for row locks of %s or more"}, {timeline.MySQLMetadataLockWait, store.WaitMetadata, "waits for metadata locks of %s or more"}} {
		g.looked(k.kind, store.PartWaits, g.lockQuery(s.tables, k.class), fmt.Sprintf(k.what, spoken(s.threshold)))
	}
}

// lockQuery says what was asked, and what only while somebody waited.
func (g *recorder) lockQuery(tables *facts.LockTables, class string) string {
	table, why, probe := "", "", "information_schema.innodb_trx (trx_state)"
	if tables != nil {
		table, why = tables.Row, tables.RowWhy
	}
	if class == store.WaitMetadata {
		probe = "the processlist's state"
		if tables != nil {
			table, why = tables.Metadata, tables.MetadataWhy
		}
	}
	switch {
	case tables == nil:
		return fmt.Sprintf("%s every %s; nobody waited, so no lock table was read (recorded)", probe, g.interval)
	case table == "":
		return fmt.Sprintf("%s every %s; blockers inferred: %s (recorded)", probe, g.interval, why)
	}
	return fmt.Sprintf("%s every %s, and %s while somebody waits (recorded)", probe, g.interval, table)
}

// interpretLockWait makes the event of a blocking chain.
func interpretLockWait(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[lockChain](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(a.Waits) == 0 || a.First == nil || a.Peak == nil || a.Last == nil {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	unit := time.Duration(q.TimeUnitMS) * time.Millisecond
	var b bracket
	for i := range a.Waits {
		b.add(a.Waits[i].began(unit), a.Last.look, lookOf(a.After))
	}
	longest := a.longest(unit)
	event := b.event(q, e, timeline.Kind(q.Kind))
	event.Key = fmt.Sprintf("%d on %s", a.Blocker, a.object())
	if a.Guessed {
		event.Grade = timeline.Derived
		event.Attributes["rule"] = a.guessRule(q)
	}
	a.attributes(event.Attributes, longest)
	event.Summary = a.summary(q, longest)
	return event, nil
}

func (a *lockChain) longest(unit time.Duration) time.Duration {
	var longest time.Duration
	for i := range a.Waits {
		_, about := a.Waits[i].lasted(unit)
		longest = max(longest, about)
	}
	return longest
}

func (a *lockChain) guessRule(q question) string {
	rule := rowGuessRule
	if q.Kind == string(timeline.MySQLMetadataLockWait) {
		rule = metadataGuessRule
	}
	if a.Why != "" {
		rule += " (" + a.Why + ")"
	}
	return rule
}

func (a *lockChain) object() string {
	if len(a.Objects) == 0 {
		return ""
	}
	return a.Objects[0]
}

// attributes writes what the document's tables show.
func (a *lockChain) attributes(to map[string]string, longest time.Duration) {
	set(to, "object", a.object())
	if len(a.Objects) > 1 {
		set(to, "objects", strings.Join(a.Objects, ", "))
	}
	set(to, "victims_peak", fmt.Sprint(a.Peak.Waiters))
	set(to, "victims", fmt.Sprint(a.Victims))
	set(to, "longest_wait_seconds", seconds(longest))
	if a.Blocker != 0 {
		set(to, "blocker", fmt.Sprint(a.Blocker))
	}
	set(to, "blocker_account", a.Account)
	set(to, "blocker_host", a.Host)
	set(to, "blocker_state", a.blockerState())
	set(to, "blocker_statement", a.Statement)
	if a.Passed > 0 {
		set(to, "blockers", fmt.Sprint(a.Passed+1))
	}
	set(to, "ended_by", a.endedBy())
	if h := a.Head; h != nil {
		set(to, "queue_head", fmt.Sprint(h.Session))
		set(to, "queue_head_account", h.Account)
		set(to, "queue_head_statement", h.Statement)
		set(to, "queued_behind_head", fmt.Sprint(h.Behind))
	}
	for _, name := range []string{"index", "mode", "held"} {
		var values []string
		for i := range a.Waits {
			if v := a.Waits[i].lock(name); v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		set(to, map[string]string{"index": "index", "mode": "mode_requested", "held": "mode_held"}[name], strings.Join(values, "; "))
	}
}

func (v *victim) lock(name string) string {
	switch name {
	case "index":
		return v.Index
	case "mode":
		return v.Mode
	}
	return v.Held
}

// blockerState is what the blocker was doing when it was last seen to block.
func (a *lockChain) blockerState() string {
	if a.Held == nil {
		return ""
	}
	b := a.Held.Blocker
	switch {
	case b.Command == commandSleep && b.TransactionMS > 0:
		return "idle in transaction for " + spoken(time.Duration(b.ElapsedMS)*time.Millisecond)
	case b.Command == commandSleep:
		return "idle for " + spoken(time.Duration(b.ElapsedMS)*time.Millisecond)
	}
	return "running a statement for " + spoken(time.Duration(b.ElapsedMS)*time.Millisecond)
}

// summary is the sentence of the event.
func (a *lockChain) summary(q question, longest time.Duration) string {
	locks := "row locks"
	if q.Kind == string(timeline.MySQLMetadataLockWait) {
		locks = "metadata locks"
	}
	var s strings.Builder
	noun := "sessions"
	if a.Victims == 1 {
		noun = "session"
	}
	fmt.Fprintf(&s, "%d %s waited up to %s for %s", a.Victims, noun, spoken(longest), locks)
	if o := a.object(); o != "" {
		s.WriteString(" on " + o)
	}
	if len(a.Objects) > 1 {
		s.WriteString(" and others")
	}
	s.WriteString(a.holder())
	if h := a.Head; h != nil && h.Behind > 0 {
		fmt.Fprintf(&s, "; %d of them queued behind session %d", h.Behind, h.Session)
		if h.Statement != "" {
			s.WriteString(": " + shown(h.Statement, summaryShown))
		}
	}
	s.WriteString(a.ending())
	return s.String()
}

// holder is who held the lock.
func (a *lockChain) holder() string {
	if a.Passed > 0 {
		return fmt.Sprintf(" that %d sessions took in turn", a.Passed+1)
	}
	if a.Blocker == 0 {
		return ", held by a session that the server does not name"
	}
	text := fmt.Sprintf(" held by session %d", a.Blocker)
	if a.Guessed {
		text = fmt.Sprintf(", held, as inferred, by session %d", a.Blocker)
	}
	if a.Account != "" {
		text += " (" + a.Account + ")"
	}
	if state := a.blockerState(); state != "" {
		text += ", " + state
	}
	if a.Held != nil && a.Held.Blocker.Command != commandSleep && a.Statement != "" {
		text += ": " + shown(a.Statement, summaryShown)
	}
	return text
}

// ending is how it ended, as a clause.
func (a *lockChain) ending() string {
	switch a.endedBy() {
	case endCommit:
		return "; it ended when that transaction did"
	case endStatement:
		return "; it ended when that statement finished"
	case endDisconnected:
		return "; it ended when the session disconnected"
	case endTimeout:
		return "; it ended when the last of them gave up, while the lock was still held"
	case endRestart:
		return "; it ended with the server process"
	case endKilled:
		if a.After.Connected != nil && !*a.After.Connected {
			return "; it ended when the session was killed"
		}
		return "; it ended with a KILL"
	}
	return ""
}
