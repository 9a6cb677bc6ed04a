package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// clockDoubt is how far the clock of the Prometheus that fired an alert may be from
// ours: a notification does not let us measure it.
const clockDoubt = 5 * time.Second

// groupWait is within what time Alertmanager sends an alert that is new, if nobody has
// configured more (its default is 30 s).
const groupWait = time.Minute

// errKind is a record that this version does not know.
var errKind = errors.New("unknown kind of record")

// telling is an alert with the record that told it.
type telling struct {
	alert
	id string
}

// Interpret turns what was received into one event per alert. It looks at nothing but
// the records and the window; their order does not matter. It is a sources.Interpreter.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	found := timeline.Findings{Evidence: records}
	gap := func(reason string, ids ...string) {
		found.Gaps = append(found.Gaps, timeline.Gap{Source: Kind, Target: name, From: window.From, To: window.To, Reason: reason, Evidence: ids})
	}
	alerts := map[string][]telling{} // by their labels
	var answered []string
	for _, r := range slices.SortedFunc(slices.Values(records), func(a, b timeline.Evidence) int { return cmp.Compare(a.ID, b.ID) }) {
		var q question
		failed, err := sources.Read(r, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		if q.Kind != kindAlerts {
			return timeline.Findings{}, fmt.Errorf("evidence %s: %w %q", r.ID, errKind, q.Kind)
		}
		if failed != "" {
			gap(failed, r.ID)
			continue
		}
		var a answer
		if _, err := sources.Read(r, &q, &a); err != nil {
			return timeline.Findings{}, err
		}
		answered = append(answered, r.ID)
		for _, one := range a.Alerts {
			key := keyOf(one.Labels)
			alerts[key] = append(alerts[key], telling{one, r.ID})
		}
		if a.LeftOut > 0 {
			gap(fmt.Sprintf("of %d further alerts, the latest of the window, only the number is kept", a.LeftOut), r.ID)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(alerts)) {
		found.Events = append(found.Events, event(key, alerts[key], window))
	}
	for _, t := range truncated(alerts) {
		gap(fmt.Sprintf("Alertmanager left out %d further alerts (max_alerts of its webhook_configs)", t.Truncated), t.id)
	}
	if len(alerts) == 0 && len(answered) > 0 {
		found.Checks = append(found.Checks, timeline.Check{Source: Kind, Target: name, LookedFor: "alerts in the notifications that were received", Evidence: answered})
	}
	return found, nil
}

// event is one alert, from its first start to its last end in the window.
func event(key string, told []telling, window timeline.Window) timeline.Event {
	slices.SortStableFunc(told, func(a, b telling) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), a.Received.Compare(b.Received), cmp.Compare(a.id, b.id))
	})
	first, last := told[0], told[0]
	var ids []string
	for _, t := range told {
		ids = append(ids, t.id)
		if last.Ended != "" && (t.Ended == "" || t.EndsAt.After(last.EndsAt)) {
			last = t
		}
	}
	slices.Sort(ids)
	e := timeline.Event{
		Kind: timeline.Alert, Grade: timeline.Logged, Source: Kind, Target: first.Target, Key: key,
		Start: first.start(), End: last.end(window), Evidence: slices.Compact(ids),
		Attributes: map[string]string{"received_at": timeline.FormatTime(first.Received)},
	}
	if e.End != nil && e.End.At.Before(e.Start.At) {
		e.End = &e.Start
	}
	for label, value := range last.Labels {
		if label != "alertname" && label != "severity" {
			label = "label_" + label
		}
		e.Attributes[label] = value
	}
	for attribute, value := range map[string]string{"annotation_summary": last.Summary, "runbook_url": last.Runbook} {
		if value != "" {
			e.Attributes[attribute] = value
		}
	}
	times := stretches(told)
	if times > 1 {
		e.Attributes["flaps"] = strconv.Itoa(times)
	}
	if last.Ended != "" && last.Ended != Resolved {
		e.Attributes["resolve"] = "none was received: " + last.Ended
	}
	e.Summary = summarise(last, times)
	return e
}

// start is what the alert says of itself, on the clock of the Prometheus that fired
// it. It was not after it was received; one whose start the book does not believe
// fired at some time before.
func (t telling) start() timeline.Instant {
	switch {
	case t.StartsAt.After(t.Received):
		return timeline.Between(t.Received.Add(-groupWait), t.Received)
	case !t.From.Equal(t.StartsAt):
		return timeline.Between(t.StartsAt, t.Received)
	}
	i := timeline.Around(t.StartsAt, clockDoubt)
	if i.Latest.After(t.Received) {
		i.Latest = t.Received
	}
	return i
}

// end is nil for what still fired when the window closed.
func (t telling) end(window timeline.Window) *timeline.Instant {
	if t.Ended == "" || !t.EndsAt.Before(window.To) {
		return nil
	}
	end := timeline.Around(t.EndsAt, clockDoubt)
	if t.Ended != Resolved && t.Repeated.Before(t.EndsAt) { // it was noticed later
		end = timeline.Between(t.Repeated, t.EndsAt)
	}
	return &end
}

func summarise(t telling, times int) string {
	text := "alert " + cmp.Or(t.Labels["alertname"], "without a name") + " fired"
	if times > 1 {
		text += fmt.Sprintf(" %d times", times)
	}
	if s := strings.TrimRight(strings.Join(strings.Fields(t.Summary), " "), ". "); s != "" {
		text += ": " + s
	}
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), ". ")
}

// stretches is how often the alert fired: what overlaps is one time, told by two
// Prometheus servers that evaluate one rule.
func stretches(told []telling) (n int) {
	var until time.Time
	fires := false
	for i, t := range told {
		if i == 0 || !fires && t.StartsAt.After(until) {
			n++
		}
		if fires = fires || t.Ended == ""; t.EndsAt.After(until) {
			until = t.EndsAt
		}
	}
	return n
}

// truncated is, of each of Alertmanager's groups, the alert beside which most were left out.
func truncated(alerts map[string][]telling) []telling {
	most := map[string]telling{}
	for _, key := range slices.Sorted(maps.Keys(alerts)) {
		for _, t := range alerts[key] {
			if t.Truncated > most[t.Group].Truncated {
				most[t.Group] = t
			}
		}
	}
	out := make([]telling, 0, len(most))
	for _, group := range slices.Sorted(maps.Keys(most)) {
		out = append(out, most[group])
	}
	return out
}

// keyOf writes labels in one order, as the prometheus source does: a=1,b=2.
func keyOf(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, name+"="+labels[name])
	}
	return strings.Join(pairs, ",")
}
