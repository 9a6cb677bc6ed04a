package deployline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// The outcomes of an episode.
const (
	finished   = "finished"
	failed     = "failed"
	unfinished = "unfinished"
)

// Episode is one deploy, rollback or change, put together from its lines.
type Episode struct {
	kind    timeline.Kind
	main    Entry // the last line: its message is the one that counts
	outcome string
	started bool // a start was logged
	Start   timeline.Instant
	End     *timeline.Instant // nil: no end was logged
	retried bool
	notes   []string

	Service string

	version, environment, commit, author, message, url string

	others map[string]string
	pair   string // the values of pair_by
}

// Assemble is the pure half of pairing: from the lines of one episode, in order,
// to what they say together.
func Assemble(lines []Entry, next *Entry) Episode {
	ep := Episode{kind: lines[0].family(), main: lines[0], others: map[string]string{}, pair: lines[0].pair}
	var first, last *Entry
	for i := range lines {
		e := &lines[i]
		ep.absorb(e)
		switch {
		case starts(e.Event):
			if first == nil {
				first = e
			}
		case ep.outcome != failed || fails(e.Event):
			last, ep.main = e, *e
			ep.outcome = finished
			if fails(e.Event) {
				ep.outcome = failed
			}
		default:
			last = e
		}
	}
	ep.started = first != nil
	if ep.main.message != "" {
		ep.message = ep.main.message
	}
	ep.place(first, last, next)
	if ep.outcome == "" {
		ep.outcome = unfinished
	}
	return ep
}

// absorb takes over what a line says; later lines say it better, but for the author.
func (ep *Episode) absorb(e *Entry) {
	set := func(into *string, value string) {
		if value != "" {
			*into = value
		}
	}
	set(&ep.Service, e.Service)
	set(&ep.version, e.version)
	set(&ep.environment, e.environment)
	set(&ep.commit, e.commit)
	set(&ep.message, e.message)
	set(&ep.url, e.url)
	if ep.author == "" {
		ep.author = e.author
	}
	maps.Copy(ep.others, e.others)
	if e.Stamp.Note != "" && (len(ep.notes) == 0 || ep.notes[len(ep.notes)-1] != e.Stamp.Note) {
		ep.notes = append(ep.notes, e.Stamp.Note)
	}
}

func (ep *Episode) place(first, last, next *Entry) {
	switch {
	case first == nil: // only an end, or a change: an instant
		ep.Start = last.Stamp.Instant
		if ep.kind == timeline.Change {
			ep.Start = ep.main.Stamp.Instant
		}
		end := ep.Start
		ep.End = &end
	case last != nil:
		ep.Start = first.Stamp.Instant
		end := last.Stamp.Instant
		ep.End = notBefore(end, ep.Start.At)
	case next != nil:
		ep.Start, ep.retried = first.Stamp.Instant, true
		ep.End = notBefore(timeline.Instant{At: next.Stamp.At, Earliest: ep.Start.Earliest, Latest: next.Stamp.Latest}, ep.Start.At)
	default:
		ep.Start = first.Stamp.Instant
	}
}

// notBefore moves an end's estimate to its start where an ambiguous local time,
// or two hosts' clocks, put it before.
func notBefore(end timeline.Instant, start time.Time) *timeline.Instant {
	if end.At.Before(start) {
		end.At = start
		if end.Latest.Before(start) {
			end.Latest = start
		}
	}
	return &end
}

// Overlaps reports whether any part of the episode lies in the window. Nothing is
// known of an unfinished one after its start, so it counts for `around` only.
func (ep Episode) Overlaps(w timeline.Window, around time.Duration) bool {
	if ep.End == nil {
		return w.Overlaps(ep.Start.Earliest, ep.Start.Latest.Add(around))
	}
	return w.Overlaps(ep.Start.Earliest, ep.End.Latest)
}

// Latest is the last time that the episode's lines tell of.
func (ep Episode) Latest() time.Time {
	if ep.End != nil {
		return ep.End.At
	}
	return ep.Start.At
}

// Event is the episode as the timeline shows it, told by a source in the record id.
func (ep Episode) Event(source, id string) timeline.Event {
	return timeline.Event{
		Kind: ep.kind, Grade: timeline.Logged, Source: source, Target: ep.Service,
		Start: ep.Start, End: ep.End, Summary: ep.summary(), Attributes: ep.attributes(),
		Evidence: []string{id}, Key: ep.key(),
	}
}

