package loki

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

var _ sources.Interpreter = Interpret

// errKind is a record that this version does not know.
var errKind = errors.New("unknown kind of record")

// Interpret turns what was read into events. It looks at nothing but the records and the
// window; their order does not matter.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	in := interpretation{window: window.UTC(), asked: map[string]*asked{}}
	for _, e := range slices.SortedFunc(slices.Values(records), func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) }) {
		if e.Source != Kind {
			return timeline.Findings{}, fmt.Errorf("evidence %s is of source %q, not %s", e.ID, e.Source, Kind)
		}
		if err := in.record(e); err != nil {
			return timeline.Findings{}, fmt.Errorf("evidence %s: %w", e.ID, err)
		}
	}
	found := timeline.Findings{Evidence: records}
	for _, name := range sortedKeys(in.asked) {
		found.Events = append(found.Events, deployline.Attempts(in.asked[name].deploys)...)
		found.Events = append(found.Events, in.asked[name].logs...)
	}
	slices.SortStableFunc(found.Events, deployline.Compare)
	for _, name := range sortedKeys(in.asked) {
		in.asked[name].conclude(&found)
	}
	return found, nil
}

type interpretation struct {
	window timeline.Window
	asked  map[string]*asked // by Loki and query
}

// asked is what the records say about one query.
type asked struct {
	question
	window  timeline.Window
	read    []string // IDs of the records about what was read
	failed  bool
	logs    []timeline.Event
	deploys []timeline.Event
	before  []earlier
	gaps    []timeline.Gap
	remarks []timeline.Remark
}

// earlier is a deploy that was over before the window.
type earlier struct {
	deployline.Episode
	id string
}

func (in *interpretation) record(e timeline.Evidence) error {
	var q question
	var raw json.RawMessage
	failed, err := sources.Read(e, &q, &raw)
	if err != nil {
		return err
	}
	if q.Kind != linesAsked && q.Kind != readAsked && q.Kind != deployAsked {
		return fmt.Errorf("%w %q", errKind, q.Kind)
	}
	a := in.asked[q.Loki+"/"+q.Query]
	if a == nil {
		a = &asked{question: q, window: in.window}
		in.asked[q.Loki+"/"+q.Query] = a
	}
	if failed != "" {
		a.fail(q, failed, e.ID)
		return nil
	}
	switch q.Kind {
	case linesAsked:
		return a.lines(q, raw, e.ID)
	case readAsked:
		return a.covered(raw, e.ID)
	}
	return a.deploy(q, raw, e.ID)
}

func (a *asked) gap(from, to time.Time, reason, id string) {
	if from.Before(a.window.From) {
		from = a.window.From
	}
	to = earliest(to, a.window.To)
	if from.Before(to) {
		a.gaps = append(a.gaps, timeline.Gap{Source: Kind, Target: a.Loki, From: from, To: to, Reason: reason, Evidence: []string{id}})
	}
}

// about names what was asked for, for gaps.
func (a *asked) about() string {
	if a.Kind == linesAsked {
		return a.Query
	}
	return "deploys of " + a.Query
}

// fail makes the gap of a question that was not answered in full. What was not read
// after the window is none.
func (a *asked) fail(q question, reason, id string) {
	from := a.window.From
	if q.Until != nil {
		from = *q.Until
		reason = fmt.Sprintf("read up to %s, then: %s", timeline.FormatTime(from), reason)
	}
	a.failed = a.failed || from.Before(a.window.To)
	a.gap(from, a.window.To, a.about()+": "+reason, id)
}

// left says what an answer held that could not be taken.
func (a *asked) left(c coverage, id string) {
	a.read = append(a.read, id)
	whole := func(reason string) { a.gap(a.window.From, a.window.To, a.about()+": "+reason, id) }
	if c.Outside > 0 {
		whole(fmt.Sprintf("Loki answered with %s of other times than were asked for, left out", count(c.Outside, "line")))
	}
	if c.Unreadable > 0 {
		whole(fmt.Sprintf("Loki answered with %s without a time or a text, left out", count(c.Unreadable, "line")))
	}
	if c.Crowded > 0 {
		whole(fmt.Sprintf("at %s there are more lines than Loki gives at once: raise max_entries_limit_per_query", count(c.Crowded, "nanosecond")))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// conclude adds gaps and remarks, and says what was looked for and not found.
func (a *asked) conclude(found *timeline.Findings) {
	slices.SortStableFunc(a.gaps, func(x, y timeline.Gap) int {
		return cmp.Or(x.From.Compare(y.From), strings.Compare(x.Reason, y.Reason))
	})
	found.Gaps = append(found.Gaps, a.gaps...)
	found.Remarks = append(found.Remarks, a.remarks...)
	if a.failed || len(a.read) == 0 || len(a.logs) > 0 || len(a.deploys) > 0 {
		return
	}
	check := timeline.Check{Source: Kind, Target: a.Loki, Evidence: slices.Clone(a.read)}
	check.LookedFor = fmt.Sprintf("lines of %s in Loki: %s", a.Query, oneLine(a.LogQL, 200))
	if a.Kind != linesAsked {
		check.LookedFor = fmt.Sprintf("deploys, rollbacks and changes of %s in Loki: %s", a.Query, oneLine(a.LogQL, 200))
		check.LookedFor += a.last(&check)
	}
	slices.Sort(check.Evidence)
	check.Evidence = slices.Compact(check.Evidence)
	found.Checks = append(found.Checks, check)
}

// maxNamed is how many earlier deploys a check names.
const maxNamed = 3

// last names the last deploys before the window.
func (a *asked) last(check *timeline.Check) string {
	if len(a.before) == 0 {
		return ""
	}
	slices.SortStableFunc(a.before, func(x, y earlier) int { return y.Latest().Compare(x.Latest()) })
	var told []string
	for _, e := range a.before[:min(len(a.before), maxNamed)] {
		told = append(told, e.Past())
		check.Evidence = append(check.Evidence, e.id)
	}
	return " (last before the window: " + strings.Join(told, ", ") + ")"
}
