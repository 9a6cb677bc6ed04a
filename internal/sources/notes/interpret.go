package notes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/timeline"
)

var _ sources.Interpreter = Interpret

// Interpret turns notes into events, in order of time.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	found := timeline.Findings{Evidence: records}
	gap := func(reason, id string) {
		found.Gaps = append(found.Gaps, timeline.Gap{Source: Kind, Target: name, From: window.From, To: window.To, Reason: reason, Evidence: []string{id}})
	}
	var asked []string
	for _, r := range slices.SortedFunc(slices.Values(records), func(a, b timeline.Evidence) int { return cmp.Compare(a.ID, b.ID) }) {
		var q question
		failed, err := sources.Read(r, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		switch {
		case failed != "":
			gap(failed, r.ID)
		case q.Kind == noteAsked:
			var n note
			if _, err := sources.Read(r, &q, &n); err != nil {
				return timeline.Findings{}, err
			}
			found.Events = append(found.Events, n.event(q.Number, r.ID))
		case q.Kind == journalAsked:
			var a journalAnswer
			if _, err := sources.Read(r, &q, &a); err != nil {
				return timeline.Findings{}, err
			}
			asked = append(asked, r.ID)
			for _, reason := range journal.Missing("notes", a.More, a.Damaged) {
				gap(reason, r.ID)
			}
		default:
			return timeline.Findings{}, fmt.Errorf("evidence %s asks an unknown question %q", r.ID, q.Kind)
		}
	}
	slices.SortStableFunc(found.Events, func(a, b timeline.Event) int {
		return cmp.Or(a.Start.At.Compare(b.Start.At), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Evidence[0], b.Evidence[0]))
	})
	if len(found.Events) == 0 && len(asked) > 0 {
		found.Checks = append(found.Checks, timeline.Check{Source: Kind, Target: name, LookedFor: "notes of people", Evidence: asked})
	}
	return found, nil
}

// maxSummary is how much of a note its summary shows, in bytes.
const maxSummary = 200

// event is the note on the timeline: an instant, as exact as it was written.
func (n note) event(number int64, id string) timeline.Event {
	at := timeline.Instant{At: n.At, Earliest: n.At, Latest: n.Until}
	end := at
	e := timeline.Event{
		Kind: timeline.Note, Grade: timeline.Reported, Source: Kind, Target: n.Target, Key: "note " + strconv.FormatInt(number, 10),
		Start: at, End: &end, Summary: n.summary(), Evidence: []string{id},
		Attributes: map[string]string{"text": n.Text, "written_at": timeline.FormatTime(n.Written)},
	}
	for attribute, value := range map[string]string{
		"author": n.Author, "cluster": n.Cluster, "disputes": n.Disputes, "incident": n.Incident,
	} {
		if value != "" {
			e.Attributes[attribute] = value
		}
	}
	if n.Undated {
		e.Attributes["time"] = "when the note was written"
	}
	return e
}

// summary is what was written; who wrote it is among the attributes.
func (n note) summary() string {
	text := cmp.Or(oneLine(n.Text, maxSummary), "a note without words")
	if id := oneLine(n.Disputes, maxSummary); id != "" {
		return "disputes " + id + ": " + text
	}
	return text
}

// oneLine makes foreign text fit for one line: without line ends and controls, without a
// full stop at the end, not too long.
func oneLine(text string, limit int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	}), " ")
	if text = strings.TrimRight(text, ". "); len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len("…")], "") + "…"
}
