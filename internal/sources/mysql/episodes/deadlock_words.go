package episodes

import (
	"fmt"
	"slices"
	"strings"

	"collector/internal/sources/mysql/facts"
	"collector/internal/timeline"
)

// interpretDeadlock makes the event of a deadlock, an instant.
func interpretDeadlock(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[deadlocked](e)
	if err != nil {
		return timeline.Event{}, err
	}
	n := a.After.Count - a.Before.Count
	if n <= 0 || a.Report != nil && len(a.Report.Transactions) == 0 {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	at := a.at()
	event := q.event(e, timeline.MySQLDeadlock, at, &at)
	set(event.Attributes, "deadlocks", fmt.Sprint(n))
	if a.Report == nil {
		event.Key = fmt.Sprintf("up to %d", a.After.Count)
		set(event.Attributes, "unreported", fmt.Sprint(n))
		event.Summary = "a deadlock was counted, no report of it is left"
		if n > 1 {
			event.Summary = fmt.Sprintf("%d deadlocks were counted, no report of them is left", n)
		}
		if a.Missing != "" {
			event.Summary += " (" + a.Missing + ")"
		}
	} else {
		a.Report.describe(&event)
		if n > 1 {
			set(event.Attributes, "unreported", fmt.Sprint(n-1))
			event.Summary += fmt.Sprintf("; %d more at that time, of which no report is left", n-1)
		}
	}
	if a.InErrorLog && event.Attributes["unreported"] != "" {
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
	event.Key = "transactions " + strings.Join(ids, ", ")
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
	if r.Truncated {
		set(event.Attributes, "truncated", "true")
		event.Summary += "; the server cut its report off"
	}
}

// parties names the sessions, and their accounts: once when it is one.
func (r deadlockReport) parties() string {
	var names, accounts []string
	sessions := true
	for _, t := range r.Transactions {
		accounts = with(accounts, t.Account)
		sessions = sessions && t.Session != 0
	}
	for _, t := range r.Transactions {
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
	if len(accounts) == 1 && accounts[0] != "" {
		text += " (" + accounts[0] + ")"
	}
	return text
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
