package alertmanager

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// observed says of one Alertmanager what was looked for and not found, and what could
// not be seen.
func (i *interpretation) observed(name string, s *server) {
	if len(s.silences) > 0 {
		i.silencesObserved(name, s)
	}
	if len(s.suppressed) > 0 && !i.any(s.suppressed, func(e timeline.Event) bool { return e.Kind == timeline.Log }) {
		i.check(name, fmt.Sprintf("what is silenced, inhibited or muted now, among the %d that it holds as firing", s.held), s.suppressed)
	}
	if len(s.events) > 0 {
		i.eventsObserved(name, s)
	}
}

// any reports whether an event cites one of the records.
func (i *interpretation) any(ids []string, is func(timeline.Event) bool) bool {
	return slices.ContainsFunc(i.found.Events, func(e timeline.Event) bool {
		return is(e) && slices.ContainsFunc(e.Evidence, func(id string) bool { return slices.Contains(ids, id) })
	})
}

// check says that something was not found. It does not speak of alerts: a document
// would take that for a check that none fired.
func (i *interpretation) check(name, what string, ids []string) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	i.found.Checks = append(i.found.Checks, timeline.Check{Source: Kind, Target: name, LookedFor: what, Evidence: ids})
}

// silencesObserved: silences that ended are kept for a while only, and what an
// Alertmanager knew before it was started it knows if its storage outlived that.
func (i *interpretation) silencesObserved(name string, s *server) {
	what := "silences that overlapped the window"
	if kept := s.kept.KeptSince; kept.After(i.window.From) {
		i.gap(name, fmt.Sprintf("silences that ended before %s are gone: Alertmanager keeps them for %s (--data.retention; retention of alertmanager %s in the configuration)",
			timeline.FormatTime(kept), s.kept.Retention, name), i.window.From, earlier(kept, i.window.To), slices.Clone(s.silences)...)
		what += " and ended after " + timeline.FormatTime(kept)
	}
	if s.started.After(i.window.From) {
		what += fmt.Sprintf(" (it was started at %s: of what was before it knows what its storage kept, or its peers)", timeline.FormatTime(s.started))
	}
	if s.silent && !i.any(s.events, func(e timeline.Event) bool { return e.Kind == timeline.Silence }) {
		i.check(name, what, s.silences)
	}
	if !s.kept.Now && s.eventsFile == "" {
		i.remarks["now "+name] = timeline.Remark{
			Source: Kind, Target: name, Evidence: slices.Sorted(slices.Values(s.silences)),
			Text: "Alertmanager says only of now which alerts are silenced or inhibited; events_file of alertmanager " + name + " would tell it of the window, and who was told when",
		}
	}
}

// eventsObserved says how far the event recorder's files reach.
func (i *interpretation) eventsObserved(name string, s *server) {
	i.unreadLines(name, s)
	i.remarks["events "+name] = timeline.Remark{
		Source: Kind, Target: name, Evidence: slices.Sorted(slices.Values(s.events)),
		Text: "the event recorder tells of notifications that were delivered; one that failed stands in Alertmanager's own log and in alertmanager_notifications_failed_total",
	}
	first, whole := begins(s.files)
	switch {
	case s.unread:
		return // the gaps say why
	case first.IsZero() && whole:
		i.whole(name, s.eventsFile+" has no line: is event-recorder enabled?", slices.Clone(s.events)...)
		return
	case whole && !first.Before(i.window.To):
		i.whole(name, fmt.Sprintf("the first line of %s is of %s, after the window", s.eventsFile, timeline.FormatTime(first)), slices.Clone(s.events)...)
		return
	case whole && first.After(i.window.From):
		i.gap(name, fmt.Sprintf("%s begins at %s", s.eventsFile, timeline.FormatTime(first)), i.window.From, first, slices.Clone(s.events)...)
	}
	if !i.any(s.events, func(e timeline.Event) bool { return e.Attributes["receiver"] != "" }) {
		i.check(name, "notifications that were delivered, in the event recorder's file", s.events)
	}
	if !i.any(s.events, func(e timeline.Event) bool {
		return e.Kind == timeline.Silence || e.Attributes["suppressed_alert"] != ""
	}) {
		i.check(name, "silences and inhibitions, in the event recorder's file", s.events)
	}
}

// begins is the time of the first line; whole says that all files were read from their
// beginnings, so that there is none before.
func begins(files []fileReport) (first time.Time, whole bool) {
	for _, f := range files {
		if f.From > 0 {
			return first, false
		}
		if f.First != nil && (first.IsZero() || f.First.Before(first)) {
			first = *f.First
		}
	}
	return first, true
}

// unreadLines are the gaps that lines leave which could not be read.
func (i *interpretation) unreadLines(name string, s *server) {
	for _, f := range s.files {
		if len(f.Unknown) > 0 {
			i.whole(name, fmt.Sprintf("%s has events of types that this version of collector does not know: %s", f.Path, strings.Join(f.Unknown, ", ")), slices.Clone(s.events)...)
		}
		if f.Bad == 0 {
			continue
		}
		from, to := i.window.From, i.window.To
		if f.BadFrom != nil {
			from = later(from, f.BadFrom.UTC())
		}
		if f.BadTo != nil {
			to = earlier(to, f.BadTo.UTC())
		}
		if to.Before(from) {
			continue // they stand between lines outside of the window
		}
		i.gap(name, fmt.Sprintf("%s of %s could not be read (the first at byte %d: %s)", count(f.Bad, "line"), f.Path, f.BadAt, f.BadReason), from, to, slices.Clone(s.events)...)
	}
}
