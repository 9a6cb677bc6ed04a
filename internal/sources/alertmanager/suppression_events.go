package alertmanager

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// suppressionEvents makes one event of each time in which nobody was told of an alert.
func (i *interpretation) suppressionEvents() {
	var all []stretch
	for _, key := range slices.Sorted(maps.Keys(i.muted)) {
		i.silencedSince(i.muted[key])
		sinceLines(i.muted[key])
		all = append(all, joined(i.muted[key])...)
	}
	folded := map[string][]stretch{}
	for _, s := range all {
		for _, id := range s.silences {
			i.suppresses[id] = append(i.suppresses[id], s.alert.String())
		}
		key := strings.Join([]string{s.reason, s.alert.Name, strings.Join(s.silences, ","), i.namesOf(s.by), strings.Join(s.names, ",")}, "\x00")
		folded[key] = append(folded[key], s)
	}
	for _, key := range slices.Sorted(maps.Keys(folded)) {
		if run := folded[key]; alertsOf(run) > stormSize {
			i.add(i.suppressedStorm(run))
			continue
		}
		for _, s := range folded[key] {
			i.add(i.suppressedEvent(s))
		}
	}
}

// alertsOf is how many alerts stretches are about.
func alertsOf(run []stretch) int {
	different := map[string]bool{}
	for _, s := range run {
		different[s.alert.Fingerprint] = true
	}
	return len(different)
}

// stormSize is up to how many alerts of one name, suppressed for one reason, are told
// one by one. The timeline folds storms of alerts of the same size.
const stormSize = 5

// namesOf names the alerts that inhibit another.
func (i *interpretation) namesOf(by []alertRef) string {
	var names []string
	for _, one := range by {
		if known, has := i.names[one.Fingerprint]; has && one.Name == "" {
			one = known
		}
		names = append(names, one.String())
	}
	return listed(names, shown)
}

// because says why nobody is told.
func (i *interpretation) because(s stretch) string {
	switch s.reason {
	case silenced:
		return "silenced by " + listed(i.shortSilences(s.silences), shown)
	case inhibited:
		return "inhibited by alert " + cmp.Or(i.namesOf(s.by), "of an unknown name")
	}
	return "muted by the time interval " + listed(s.names, shown)
}

// shortSilences names silences by the beginnings of their IDs, and by their comments.
func (i *interpretation) shortSilences(ids []string) (names []string) {
	for _, id := range ids {
		var last telling
		for _, t := range i.silences[id] {
			if last.ID == "" || t.UpdatedAt.After(last.UpdatedAt) {
				last = t
			}
		}
		name := strings.ToValidUTF8(id[:min(len(id), len("85bef8c3"))], "")
		if last.Comment != "" {
			name += " (" + clip(last.Comment, 80) + ")"
		}
		names = append(names, name)
	}
	return names
}

func (i *interpretation) suppressedEvent(s stretch) timeline.Event {
	e := timeline.Event{
		Kind: timeline.Log, Grade: timeline.Logged, Source: Kind, Target: s.alert.Target, Key: "nobody-told:" + s.reason + ":" + s.alert.Fingerprint,
		Start: s.start, End: i.endOf(s), Evidence: s.ids,
		Attributes: map[string]string{"suppressed_alert": s.alert.String(), "fingerprint": s.alert.Fingerprint, "reason": s.reason},
		Summary:    "nobody was told of alert " + s.alert.String() + ": " + i.because(s),
	}
	for name, value := range s.alert.Labels {
		if name != "alertname" {
			e.Attributes["label_"+name] = value
		}
	}
	i.describe(e.Attributes, s)
	return e
}

func (i *interpretation) describe(attributes map[string]string, s stretch) {
	for name, value := range map[string]string{
		"silences": listed(s.silences, maxBy), "inhibited_by": i.namesOf(s.by),
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	if len(s.names) > 0 {
		name := "time_intervals"
		if s.reason == inhibited {
			name = "inhibit_rules"
		}
		attributes[name] = listed(s.names, maxBy)
	}
	if s.lines > 0 {
		attributes["lines"] = fmt.Sprint(s.lines)
	}
}

// endOf is nil for what still held when Alertmanager was asked. Else it held until the
// last line that says so, and no longer than until the next one would have come.
func (i *interpretation) endOf(s stretch) *timeline.Instant {
	if s.open {
		return nil
	}
	latest := later(i.window.To, s.last)
	if s.pause > 0 {
		latest = s.last.Add(s.pause)
	}
	return &timeline.Instant{At: later(s.last, s.start.At), Earliest: later(s.last, s.start.At), Latest: later(latest, s.start.At)}
}

// suppressedStorm tells of many alerts of one name in one event.
func (i *interpretation) suppressedStorm(run []stretch) timeline.Event {
	first := run[0]
	var alerts, targets, ids []string
	var end *timeline.Instant
	open := false
	for _, s := range run {
		alerts, targets, ids = append(alerts, s.alert.String()), append(targets, s.alert.Target), append(ids, s.ids...)
		if s.start.At.Before(first.start.At) {
			first = s
		}
		one := i.endOf(s)
		open = open || one == nil
		if one != nil && (end == nil || one.At.After(end.At)) {
			end = one
		}
	}
	if open {
		end = nil
	}
	e := timeline.Event{
		Kind: timeline.Log, Grade: timeline.Logged, Source: Kind, Key: "nobody-told:" + first.reason + ":" + first.alert.Name + ":" + strings.Join(first.silences, ",") + i.namesOf(first.by),
		Start: first.start, End: end, Evidence: ids,
		Attributes: map[string]string{"suppressed_alert": listed(alerts, maxTold), "alerts": fmt.Sprint(alertsOf(run)), "reason": first.reason},
		Summary:    fmt.Sprintf("nobody was told of %d alerts %s: %s", alertsOf(run), cmp.Or(first.alert.Name, "without a name"), i.because(first)),
	}
	if targets = slices.Compact(slices.Sorted(slices.Values(targets))); len(targets) == 1 {
		e.Target = targets[0]
	}
	i.describe(e.Attributes, stretch{reason: first.reason, silences: first.silences, by: first.by, names: first.names})
	return e
}
