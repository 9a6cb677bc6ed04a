package grafana

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Interpret turns Grafana's records into findings: annotations are events,
// snapshots are links, what is not in a snapshot is a gap. It looks at nothing but
// the records and the window. It is a sources.Interpreter.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	i := interpretation{window: window.UTC(), found: timeline.Findings{Evidence: records}}
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b timeline.Evidence) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range sorted {
		if err := i.read(r); err != nil {
			return timeline.Findings{}, err
		}
	}
	i.conclude()
	return i.found, nil
}

type interpretation struct {
	window      timeline.Window
	found       timeline.Findings
	annotations []string // records that were answered
	unanswered  bool
	events      map[int64]timeline.Event
}

func (i *interpretation) gap(reason string, id string) {
	i.found.Gaps = append(i.found.Gaps, timeline.Gap{
		Source: Kind, Target: sourceName, From: i.window.From, To: i.window.To, Reason: reason, Evidence: []string{id},
	})
}

// read interprets one record.
func (i *interpretation) read(r timeline.Evidence) error {
	var q question
	failed, err := sources.Read(r, &q, nil)
	if err != nil {
		return err
	}
	switch q.Kind {
	case kindAnnotations:
		if failed != "" {
			i.unanswered = true
			i.gap("could not ask for annotations: "+failed, r.ID)
			return nil
		}
		return i.readAnnotations(r)
	case kindSnapshot:
		if failed != "" {
			i.gap(fmt.Sprintf(Pending+": dashboard %s%s: %s", q.Dashboard, valuesText(q.Vars), failed), r.ID)
			return nil
		}
		return i.readSnapshot(r, q)
	case kindLater:
		for _, uid := range q.Left {
			i.found.Links = append(i.found.Links, timeline.Link{
				Source: Kind, Target: sourceName, Title: "dashboard " + uid, Text: "no snapshot was asked for in this draft; the final one of an incident has it", Evidence: []string{r.ID},
			})
		}
		return nil
	}
	return fmt.Errorf("evidence %s: grafana has no question of kind %q", r.ID, q.Kind)
}

func (i *interpretation) readAnnotations(r timeline.Evidence) error {
	var answer annotationsAnswer
	if _, err := sources.Read(r, &question{}, &answer); err != nil {
		return err
	}
	i.annotations = append(i.annotations, r.ID)
	if answer.Incomplete != "" {
		i.gap("annotations are incomplete: "+answer.Incomplete, r.ID)
	}
	for _, a := range answer.Annotations {
		if slices.Contains(a.Tags, OwnTag) { // what collector wrote is no evidence
			continue
		}
		e := eventOf(a)
		if seen, again := i.events[a.ID]; again {
			e.Evidence = append(e.Evidence, seen.Evidence...)
		}
		e.Evidence = sortedSet(append(e.Evidence, r.ID))
		if i.events == nil {
			i.events = map[int64]timeline.Event{}
		}
		i.events[a.ID] = e
	}
	return nil
}

// markup is what editors of annotations write around their words.
var markup = regexp.MustCompile(`</?[A-Za-z][^<>]{0,300}>`)

// eventOf is an annotation on the timeline.
func eventOf(a annotation) timeline.Event {
	words := clip(markup.ReplaceAllString(a.Text, " "), 200)
	if words == "" && a.NewState != "" {
		words = fmt.Sprintf("alert went from %s to %s", cmp.Or(a.PrevState, "nothing"), a.NewState)
	}
	if words == "" {
		words = "without a text"
	}
	attributes := map[string]string{"annotation": strconv.FormatInt(a.ID, 10)}
	summary := "annotation: " + words
	if len(a.Tags) > 0 {
		attributes["tags"] = strings.Join(a.Tags, ", ")
		summary += ", tagged " + clip(strings.Join(a.Tags, ", "), 100)
	}
	if a.Dashboard != "" {
		attributes["dashboard"] = a.Dashboard
	}
	if a.NewState != "" {
		attributes["alert_state"] = a.NewState
	}
	end := timeline.Exactly(time.UnixMilli(a.TimeEnd).UTC())
	return timeline.Event{
		Kind: timeline.Annotation, Grade: timeline.Logged, Source: Kind, Start: timeline.Exactly(time.UnixMilli(a.Time).UTC()), End: &end,
		Summary: strings.TrimRight(summary, ". "), Attributes: attributes, Key: strconv.FormatInt(a.ID, 10),
	}
}