// Key is what all witnesses of deploys call the same deploy: the service, the version
// and, as far as they are known, the environment and whatever else tells it apart.
func Key(service, version string, more ...string) string {
	key := service + "/" + version
	for _, part := range more {
		if part != "" {
			key += "/" + part
		}
	}
	return key
}

// key is the episode's. Changes without a version are told apart by what they say.
func (ep Episode) key() string {
	key := Key(ep.Service, ep.version, ep.environment, ep.pair)
	if ep.kind == timeline.Change && ep.version == "" {
		key += "/" + ep.commit + "/" + ep.message
	}
	return key
}

// maxAttributes bounds the unknown keys of one event.
const maxAttributes = 32

func (ep Episode) attributes() map[string]string {
	attrs := map[string]string{"outcome": ep.outcome}
	own := map[string]string{
		FieldService: ep.Service, FieldVersion: ep.version, FieldCommit: ep.commit, FieldEnvironment: ep.environment,
		FieldAuthor: ep.author, FieldMessage: ep.message, FieldURL: ep.url,
		"time_note": strings.Join(ep.notes, "; "),
	}
	if !ep.started && ep.kind != timeline.Change {
		own["start_logged"] = "no"
	}
	for key, value := range own {
		if value != "" {
			attrs[key] = value
		}
	}
	count := 0
	for _, key := range slices.Sorted(maps.Keys(ep.others)) {
		if count++; count > maxAttributes {
			break
		}
		name := key
		if _, taken := attrs[name]; taken {
			name = "log_" + key
		}
		attrs[name] = ep.others[key]
	}
	return attrs
}

// summary is one plain sentence with the decisive numbers.
func (ep Episode) summary() string {
	what := ep.Title()
	took := ""
	if ep.End != nil && ep.started {
		took = Duration(ep.End.At.Sub(ep.Start.At))
	}
	switch {
	case ep.kind == timeline.Change:
		return what + reason(ep.message)
	case ep.outcome == unfinished && ep.retried:
		return fmt.Sprintf("%s started, and started again %s later without an end in between", what, took)
	case ep.outcome == unfinished:
		return what + " started, and no end was logged"
	case !ep.started && ep.outcome == failed:
		return what + " failed, its start was not logged" + reason(ep.message)
	case !ep.started:
		return what + " finished, its start was not logged"
	case ep.outcome == failed:
		return what + " failed after " + took + reason(ep.message)
	}
	return what + " finished after " + took
}

// Title is "deploy of shop 1.4.2 to production", "rollback of shop to 1.4.1 in production".
func Title(kind timeline.Kind, service, version, environment string) string {
	title := string(kind) + " of " + Sentence(service, MaxName)
	place := " in "
	switch {
	case version == "":
	case kind == timeline.Rollback:
		title += " to " + Sentence(version, MaxName)
	default:
		title += " " + Sentence(version, MaxName)
		if kind == timeline.Deploy {
			place = " to "
		}
	}
	if environment != "" {
		title += place + Sentence(environment, MaxName)
	}
	return title
}

// Title names the episode, with what pair_by adds.
func (ep Episode) Title() string {
	title := Title(ep.kind, ep.Service, ep.version, ep.environment)
	if ep.pair != "" {
		title += " (" + Sentence(ep.pair, MaxName) + ")"
	}
	return title
}

// Past tells of an episode before the window: "deploy of shop 1.4.1 finished at …".
func (ep Episode) Past() string {
	verb := ep.outcome
	switch {
	case ep.kind == timeline.Change:
		verb = "made"
	case ep.outcome == unfinished:
		verb = "started"
	}
	at := ep.Latest()
	if ep.outcome == unfinished {
		at = ep.Start.At
	}
	return fmt.Sprintf("%s %s at %s", ep.Title(), verb, timeline.FormatTime(at))
}

// MaxName is how much of a name a summary shows, in bytes.
const MaxName = 60

// maxReason is how much of a message a summary shows, in bytes.
const maxReason = 160

func reason(message string) string {
	if text := Sentence(message, maxReason); text != "" {
		return ": " + text
	}
	return ""
}

// Sentence makes foreign text fit for one line: without line ends and control
// characters, without a full stop at the end, not too long.
func Sentence(s string, limit int) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' })
	return Cut(strings.TrimRight(strings.Join(words, " "), ". "), limit)
}

// Duration is how a person says it: "43 s", "12 min 5 s", "3 h 4 min".
func Duration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Second:
		return "less than 1 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	if d >= 100*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}
