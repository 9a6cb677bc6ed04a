package deploylog

import (
	"fmt"
	"maps"
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

// episode is one deploy, rollback or change, put together from its lines.
type episode struct {
	kind    timeline.Kind
	main    entry // the last line: its message is the one that counts
	outcome string
	started bool // a start was logged
	start   timeline.Instant
	end     *timeline.Instant
	retried bool
	notes   []string

	service, version, environment, commit, author, message, url string

	others map[string]string
	pair   string // the values of pair_by
}

// assemble is the pure half of pairing: from the lines of one episode, in order,
// to what they say together.
func assemble(lines []entry, next *entry) episode {
	ep := episode{kind: lines[0].family(), main: lines[0], others: map[string]string{}, pair: lines[0].pair}
	var first, last *entry
	for i := range lines {
		e := &lines[i]
		ep.absorb(e)
		switch {
		case starts(e.event):
			if first == nil {
				first = e
			}
		case ep.outcome != failed || fails(e.event):
			last, ep.main = e, *e
			ep.outcome = finished
			if fails(e.event) {
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
func (ep *episode) absorb(e *entry) {
	set := func(into *string, value string) {
		if value != "" {
			*into = value
		}
	}
	set(&ep.service, e.service)
	set(&ep.version, e.version)
	set(&ep.environment, e.environment)
	set(&ep.commit, e.commit)
	set(&ep.message, e.message)
	set(&ep.url, e.url)
	if ep.author == "" {
		ep.author = e.author
	}
	maps.Copy(ep.others, e.others)
	if e.stamp.note != "" && (len(ep.notes) == 0 || ep.notes[len(ep.notes)-1] != e.stamp.note) {
		ep.notes = append(ep.notes, e.stamp.note)
	}
}

func (ep *episode) place(first, last, next *entry) {
	switch {
	case first == nil: // only an end, or a change: an instant
		ep.start = last.stamp.Instant
		if ep.kind == timeline.Change {
			ep.start = ep.main.stamp.Instant
		}
		end := ep.start
		ep.end = &end
	case last != nil:
		ep.start = first.stamp.Instant
		end := last.stamp.Instant
		ep.end = notBefore(end, ep.start.At)
	case next != nil:
		ep.start, ep.retried = first.stamp.Instant, true
		ep.end = notBefore(timeline.Instant{At: next.stamp.At, Earliest: ep.start.Earliest, Latest: next.stamp.Latest}, ep.start.At)
	default:
		ep.start = first.stamp.Instant
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

// overlaps reports whether any part of the episode lies in the window. Nothing is
// known of an unfinished one after its start, so it counts for `around` only.
func (ep episode) overlaps(w timeline.Window, around time.Duration) bool {
	if ep.end == nil {
		return w.Overlaps(ep.start.Earliest, ep.start.Latest.Add(around))
	}
	return w.Overlaps(ep.start.Earliest, ep.end.Latest)
}

// latest is the last time that the episode's lines tell of.
func (ep episode) latest() time.Time {
	if ep.end != nil {
		return ep.end.At
	}
	return ep.start.At
}

// event is the episode as the timeline shows it.
func (ep episode) event(id string) timeline.Event {
	return timeline.Event{
		Kind: ep.kind, Grade: timeline.Logged, Source: kind, Target: ep.service,
		Start: ep.start, End: ep.end, Summary: ep.summary(), Attributes: ep.attributes(),
		Evidence: []string{id}, Key: ep.key(),
	}
}

// key is the service, version and, when there is one, environment, by which
// another source that saw the same deploy knows it. Changes without a version
// are told apart by what they say.
func (ep episode) key() string {
	parts := []string{ep.service, ep.version}
	for _, more := range [...]string{ep.environment, ep.pair} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	if ep.kind == timeline.Change && ep.version == "" {
		parts = append(parts, ep.commit, ep.message)
	}
	return strings.Join(parts, "/")
}

// maxAttributes bounds the unknown keys of one event.
const maxAttributes = 32

func (ep episode) attributes() map[string]string {
	attrs := map[string]string{"outcome": ep.outcome}
	own := map[string]string{
		fieldService: ep.service, fieldVersion: ep.version, fieldCommit: ep.commit, fieldEnvironment: ep.environment,
		fieldAuthor: ep.author, fieldMessage: ep.message, fieldURL: ep.url,
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
	for _, key := range sortedKeys(ep.others) {
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
func (ep episode) summary() string {
	what := ep.title()
	took := ""
	if ep.end != nil && ep.started {
		took = duration(ep.end.At.Sub(ep.start.At))
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

// title is "deploy of shop 1.4.2 to production", "rollback of shop to 1.4.1 in production".
func (ep episode) title() string {
	title := string(ep.kind) + " of " + sentence(ep.service, maxName)
	place := " in "
	switch {
	case ep.version == "":
	case ep.kind == timeline.Rollback:
		title += " to " + sentence(ep.version, maxName)
	default:
		title += " " + sentence(ep.version, maxName)
		if ep.kind == timeline.Deploy {
			place = " to "
		}
	}
	if ep.environment != "" {
		title += place + sentence(ep.environment, maxName)
	}
	if ep.pair != "" {
		title += " (" + sentence(ep.pair, maxName) + ")"
	}
	return title
}

// How much of a name and of a message a summary shows, in bytes.
const (
	maxName   = 60
	maxReason = 160
)

func reason(message string) string {
	if text := sentence(message, maxReason); text != "" {
		return ": " + text
	}
	return ""
}

// sentence makes foreign text fit for one line: without line ends and control
// characters, without a full stop at the end, not too long.
func sentence(s string, limit int) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' })
	return cut(strings.TrimRight(strings.Join(words, " "), ". "), limit)
}

// duration is how a person says it: "43 s", "12 min 5 s", "3 h 4 min".
func duration(d time.Duration) string {
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
