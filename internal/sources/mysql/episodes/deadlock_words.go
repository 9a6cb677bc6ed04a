package episodes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"collector/internal/sources/mysql/facts"
	"collector/internal/timeline"
)

// interpretDeadlock makes the event of a deadlock, an instant, or of a storm.
func interpretDeadlock(q question, e timeline.Evidence) (timeline.Event, error) {
	s, err := read[deadlocks](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if !s.sound() {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	first, last := s.Shown[0], s.Shown[len(s.Shown)-1]
	end := last.at()
	event := q.event(e, timeline.MySQLDeadlock, first.at(), &end)
	set(event.Attributes, "deadlocks", fmt.Sprint(s.Deadlocks))
	if s.Unreported > 0 {
		set(event.Attributes, "unreported", fmt.Sprint(s.Unreported))
	}
	if first.Report == nil {
		event.Key = fmt.Sprintf("up to %d", first.After.Count)
		event.Summary = "a deadlock was counted, no report of it is left"
		if s.Deadlocks > 1 {
			event.Summary = fmt.Sprintf("%d deadlocks were counted, no report of them is left", s.Deadlocks)
		}
		if first.Missing != "" {
			event.Summary += " (" + first.Missing + ")"
		}
	} else {
		first.Report.describe(&event)
		switch {
		case s.Moves > 1:
			event.Summary = fmt.Sprintf("%d deadlocks within %s, the first: %s", s.Deadlocks, spoken(end.At.Sub(event.Start.At)), event.Summary)
		case s.Unreported > 0:
			event.Summary += fmt.Sprintf("; %d more at that time, of which no report is left", s.Unreported)
		}
	}
	if last.InErrorLog && s.Unreported > 0 {
		set(event.Attributes, "reported_in", "the server's error log (innodb_print_all_deadlocks)")
		event.Summary += ", but in the server's error log"
	}
	return event, nil
}

// describe says who met whom on what.
func (r deadlockReport) describe(event *timeline.Event) {
	var ids, sessions, objects, indexes, modes []string
	for _, t := range r.Transactions {
		ids = append(ids, fmt.Sprint(t.ID))
		sessions = append(sessions, t.name())
		n := fmt.Sprintf("_%d", t.Number)
		set(event.Attributes, "session"+n, t.name())
		set(event.Attributes, "account"+n, t.Account)
		set(event.Attributes, "host"+n, t.Host)
		set(event.Attributes, "statement"+n, t.Statement)
		set(event.Attributes, "waits_for"+n, spokenLocks(t.Waits))
		set(event.Attributes, "holds"+n, spokenLocks(t.Holds))
		for _, l := range append(slices.Clone(t.Holds), t.Waits...) {
			objects, modes = with(objects, l.Object), with(modes, l.Mode)
			if l.Index != "" {
				indexes = with(indexes, l.Object+"."+l.Index)
			}
		}
	}
	slices.Sort(objects) // whom the report names first is chance
	slices.Sort(indexes)
	slices.Sort(modes)
	event.Key = "transactions " + strings.Join(ids, ", ")
	slices.SortFunc(sessions, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	set(event.Attributes, "sessions", strings.Join(sessions, ", "))
	set(event.Attributes, "tables", strings.Join(objects, ", "))
	set(event.Attributes, "indexes", strings.Join(indexes, ", "))
	set(event.Attributes, "lock_modes", strings.Join(modes, "; "))
	event.Summary = "deadlock between " + r.parties()
	if len(objects) > 0 {
		event.Summary += " on " + listed(objects)
	}
	if r.Victim > 0 && r.Victim <= len(r.Transactions) {
		victim := r.Transactions[r.Victim-1]
		set(event.Attributes, "victim", victim.name())
		event.Summary += fmt.Sprintf("; %s was rolled back", victim.spoken())
	}
	event.Summary += r.statements()
	if r.Truncated {
		set(event.Attributes, "truncated", "true")
		event.Summary += "; the server cut its report off"
	}
}

// parties names the sessions, and their accounts: once when it is one.
func (r deadlockReport) parties() string {
	var names, accounts []string
	sessions := true
	parties := r.bySession()
	for _, t := range parties {
		accounts = with(accounts, t.Account)
		sessions = sessions && t.Session != 0
	}
	for _, t := range parties {
		name := t.spoken()
		if sessions {
			name = t.name()
		}
		if len(accounts) > 1 && t.Account != "" {
			name += " (" + t.Account + ")"
		}
		names = append(names, name)
	}
	text := listed(names)
	if sessions {
		text = plural(len(names), "session ", "sessions ") + text
	}
	if r.Truncated && r.Victim == 0 {
		text += " and perhaps others"
	}
	if len(accounts) == 1 && accounts[0] != "" {
		text += " (" + accounts[0] + ")"
	}
	return text
}

// bySession are the parties in the order in which a summary names them.
func (r deadlockReport) bySession() []deadlockParty {
	return slices.SortedFunc(slices.Values(r.Transactions), func(a, b deadlockParty) int { return cmp.Compare(a.Session, b.Session) })
}

// statements says what the parties were in when they met, as far as the report has it.
func (r deadlockReport) statements() string {
	var told, texts []string
	for _, t := range r.bySession() {
		if t.Statement != "" {
			told, texts = append(told, t.spoken()+" in "+shown(t.Statement, summaryShown)), with(texts, t.Statement)
		}
	}
	switch {
	case len(told) == 0:
		return ""
	case len(texts) == 1 && len(told) == len(r.Transactions):
		return "; each in " + shown(texts[0], summaryShown)
	}
	return "; " + listed(told)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// name is the party's connection ID, or what there is instead.
func (t deadlockParty) name() string {
	if t.Session == 0 {
		return fmt.Sprintf("transaction %d", t.ID)
	}
	return fmt.Sprint(t.Session)
}

func (t deadlockParty) spoken() string {
	if t.Session == 0 {
		return t.name()
	}
	return "session " + t.name()
}

// spokenLocks writes locks for an attribute: "X,REC_NOT_GAP on shop.orders (PRIMARY)".
func spokenLocks(locks []facts.DeadlockLock) string {
	var out []string
	for _, l := range locks {
		text := l.Mode + " on " + l.Object
		if l.Index != "" {
			text += " (" + l.Index + ")"
		}
		out = with(out, text)
	}
	return strings.Join(out, "; ")
}

// with adds a text that is not there yet.
func with(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// listed joins names for a sentence: "a, b and c".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