func (i *interpretation) readSnapshot(r timeline.Evidence, q question) error {
	var a snapshotAnswer
	if _, err := sources.Read(r, &question{}, &a); err != nil {
		return err
	}
	asked, empty := 0, []string{}
	lost := map[string]bool{}
	for _, p := range a.Problems {
		lost[p.Panel] = true
	}
	for _, p := range a.Panels {
		if !p.Asked {
			continue
		}
		asked++
		if p.Frames == 0 && !lost[p.Title] {
			empty = append(empty, p.Title)
		}
	}
	whole := 0
	for _, p := range a.Panels {
		if p.Asked && p.Frames > 0 {
			whole++
		}
	}
	words := fmt.Sprintf("%d of %d panels with a query hold data", whole, asked)
	if a.Reused {
		words += ", kept since an earlier draft"
	}
	if len(empty) > 0 {
		words += "; there was none for " + clip(strings.Join(empty, ", "), 150)
	}
	title := fmt.Sprintf("%s (%s%s)", cmp.Or(a.Title, q.Dashboard), q.Dashboard, valuesText(q.Vars))
	i.found.Links = append(i.found.Links, timeline.Link{Source: Kind, Target: sourceName, Title: title, URL: a.URL, Text: words, Evidence: []string{r.ID}})
	i.problemGaps(a, r.ID)
	return nil
}

// maxNamed is how long the list of panels in one gap is, in characters: a document
// cuts longer reasons, and every panel must be named.
const maxNamed = 120

// problemGaps names every panel that is not in the snapshot as it should be.
func (i *interpretation) problemGaps(a snapshotAnswer, id string) {
	byReason := map[string][]string{}
	for _, p := range a.Problems {
		byReason[p.Reason] = append(byReason[p.Reason], p.Panel)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		names := ""
		flush := func() {
			if names != "" {
				i.gap(fmt.Sprintf("not in the snapshot of %s: %s: %s", clip(a.Title, 40), names, clip(reason, 120)), id)
			}
			names = ""
		}
		for _, panel := range byReason[reason] {
			if names != "" && len(names)+len(panel) > maxNamed {
				flush()
			}
			if names != "" {
				names += ", "
			}
			names += "“" + panel + "”"
		}
		flush()
	}
	for _, note := range a.Notes {
		i.gap(fmt.Sprintf("in the snapshot of %s, %s", clip(a.Title, 60), note), id)
	}
}

// conclude adds the events in order, and says so when there were none.
func (i *interpretation) conclude() {
	for _, id := range slices.Sorted(maps.Keys(i.events)) {
		if e := i.events[id]; e.Touches(i.window) {
			i.found.Events = append(i.found.Events, e)
		}
	}
	if len(i.found.Events) == 0 && len(i.annotations) > 0 && !i.unanswered {
		i.found.Checks = append(i.found.Checks, timeline.Check{Source: Kind, Target: sourceName, LookedFor: "annotations in Grafana", Evidence: sortedSet(i.annotations)})
	}
}

func sortedSet(list []string) []string {
	set := slices.Clone(list)
	slices.Sort(set)
	return slices.Compact(set)
}

// valuesText names the values of variables: ", instance=db1".
func valuesText(vars map[string][]string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		text += ", " + name + "=" + clip(strings.Join(vars[name], ","), 60)
	}
	return text
}
