package pushed

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/journal"
	"collector/internal/timeline"
)

var _ sources.Interpreter = Interpret

// interpretation is what the records say.
type interpretation struct {
	window timeline.Window
	found  timeline.Findings
	before []earlier
	asked  []string // IDs of the records on what was read
}

// earlier is an episode that was over before the window.
type earlier struct {
	deployline.Episode
	id string
}

// Interpret turns what was pushed into events, in order of time.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	in := interpretation{window: window.UTC(), found: timeline.Findings{Evidence: records}}
	sorted := slices.Clone(records) // so that their order has no influence
	slices.SortStableFunc(sorted, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	for _, e := range sorted {
		if err := in.record(e); err != nil {
			return timeline.Findings{}, err
		}
	}
	in.found.Events = deployline.Attempts(in.found.Events)
	slices.SortStableFunc(in.found.Events, deployline.Compare)
	in.absence()
	return in.found, nil
}

func (in *interpretation) record(e timeline.Evidence) error {
	var q question
	var raw json.RawMessage
	failed, err := sources.Read(e, &q, &raw)
	if err != nil {
		return err
	}
	switch {
	case failed != "":
		from := in.window.From
		if q.Until != nil && q.Until.After(from) {
			from = *q.Until
		}
		if from.Before(in.window.To) {
			in.gap(from, failed, e.ID)
		}
		return nil
	case q.Kind == episodeAsked:
		return in.episode(q, raw, e.ID)
	case q.Kind == journalAsked:
		var a journalAnswer
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("evidence %s: answer: %w", e.ID, err)
		}
		in.asked = append(in.asked, e.ID)
		for _, reason := range journal.Missing("changes", a.More, a.Damaged) {
			in.gap(in.window.From, reason, e.ID)
		}
		return nil
	}
	return fmt.Errorf("evidence %s asks an unknown question %q", e.ID, q.Kind)
}

func (in *interpretation) gap(from time.Time, reason, id string) {
	in.found.Gaps = append(in.found.Gaps, timeline.Gap{Source: Kind, Target: name, From: from, To: in.window.To, Reason: reason, Evidence: []string{id}})
}

func (in *interpretation) episode(q question, raw json.RawMessage, id string) error {
	var lines deployline.Lines
	if err := json.Unmarshal(raw, &lines); err != nil {
		return fmt.Errorf("evidence %s: answer: %w", id, err)
	}
	if q.Grammar == nil {
		return fmt.Errorf("evidence %s: the question does not say how the lines are read", id)
	}
	r, err := q.Grammar.Reader()
	if err != nil {
		return fmt.Errorf("evidence %s: %w", id, err)
	}
	ep, err := r.Episode(lines)
	if err != nil {
		return fmt.Errorf("evidence %s: %w", id, err)
	}
	around, err := time.ParseDuration(q.Lookaround)
	if err != nil {
		return fmt.Errorf("evidence %s: lookaround: %w", id, err)
	}
	switch {
	case ep.Overlaps(in.window, around):
		in.found.Events = append(in.found.Events, ep.Event(Kind, id))
	case ep.Start.At.Before(in.window.From):
		in.before = append(in.before, earlier{ep, id})
	}
	return nil
}

// maxNamed is how many earlier deploys a check names.
const maxNamed = 3

// absence says that nothing was pushed, and what the last was.
func (in *interpretation) absence() {
	if len(in.found.Events) > 0 || len(in.asked) == 0 {
		return
	}
	check := timeline.Check{Source: Kind, Target: name, LookedFor: "deploys, rollbacks and changes that were pushed", Evidence: slices.Clone(in.asked)}
	slices.SortStableFunc(in.before, func(a, b earlier) int { return b.Latest().Compare(a.Latest()) })
	var last []string
	for _, e := range in.before[:min(len(in.before), maxNamed)] {
		last = append(last, e.Past())
		check.Evidence = append(check.Evidence, e.id)
	}
	if len(last) > 0 {
		check.LookedFor += " (last before the window: " + strings.Join(last, ", ") + ")"
	}
	slices.Sort(check.Evidence)
	in.found.Checks = append(in.found.Checks, check)
}
