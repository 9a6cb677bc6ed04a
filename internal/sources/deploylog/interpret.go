package deploylog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

var _ sources.Interpreter = Interpret

// Interpret turns the records of all deploy logs into findings. Events are in
// order of time, checks and gaps in the order of the logs' names.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	in := interpretation{window: window.UTC(), logs: map[string]*logSeen{}, readers: map[string]deployline.Reader{}}
	sorted := slices.Clone(records) // so that their order has no influence
	slices.SortStableFunc(sorted, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	for _, e := range sorted {
		if e.Source != kind {
			return timeline.Findings{}, fmt.Errorf("evidence %s is of source %q, not %s", e.ID, e.Source, kind)
		}
		if err := in.record(e); err != nil {
			return timeline.Findings{}, err
		}
	}
	f := timeline.Findings{Evidence: records}
	for _, name := range sortedKeys(in.logs) {
		f.Events = append(f.Events, deployline.Attempts(in.logs[name].events)...)
	}
	slices.SortStableFunc(f.Events, deployline.Compare)
	for _, name := range sortedKeys(in.logs) {
		in.logs[name].conclude(in.window, &f)
	}
	return f, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type interpretation struct {
	window  timeline.Window
	logs    map[string]*logSeen
	readers map[string]deployline.Reader // by their grammar as JSON
}

// logSeen is what the records say about one log.
type logSeen struct {
	name   string
	events []timeline.Event
	files  []fileReport
	asked  []string // IDs of the records about the files
	cited  map[string]string
	gaps   []timeline.Gap
	before []earlier
	format string
}

// earlier is an episode that was over before the window.
type earlier struct {
	deployline.Episode
	id string
}

func (in *interpretation) record(e timeline.Evidence) error {
	var q question
	var raw json.RawMessage
	reason, err := sources.Read(e, &q, &raw)
	if err != nil {
		return err
	}
	log := in.logs[q.Log]
	if log == nil {
		log = &logSeen{name: cmp.Or(q.Log, e.Target), cited: map[string]string{}}
		in.logs[q.Log] = log
	}
	if q.Grammar != nil {
		log.format = q.Grammar.Format
	}
	switch {
	case reason != "":
		log.fail(in.window, q, reason, e.ID)
		return nil
	case q.Kind == episodeAsked:
		return in.episode(log, q, raw, e.ID)
	case q.Kind == filesAsked:
		var answer filesAnswer
		if err := json.Unmarshal(raw, &answer); err != nil {
			return fmt.Errorf("evidence %s: answer: %w", e.ID, err)
		}
		log.asked = append(log.asked, e.ID)
		for _, f := range answer.Files {
			log.cited[f.Path] = e.ID
			log.files = append(log.files, f)
		}
		return nil
	}
	return fmt.Errorf("evidence %s asks an unknown question %q", e.ID, q.Kind)
}

func (in *interpretation) reader(g *deployline.Grammar) (deployline.Reader, error) {
	if g == nil {
		return deployline.Reader{}, fmt.Errorf("the question does not say how the lines are read")
	}
	name, err := json.Marshal(g)
	if err != nil {
		return deployline.Reader{}, err
	}
	if r, ok := in.readers[string(name)]; ok {
		return r, nil
	}
	r, err := g.Reader()
	if err == nil {
		in.readers[string(name)] = r
	}
	return r, err
}

func (in *interpretation) episode(log *logSeen, q question, raw json.RawMessage, id string) error {
	ep, err := in.read(q, raw)
	if err != nil {
		return fmt.Errorf("evidence %s: %w", id, err)
	}
	around, err := time.ParseDuration(q.Lookaround)
	if err != nil {
		return fmt.Errorf("evidence %s: lookaround: %w", id, err)
	}
	switch {
	case ep.Overlaps(in.window, around):
		log.events = append(log.events, ep.Event(kind, id))
	case ep.Start.At.Before(in.window.From):
		log.before = append(log.before, earlier{ep, id})
	}
	return nil
}

func (in *interpretation) read(q question, raw json.RawMessage) (deployline.Episode, error) {
	var answer deployline.Lines
	if err := json.Unmarshal(raw, &answer); err != nil {
		return deployline.Episode{}, fmt.Errorf("answer: %w", err)
	}
	r, err := in.reader(q.Grammar)
	if err != nil {
		return deployline.Episode{}, err
	}
	return r.Episode(answer)
}

// fail makes the gap of a question that could not be answered.
func (l *logSeen) fail(w timeline.Window, q question, reason, id string) {
	from := w.From
	if q.Until != nil && q.Until.After(from) {
		from = *q.Until
	}
	if !from.Before(w.To) {
		return // all that lies in the window was read
	}
	if q.Kind == fileFailed {
		reason = fmt.Sprintf("cannot read %s: %s", q.Path, reason)
	}
	l.gaps = append(l.gaps, timeline.Gap{Source: kind, Target: l.name, From: from, To: w.To, Reason: reason, Evidence: []string{id}})
}
