package episodes

import (
	"fmt"
	"strings"

	"collector/internal/timeline"
)

// sessionsNamed is how many sessions a sentence names.
const sessionsNamed = 5

// interpretKills makes the event of KILLs: an instant when the counter moved once.
func interpretKills(q question, e timeline.Evidence) (timeline.Event, error) {
	a, err := read[kills](e)
	if err != nil {
		return timeline.Event{}, err
	}
	if len(a.Moves) == 0 {
		return timeline.Event{}, fmt.Errorf("evidence %s: %w", e.ID, errExcerpt)
	}
	first, last := a.Moves[0], a.Moves[len(a.Moves)-1]
	start := changed(&first.Before.look, first.After.look, first.Before.At)
	end := changed(&last.Before.look, last.After.look, last.Before.At)
	event := q.event(e, timeline.MySQLKill, start, &end)
	event.Key = "kill"
	set(event.Attributes, "kills", fmt.Sprint(a.Kills))
	event.Summary = "1 KILL was issued"
	if a.Kills > 1 {
		event.Summary = fmt.Sprintf("%d KILLs were issued", a.Kills)
	}
	if len(a.Moves) > 1 {
		event.Summary += " within " + spoken(last.After.At.Sub(first.Before.At))
	}
	if ended := a.ended(); len(ended) > 0 {
		describeKilled(&event, ended)
		set(event.Attributes, "rule", q.Rule)
	}
	return event, nil
}

func (a kills) ended() (out []killedSession) {
	for _, m := range a.Moves {
		out = append(out, m.Ended...)
	}
	return out
}

// describeKilled names whose work ended with the KILLs.
func describeKilled(event *timeline.Event, ended []killedSession) {
	var ids, accounts, hosts, statements []string
	for _, s := range ended {
		ids = with(ids, fmt.Sprint(s.Session))
		accounts, hosts = with(accounts, s.Account), with(hosts, s.Host)
		if s.Statement != "" {
			statements = with(statements, s.Statement)
		}
	}
	set(event.Attributes, "sessions", strings.Join(ids, ", "))
	set(event.Attributes, "accounts", strings.Join(accounts, ", "))
	set(event.Attributes, "hosts", strings.Join(hosts, ", "))
	named := ids
	if len(ids) > sessionsNamed {
		named = append(ids[:sessionsNamed:sessionsNamed], fmt.Sprintf("%d more", len(ids)-sessionsNamed))
	}
	event.Summary += fmt.Sprintf("; %s%s (%s) stopped at that moment", plural(len(ids), "session ", "sessions "), listed(named), listed(accounts))
	if len(statements) == 1 {
		set(event.Attributes, "statement", statements[0])
		event.Summary += ": " + statements[0]
	}
}
