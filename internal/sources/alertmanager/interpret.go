package alertmanager

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// errKind is a record that this version does not know.
var errKind = errors.New("unknown kind of record")

// Interpret turns the records of all configured Alertmanagers into findings. The two
// halves of a highly available pair tell the same silence: it is one event with both as
// witnesses. It looks at nothing but the records and the window; their order does not
// matter. It is a sources.Interpreter.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	i := &interpretation{
		window: window.UTC(), found: timeline.Findings{Evidence: records},
		servers: map[string]*server{}, silences: map[string][]telling{}, muted: map[string][]stretch{},
		suppresses: map[string][]string{}, names: map[string]alertRef{}, told: map[string]timeline.Event{}, remarks: map[string]timeline.Remark{},
	}
	for _, r := range slices.SortedFunc(slices.Values(records), func(a, b timeline.Evidence) int { return cmp.Compare(a.ID, b.ID) }) {
		if err := i.read(r); err != nil {
			return timeline.Findings{}, err
		}
	}
	i.conclude()
	return i.found, nil
}

// interpretation is what the records say, put together.
type interpretation struct {
	window     timeline.Window
	found      timeline.Findings
	servers    map[string]*server
	silences   map[string][]telling // by ID
	muted      map[string][]stretch // by alert and reason
	suppresses map[string][]string  // by a silence's ID: the alerts it is known to have suppressed
	names      map[string]alertRef  // by fingerprint
	told       map[string]timeline.Event
	remarks    map[string]timeline.Remark
	lines      []line
}

// server is what the records of one entry of the configuration hold.
type server struct {
	clock      clock
	silences   []string // records that were answered
	kept       question
	started    time.Time
	silent     bool // it told of no silence of the window
	leftOut    bool // of silences only the number of the latest is kept
	suppressed []string
	held       int
	events     []string // records of its event recorder
	files      []fileReport
	unread     bool // some file was not read
	eventsFile string
}

// line is an entry with where it stands.
type line struct {
	entry
	server string
	id     string
}

func (i *interpretation) server(name string) *server {
	if i.servers[name] == nil {
		i.servers[name] = &server{silent: true}
	}
	return i.servers[name]
}

func (i *interpretation) gap(name, reason string, from, to time.Time, ids ...string) {
	slices.Sort(ids)
	i.found.Gaps = append(i.found.Gaps, timeline.Gap{Source: Kind, Target: name, From: from, To: to, Reason: reason, Evidence: slices.Compact(ids)})
}

// whole is a gap of the whole window.
func (i *interpretation) whole(name, reason string, ids ...string) {
	i.gap(name, reason, i.window.From, i.window.To, ids...)
}

// read takes one record apart.
func (i *interpretation) read(r timeline.Evidence) error {
	var q question
	failed, err := sources.Read(r, &q, nil)
	if err != nil {
		return err
	}
	about := map[string]string{
		kindSilences: "silences", kindSuppressed: "alerts of which nobody is told", kindEvents: "its event recorder's file",
		kindEventsFile: "its event recorder's file",
	}[q.Kind]
	if about == "" {
		return fmt.Errorf("evidence %s: %w %q", r.ID, errKind, q.Kind)
	}
	s := i.server(q.Alertmanager)
	if q.EventsFile != "" {
		s.eventsFile = q.EventsFile
	}
	if failed != "" {
		s.unread = s.unread || q.Kind == kindEventsFile
		i.whole(q.Alertmanager, "could not look for "+about+": "+failed, r.ID)
		return nil
	}
	switch q.Kind {
	case kindSilences:
		return i.readSilences(r, s)
	case kindSuppressed:
		return i.readSuppressed(r, s)
	}
	return i.readEvents(r, s)
}

func (i *interpretation) readSilences(r timeline.Evidence, s *server) error {
	var q question
	var a silencesAnswer
	if _, err := sources.Read(r, &q, &a); err != nil {
		return err
	}
	s.clock, s.started, s.kept = a.Clock, a.Started, q
	s.silences = append(s.silences, r.ID)
	for _, one := range a.Silences {
		s.silent = false
		i.silences[one.ID] = append(i.silences[one.ID], telling{silence: one, server: q.Alertmanager, id: r.ID, asked: a.Asked, api: true})
	}
	if a.LeftOut > 0 {
		s.leftOut = true
		i.whole(q.Alertmanager, fmt.Sprintf("of %d further silences, the latest of the window, only the number is kept", a.LeftOut), r.ID)
	}
	return nil
}

