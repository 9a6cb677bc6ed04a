package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"collector/internal/sources"
	"collector/internal/timeline"
)

var _ sources.Interpreter = Interpret

// part is one record that was answered.
type part struct {
	number int
	id     string
	answer answer
}

// Interpret hands the earlier drafts on, for the timeline to be compared with: they are
// no events of its window.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	found := timeline.Findings{Evidence: records}
	var parts []part
	for _, r := range records {
		var q question
		failed, err := sources.Read(r, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		if q.Kind != kindEarlier {
			return timeline.Findings{}, fmt.Errorf("evidence %s asks an unknown question %q", r.ID, q.Kind)
		}
		if failed != "" {
			found.Gaps = append(found.Gaps, timeline.Gap{Source: Kind, Target: name, From: window.From, To: window.To, Reason: failed, Evidence: []string{r.ID}})
			continue
		}
		p := part{number: q.Part, id: r.ID}
		if _, err := sources.Read(r, &q, &p.answer); err != nil {
			return timeline.Findings{}, err
		}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(a.number-b.number, cmp.Compare(a.id, b.id)) })
	if len(parts) > 0 {
		found.History = joined(parts)
	}
	return found, nil
}

// joined puts the parts of an answer together.
func joined(parts []part) *timeline.History {
	h := &timeline.History{}
	for _, p := range parts {
		for _, d := range p.answer.Drafts {
			h.Drafts = append(h.Drafts, d.draft())
		}
		for _, d := range p.answer.Overlapping {
			h.Overlapping = append(h.Overlapping, d.draft())
		}
		h.LeftOut += p.answer.LeftOut
		h.Cut += p.answer.Cut
		h.Unreadable = append(h.Unreadable, p.answer.Unreadable...)
		h.Evidence = append(h.Evidence, p.id)
	}
	slices.Sort(h.Evidence)
	return h
}

func (e earlier) draft() timeline.EarlierDraft {
	d := timeline.EarlierDraft{Name: e.Directory, Document: e.Document, Page: e.Page, Window: e.Window}
	for _, kind := range slices.Sorted(maps.Keys(e.Features)) {
		for _, name := range e.Features[kind] {
			d.Features = append(d.Features, timeline.Feature{Kind: kind, Name: name})
		}
	}
	slices.SortFunc(d.Features, timeline.CompareFeatures)
	return d
}
