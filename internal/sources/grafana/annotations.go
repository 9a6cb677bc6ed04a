package grafana

import (
	"cmp"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	gapi "github.com/grafana/grafana-api-golang-client"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// How annotations are read: Grafana answers with the newest of a limit, 100 if
// none is named, and says nothing about the others.
const (
	annotationLimit = 1000
	maxAnnotations  = 5000
	maxSplits       = 14 // of the window, in halves
)

// askAnnotations reads what people marked over the window.
func (g *gathering) askAnnotations(ctx context.Context) ([]timeline.Evidence, error) {
	q := g.question(kindAnnotations)
	library, err := g.library(ctx)
	if err != nil {
		return g.failed(q, g.explain(ctx, err))
	}
	found := map[int64]gapi.Annotation{}
	full, err := g.collect(library, found, g.window.From.UnixMilli(), max(g.window.From.UnixMilli(), g.window.To.UnixMilli()-1), maxSplits)
	if err != nil {
		return g.failed(q, g.explain(ctx, err))
	}
	var list []annotation
	for _, a := range found {
		list = append(list, g.cleaned(a))
	}
	slices.SortFunc(list, func(a, b annotation) int { return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID)) })
	incomplete := ""
	if full || len(list) > maxAnnotations {
		list = list[:min(len(list), maxAnnotations)]
		incomplete = "Grafana has more of them than could be read"
	}
	return g.annotationParts(q, list, incomplete)
}

// collect reads the annotations that touch [from, to], in ms. When there are as
// many as the limit it reads both halves by themselves. full says that some are
// still missing.
func (g *gathering) collect(library *gapi.Client, found map[int64]gapi.Annotation, from, to int64, splits int) (full bool, err error) {
	list, err := library.Annotations(url.Values{ // both ends, or Grafana does not look at the time at all
		"from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}, "limit": {strconv.Itoa(annotationLimit)},
	})
	if err != nil {
		return false, err
	}
	for _, a := range list {
		found[a.ID] = a
	}
	if len(list) < annotationLimit {
		return false, nil
	}
	if splits == 0 || to <= from || len(found) > maxAnnotations {
		return true, nil
	}
	middle := from + (to-from)/2
	first, err := g.collect(library, found, from, middle, splits-1)
	if err != nil {
		return false, err
	}
	second, err := g.collect(library, found, middle+1, to, splits-1)
	return first || second, err
}

// address finds mail addresses, which name people.
var address = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)

// cleaned keeps what a timeline tells of an annotation: not who wrote it.
func (g *gathering) cleaned(a gapi.Annotation) annotation {
	blameless := func(s string, most int) string {
		return clip(address.ReplaceAllStringFunc(s, g.req.Roles.Account), most)
	}
	out := annotation{
		ID: a.ID, Time: min(a.Time, cmp.Or(a.TimeEnd, a.Time)), TimeEnd: max(a.Time, a.TimeEnd), Text: blameless(a.Text, 500), Tags: []string{},
		Dashboard: clip(a.DashboardUID, 40), Panel: a.PanelID, Alert: a.AlertID, NewState: clip(a.NewState, 40), PrevState: clip(a.PrevState, 40),
	}
	for _, tag := range a.Tags[:min(len(a.Tags), 20)] {
		out.Tags = append(out.Tags, blameless(tag, 100))
	}
	return out
}

// annotationParts puts annotations into records of bearable size.
func (g *gathering) annotationParts(q question, list []annotation, incomplete string) ([]timeline.Evidence, error) {
	parts, err := sources.Parts(list)
	if err != nil {
		return nil, err
	}
	var records []timeline.Evidence
	for i, part := range parts {
		if q.Parts = len(parts); q.Parts > 1 {
			q.Part = i + 1
		}
		one, err := g.answered(q, "", annotationsAnswer{part, incomplete})
		incomplete = "" // it is said once
		if err != nil {
			return nil, err
		}
		records = append(records, one...)
	}
	return records, nil
}
