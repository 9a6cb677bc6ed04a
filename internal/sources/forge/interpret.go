package forge

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

// placeSeen is what the records say about one repository.
type placeSeen struct {
	question
	events []timeline.Event
	lists  []listAnswer
	asked  []string // IDs of the lists' records
	gaps   []timeline.Gap
	before []earlier
	failed bool             // something could not be asked, so nothing is known to be absent
	pasts  map[string]*past // by commit
}

// earlier is a deployment that was over before the window.
type earlier struct {
	episode
	id string
}

// Interpret turns the records of all instances of a forge into findings. It is a
// sources.Interpreter.
func (f Forge) Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	window = window.UTC()
	places := map[string]*placeSeen{}
	sorted := slices.Clone(records) // so that their order has no influence
	slices.SortStableFunc(sorted, func(a, b timeline.Evidence) int { return strings.Compare(a.ID, b.ID) })
	for _, e := range sorted {
		if e.Source != f.Kind {
			return timeline.Findings{}, fmt.Errorf("evidence %s is of source %q, not %s", e.ID, e.Source, f.Kind)
		}
		if err := f.record(window, places, e); err != nil {
			return timeline.Findings{}, err
		}
	}
	found := timeline.Findings{Evidence: records}
	names := slices.Sorted(maps.Keys(places))
	for _, name := range names {
		events := deployline.Attempts(places[name].events)
		for i := range events {
			if p := places[name].pasts[events[i].Attributes["commit"]]; p != nil {
				f.told(&events[i], p)
			}
		}
		found.Events = append(found.Events, events...)
	}
	slices.SortStableFunc(found.Events, deployline.Compare)
	for _, name := range names {
		places[name].conclude(f.Kind, window, &found)
	}
	return found, nil
}

func (f Forge) record(w timeline.Window, places map[string]*placeSeen, e timeline.Evidence) error {
	var q question
	var raw json.RawMessage
	reason, err := sources.Read(e, &q, &raw)
	if err != nil {
		return err
	}
	switch q.Kind {
	case listAsked, deploymentAsked, limitFailed, commitAsked, mergeAsked, checksAsked, stagingAsked:
	default:
		return fmt.Errorf("evidence %s asks an unknown question %q", e.ID, q.Kind)
	}
	name := strings.Join([]string{q.Instance, q.Repository, q.Service, q.Version}, "\x00")
	p := places[name]
	if p == nil {
		p = &placeSeen{question: q, pasts: map[string]*past{}}
		places[name] = p
	}
	switch {
	case reason != "" && pastAsked(q.Kind):
		p.gaps = append(p.gaps, timeline.Gap{
			Source: f.Kind, Target: q.Repository, From: w.From, To: w.To, Evidence: []string{e.ID},
			Reason: fmt.Sprintf("%s of a commit before it was deployed cannot be told: %s", pastWords(q.Kind), reason),
		})
	case reason != "":
		p.fail(f.Kind, w, q, reason, e.ID)
	case pastAsked(q.Kind):
		if p.pasts[q.SHA] == nil {
			p.pasts[q.SHA] = &past{}
		}
		err = p.pasts[q.SHA].read(q, raw, e.ID)
	case q.Kind == deploymentAsked:
		var answer deploymentAnswer
		if err = json.Unmarshal(raw, &answer); err == nil {
			err = f.deployment(w, p, q, answer, e.ID)
		}
	case q.Kind == listAsked:
		var answer listAnswer
		if err = json.Unmarshal(raw, &answer); err == nil {
			p.Environments = q.Environments
			p.lists, p.asked = append(p.lists, answer), append(p.asked, e.ID)
		}
	default:
		err = fmt.Errorf("a limit is no answer")
	}
	if err != nil {
		return fmt.Errorf("evidence %s: %w", e.ID, err)
	}
	return nil
}

func (f Forge) deployment(w timeline.Window, p *placeSeen, q question, a deploymentAnswer, id string) error {
	around, err := time.ParseDuration(q.Lookaround)
	if err != nil {
		return fmt.Errorf("lookaround: %w", err)
	}
	if !a.Deployment.usable() {
		return fmt.Errorf("a deployment without a number, an environment or a time")
	}
	ep := f.episode(q, a)
	switch {
	case ep.course.Waits:
	case touches(w, ep.start, ep.end, around):
		p.events = append(p.events, ep.event(f.Kind, id))
	case ep.start.At.Before(w.From):
		p.before = append(p.before, earlier{ep, id})
	}
	return nil
}