func (i *interpretation) readSuppressed(r timeline.Evidence, s *server) error {
	var q question
	var a suppressedAnswer
	if _, err := sources.Read(r, &q, &a); err != nil {
		return err
	}
	s.suppressed = append(s.suppressed, r.ID)
	s.held = a.Held
	for _, one := range a.Suppressed {
		i.names[one.Fingerprint] = one.alertRef
		for _, by := range one.InhibitedBy {
			i.names[by.Fingerprint] = by
		}
		i.suppressedNow(one, a, r.ID)
	}
	if a.LeftOut > 0 {
		i.whole(q.Alertmanager, fmt.Sprintf("of %d further alerts of which nobody is told only the number is kept", a.LeftOut), r.ID)
	}
	return nil
}

func (i *interpretation) readEvents(r timeline.Evidence, s *server) error {
	var q question
	var a eventsAnswer
	if _, err := sources.Read(r, &q, &a); err != nil {
		return err
	}
	s.events = append(s.events, r.ID)
	s.files = append(s.files, a.Files...)
	for _, e := range a.Entries {
		i.lines = append(i.lines, line{e, q.Alertmanager, r.ID})
		if n := e.Notification; n != nil {
			for _, told := range n.Alerts {
				if told.Fingerprint != "" {
					i.names[told.Fingerprint] = told.alertRef
				}
			}
		}
	}
	if a.LeftOut > 0 {
		i.whole(q.Alertmanager, fmt.Sprintf("%d further lines of the event recorder, the latest of the window, are left out", a.LeftOut), r.ID)
	}
	return nil
}

// conclude makes the findings of all that was read.
func (i *interpretation) conclude() {
	slices.SortStableFunc(i.lines, func(a, b line) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.key(), b.key()), cmp.Compare(a.server, b.server), cmp.Compare(a.id, b.id))
	})
	for _, l := range i.lines {
		i.readLine(l)
	}
	i.suppressionEvents()
	i.silenceEvents()
	for _, key := range slices.Sorted(maps.Keys(i.told)) {
		i.add(i.told[key])
	}
	for _, name := range slices.Sorted(maps.Keys(i.servers)) {
		i.observed(name, i.servers[name])
	}
	for _, key := range slices.Sorted(maps.Keys(i.remarks)) {
		i.found.Remarks = append(i.found.Remarks, i.remarks[key])
	}
}

// add keeps an event that touches the window. One that goes on when it closes has no end.
func (i *interpretation) add(e timeline.Event) {
	if e.End != nil && e.End.At.Before(e.Start.At) {
		end := e.Start
		e.End = &end
	}
	if e.End != nil && e.End.Earliest.After(i.window.To) {
		e.End = nil
	}
	slices.Sort(e.Evidence)
	e.Evidence = slices.Compact(e.Evidence)
	e.Summary = strings.TrimRight(strings.Join(strings.Fields(e.Summary), " "), ". ")
	if e.Touches(i.window) {
		i.found.Events = append(i.found.Events, e)
	}
}

// readLine sorts one line of an event recorder to what it is about.
func (i *interpretation) readLine(l line) {
	switch {
	case l.Silence != nil:
		i.silences[l.Silence.ID] = append(i.silences[l.Silence.ID], telling{silence: *l.Silence, server: l.server, id: l.id, asked: l.At})
	case l.Alert != nil:
		i.mutedThen(l)
	case l.Notification != nil:
		i.notified(l)
	case l.Type == typeStartup, l.Type == typeShutdown:
		i.ran(l)
	}
}

// logged is the frame of an event that a line tells.
func (i *interpretation) logged(l line, key string) timeline.Event {
	at := i.server(l.server).clock.ours(l.At)
	e := timeline.Event{
		Kind: timeline.Log, Grade: timeline.Logged, Source: Kind, Start: at, End: &at, Key: key, Evidence: []string{l.id},
		Attributes: map[string]string{"alertmanager": l.server},
	}
	if l.Instance != "" {
		e.Attributes["instance"] = l.Instance
	}
	return e
}

// tell keeps an event once: two entries of the configuration may read one file.
func (i *interpretation) tell(e timeline.Event) {
	if same, again := i.told[e.Key]; again {
		same.Evidence = append(same.Evidence, e.Evidence...)
		i.told[e.Key] = same
		return
	}
	i.told[e.Key] = e
}
