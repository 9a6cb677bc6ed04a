package alertmanager

import (
	"cmp"
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
// alert and what suppresses it were there; since when a silence or a time interval does
// is not known here, see silencedSince.
func (i *interpretation) suppressedNow(a suppressed, answer suppressedAnswer, id string) {
	now := func(reason string) stretch {
		return stretch{
			alert: a.alertRef, reason: reason, last: answer.Asked, open: true, ids: []string{id},
			start: timeline.Instant{At: earlier(a.StartsAt, answer.Asked), Earliest: earlier(a.StartsAt, answer.Asked).Add(-clockDoubt), Latest: answer.Asked},
		}
	}
	keep := func(s stretch) { i.muted[s.reason+a.Fingerprint] = append(i.muted[s.reason+a.Fingerprint], s) }
	if len(a.SilencedBy) > 0 {
		s := now(silenced)
		s.silences = a.SilencedBy
		keep(s)
	}
	if len(a.InhibitedBy) > 0 {
		s := now(inhibited)
		s.by = a.InhibitedBy
		var since time.Time
		for _, by := range a.InhibitedBy {
			if since.IsZero() || by.StartsAt.Before(since) {
				since = by.StartsAt
			}
		}
		if !since.IsZero() {
			s.startsAt(since)
		}
		keep(s)
	}
	if len(a.MutedBy) > 0 {
		s := now(timed)
		s.names = a.MutedBy
		keep(s)
	}
}

// startsAt says since when it was suppressed by what began at a time: since the alert
// and that were both there, by the clock of Prometheus, which nobody compared.
func (s *stretch) startsAt(since time.Time) {
	at := earlier(later(s.alert.StartsAt, since), s.last)
	s.start = timeline.Instant{At: at, Earliest: at.Add(-clockDoubt), Latest: earlier(at.Add(clockDoubt), s.last)}
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

// silencedSince sharpens the starts of what is silenced now, by a silence that is known.
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
		if s.open && !since.IsZero() {
			stretches[n].startsAt(since)
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
