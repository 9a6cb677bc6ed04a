package alertmanager

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// The reasons for which nobody is told of an alert.
const (
	silenced  = "silenced"
	inhibited = "inhibited"
	timed     = "muted" // by a time interval of its route
)

// stretch is a time in which nobody was told of an alert, for one reason.
type stretch struct {
	alert    alertRef
	reason   string
	silences []string // IDs
	by       []alertRef
	names    []string // of time intervals, or of inhibit rules
	start    timeline.Instant
	last     time.Time     // when it was last known to be so
	pause    time.Duration // the longest between two lines that say so; 0: there is one
	open     bool          // it was so when Alertmanager was asked
	lines    int
	ids      []string
}

// suppressedNow takes what holds when Alertmanager is asked. It began when both the
// alert and what suppresses it were there, which is not known of a time interval.
func (i *interpretation) suppressedNow(a suppressed, answer suppressedAnswer, id string) {
	asked := answer.Asked
	now := func(reason string, since time.Time, fill func(*stretch)) {
		at := answer.Clock.ours(later(a.StartsAt, since))
		at.Earliest = earlier(at.Earliest, at.At.Add(-clockDoubt)) // Prometheus's clock, which nobody compared
		at.At, at.Earliest = earlier(at.At, asked), earlier(at.Earliest, asked)
		at.Latest = later(asked, at.At)
		s := stretch{alert: a.alertRef, reason: reason, start: at, last: asked, open: true, ids: []string{id}}
		fill(&s)
		key := reason + a.Fingerprint
		i.muted[key] = append(i.muted[key], s)
	}
	if len(a.SilencedBy) > 0 {
		now(silenced, time.Time{}, func(s *stretch) { s.silences = a.SilencedBy })
	}
	if len(a.InhibitedBy) > 0 {
		since := time.Time{}
		for _, by := range a.InhibitedBy {
			if since.IsZero() || by.StartsAt.Before(since) {
				since = by.StartsAt
			}
		}
		now(inhibited, since, func(s *stretch) { s.by = a.InhibitedBy })
	}
	if len(a.MutedBy) > 0 {
		now(timed, time.Time{}, func(s *stretch) { s.names = a.MutedBy })
	}
}

// mutedThen takes what a line of the event recorder says.
func (i *interpretation) mutedThen(l line) {
	s := stretch{
		alert: *l.Alert, reason: inhibited, by: l.By, names: l.Rules, start: i.server(l.server).clock.ours(l.At),
		last: l.Last, pause: time.Duration(l.Pause) * time.Millisecond, lines: l.Lines, ids: []string{l.id},
	}
	if l.SilenceID != "" {
		s.reason, s.silences = silenced, []string{l.SilenceID}
	}
	key := s.reason + s.alert.Fingerprint
	i.muted[key] = append(i.muted[key], s)
}

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
		if run := folded[key]; len(run) > stormSize {
			i.add(i.suppressedStorm(run))
			continue
		}
		for _, s := range folded[key] {
			i.add(i.suppressedEvent(s))
		}
	}
}

// stormSize is up to how many alerts of one name, suppressed for one reason, are told
// one by one. The timeline folds storms of alerts of the same size.
const stormSize = 5

// silencedSince sharpens the starts of what is silenced now: not before the silence.
func (i *interpretation) silencedSince(stretches []stretch) {
	for n, s := range stretches {
		var since time.Time
		for _, id := range s.silences {
			for _, t := range i.silences[id] {
				if since.IsZero() || t.StartsAt.Before(since) {
					since = t.StartsAt
				}
			}
		}
		if s.open && since.After(s.start.At) && !since.After(s.last) {
			stretches[n].start = timeline.Instant{At: since, Earliest: later(s.start.Earliest, since.Add(-clockDoubt)), Latest: later(s.start.Latest, since)}
		}
	}
}

// sinceLines sharpens the starts of what holds now where the event recorder told of it
// before: it was told anew, or goes on.
func sinceLines(stretches []stretch) {
	var told time.Time
	for _, s := range stretches {
		if !s.open {
			told = later(told, s.last)
		}
	}
	for n, s := range stretches {
		if s.open && !told.IsZero() {
			stretches[n].start = timeline.Instant{At: s.last, Earliest: earlier(told, s.last), Latest: s.last}
		}
	}
}

// joined makes one stretch of those that overlap, of all witnesses. What holds now
// held since the last line that said so, if nothing was told in between.
func joined(stretches []stretch) []stretch {
	slices.SortStableFunc(stretches, func(a, b stretch) int {
		return cmp.Or(a.start.At.Compare(b.start.At), a.last.Compare(b.last), cmp.Compare(strings.Join(a.ids, ","), strings.Join(b.ids, ",")))
	})
	var out []stretch
	for _, s := range stretches {
		n := len(out) - 1
		if n < 0 || !out[n].open && s.start.At.Sub(out[n].last) > samePause {
			out = append(out, s)
			continue
		}
		o := &out[n]
		if !o.open && s.start.At.After(o.last) {
			o.pause = max(o.pause, s.start.At.Sub(o.last))
		}
		o.last, o.open, o.lines, o.pause = later(o.last, s.last), o.open || s.open, o.lines+s.lines, max(o.pause, s.pause)
		o.silences, o.names, o.ids = united(o.silences, s.silences), united(o.names, s.names), united(o.ids, s.ids)
		if s.start.Latest.Before(o.start.Latest) {
			o.start.Latest = later(s.start.Latest, o.start.At)
		}
		for _, by := range s.by {
			if !slices.ContainsFunc(o.by, func(b alertRef) bool { return b.Fingerprint == by.Fingerprint }) {
				o.by = append(o.by, by)
			}
		}
		if o.alert.Labels == nil {
			o.alert = s.alert
		}
	}
	return out
}

func united(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

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
		Attributes: map[string]string{"suppressed_alert": listed(alerts, maxTold), "alerts": fmt.Sprint(len(run)), "reason": first.reason},
		Summary:    fmt.Sprintf("nobody was told of %d alerts %s: %s", len(run), cmp.Or(first.alert.Name, "without a name"), i.because(first)),
	}
	if targets = slices.Compact(slices.Sorted(slices.Values(targets))); len(targets) == 1 {
		e.Target = targets[0]
	}
	i.describe(e.Attributes, stretch{reason: first.reason, silences: first.silences, by: first.by, names: first.names})
	return e
}