// fail makes the gap of a question that could not be answered.
func (p *placeSeen) fail(kind string, w timeline.Window, q question, reason, id string) {
	p.failed = true
	gap := timeline.Gap{Source: kind, Target: q.Repository, From: w.From, To: w.To, Evidence: []string{id}}
	switch q.Kind {
	case deploymentAsked:
		gap.Reason = fmt.Sprintf("deployment %d of %s to %s cannot be told: %s", q.Deployment, q.Service, q.to(), reason)
		if q.Created != nil && q.Created.After(w.From) && q.Created.Before(w.To) {
			gap.From = *q.Created
		}
	case limitFailed:
		gap.Reason = fmt.Sprintf("older deployments of %s to %s cannot be told: %s", q.Service, q.to(), reason)
		if q.Created != nil && q.Created.Before(w.To) { // newer ones are told
			gap.Reason = fmt.Sprintf("deployments of %s to %s created up to %s cannot be told: %s", q.Service, q.to(), timeline.FormatTime(*q.Created), reason)
			gap.To = latestOf(w.From, *q.Created)
		}
	default:
		gap.Reason = fmt.Sprintf("deployments of %s to %s could not be listed: %s", q.Service, q.to(), reason)
	}
	p.gaps = append(p.gaps, gap)
}

// to is where the deployments go: "production, staging".
func (q question) to() string {
	if len(q.Environments) == 0 || slices.Contains(q.Environments, Everywhere) {
		return "any environment"
	}
	return strings.Join(q.Environments, ", ")
}

// maxNamed is how many earlier deployments a check names.
const maxNamed = 3

// conclude adds the gaps and the check of one repository.
func (p *placeSeen) conclude(kind string, w timeline.Window, found *timeline.Findings) {
	for i, list := range p.lists {
		for _, gap := range list.gaps(w, p.around()) {
			gap.Source, gap.Target, gap.Evidence = kind, p.Repository, []string{p.asked[i]}
			p.gaps = append(p.gaps, gap)
			p.failed = true
		}
	}
	slices.SortStableFunc(p.gaps, func(a, b timeline.Gap) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Reason, b.Reason))
	})
	found.Gaps = append(found.Gaps, p.gaps...)
	if p.failed || len(p.lists) == 0 || len(p.events) > 0 {
		return
	}
	check := timeline.Check{
		Source: kind, Target: p.Repository, Evidence: slices.Clone(p.asked),
		LookedFor: fmt.Sprintf("deploys and rollbacks of %s to %s", deployline.Sentence(p.Service, deployline.MaxName), p.to()),
	}
	slices.SortStableFunc(p.before, func(a, b earlier) int { return b.latest().Compare(a.latest()) })
	var last []string
	for _, e := range p.before[:min(len(p.before), maxNamed)] {
		last = append(last, e.past())
		check.Evidence = append(check.Evidence, e.id)
	}
	if len(last) > 0 {
		check.LookedFor += " (last before the window: " + strings.Join(last, ", ") + ")"
	}
	slices.Sort(check.Evidence)
	check.Evidence = slices.Compact(check.Evidence)
	found.Checks = append(found.Checks, check)
}

func (p *placeSeen) around() time.Duration {
	around, err := time.ParseDuration(p.Lookaround)
	if err != nil {
		return 0
	}
	return around
}

// gaps are the holes that a list itself shows.
func (l listAnswer) gaps(w timeline.Window, around time.Duration) []timeline.Gap {
	var out []timeline.Gap
	if l.Unusable > 0 {
		out = append(out, timeline.Gap{From: w.From, To: w.To, Reason: fmt.Sprintf("%d of the listed deployments have no number, time or environment that can be read", l.Unusable)})
	}
	if l.Unread != nil && l.Unread.After(w.From.Add(-around)) {
		// What was created before Unread is not known; it may have run for as long as
		// deployments are expected to.
		to := l.Unread.Add(around)
		if to.After(w.To) {
			to = w.To
		}
		out = append(out, timeline.Gap{From: w.From, To: latestOf(w.From, to), Reason: fmt.Sprintf("older deployments than of %s were not listed: %d pages are the most; name the environments that matter", timeline.FormatTime(*l.Unread), maxPages)})
	}
	return out
}

func latestOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
