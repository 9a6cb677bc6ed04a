package history

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"collector/internal/drafts"
	"collector/internal/sources"
	"collector/internal/timeline"
)

const (
	kindEarlier = "earlier_drafts"
	// maxKept is how many features the evidence keeps of one draft, those that say most.
	maxKept = 80
	// maxBytes is how much the features of all drafts take in the evidence.
	maxBytes = 256 << 10
	// maxNames is how many drafts are named that were not compared.
	maxNames = 20
)

// question is all that the interpreter needs to know.
type question struct {
	Kind   string          `json:"kind"`
	Window timeline.Window `json:"window"` // of the draft that asks
	Most   int             `json:"most_drafts"`
	Kept   int             `json:"most_features"`  // of one draft
	Part   int             `json:"part,omitempty"` // of Parts, from 1
	Parts  int             `json:"parts,omitempty"`
}

// earlier is an earlier draft as evidence: no words of people, no times but its window.
type earlier struct {
	Directory string          `json:"directory"`
	Document  string          `json:"document,omitempty"`
	Page      string          `json:"page,omitempty"` // of the document
	Window    timeline.Window `json:"window"`
	// Features are names by kind, each list sorted.
	Features map[timeline.FeatureKind][]string `json:"features,omitempty"`
}

// answer is one part; all but the drafts stands in the first.
type answer struct {
	Drafts      []earlier `json:"drafts"`
	Overlapping []earlier `json:"overlapping,omitempty"` // not compared: they reach into the window
	LeftOut     int       `json:"left_out,omitempty"`    // older drafts
	Cut         int       `json:"features_left_out,omitempty"`
	Unreadable  []string  `json:"unreadable,omitempty"` // directories
}

// Gather reads the drafts whose windows ended before this one began, one at a time.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	w := req.Window.UTC()
	ask := sources.Ask{
		Source: Kind, Target: name, Observed: w, Question: question{Kind: kindEarlier, Window: w, Most: s.most, Kept: maxKept},
		Query: fmt.Sprintf("the %d latest drafts beside this one whose windows ended by %s: what they hold that a draft can be compared by", s.most, timeline.FormatTime(w.From)),
	}
	found, err := s.look(ctx, w)
	if err != nil {
		record, err := sources.Failure(ask, fmt.Errorf("the earlier drafts could not be read: %w", err), req.Now())
		return []timeline.Evidence{record}, err
	}
	return records(ask, found, req.Now())
}

// records cuts an answer into records of bearable size.
func records(ask sources.Ask, found answer, now time.Time) ([]timeline.Evidence, error) {
	parts, err := sources.Parts(found.Drafts)
	if err != nil {
		return nil, err
	}
	q, _ := ask.Question.(question)
	out := make([]timeline.Evidence, 0, len(parts))
	for i, part := range parts {
		a := answer{Drafts: part}
		if i == 0 {
			a = found
			a.Drafts = part
		}
		if len(parts) > 1 {
			q.Part, q.Parts = i+1, len(parts)
		}
		ask.Question = q
		record, err := sources.Answer(ask, a, now)
		if err != nil {
			return nil, err
		}
		out = append(out, record)
	}
	return out, nil
}

// place is a draft of which only the window is known.
type place struct {
	dir    string
	window timeline.Window
}

func (s *Source) look(ctx context.Context, w timeline.Window) (answer, error) {
	a := answer{Drafts: []earlier{}}
	dirs, err := drafts.List(s.dir)
	if err != nil {
		return a, err
	}
	var before, overlapping []place
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		window, err := drafts.ReadWindow(dir)
		switch {
		case err != nil:
			a.unreadable(dir)
		case !window.To.After(w.From):
			before = append(before, place{dir, window})
		case window.From.Before(w.From):
			overlapping = append(overlapping, place{dir, window})
		}
	}
	latestFirst(before)
	latestFirst(overlapping)
	for _, p := range overlapping[:min(len(overlapping), maxNames)] {
		document, page, err := drafts.First(p.dir)
		if err != nil {
			document, page = "", "" // its directory is named all the same
		}
		a.Overlapping = append(a.Overlapping, earlier{Directory: filepath.Base(p.dir), Document: document, Page: page, Window: p.window.UTC()})
	}
	err = a.read(ctx, before, s.most)
	return a, err
}

func latestFirst(list []place) {
	slices.SortFunc(list, func(a, b place) int {
		return cmp.Or(b.window.To.Compare(a.window.To), b.window.From.Compare(a.window.From), cmp.Compare(a.dir, b.dir))
	})
}

// read takes the features of the latest drafts, until there are enough of them.
func (a *answer) read(ctx context.Context, list []place, most int) error {
	size := 0
	for i, p := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(a.Drafts) == most || size > maxBytes {
			a.LeftOut = len(list) - i
			return nil
		}
		d, err := drafts.Read(p.dir)
		if err != nil {
			a.unreadable(p.dir)
			continue
		}
		e := earlier{Directory: filepath.Base(p.dir), Document: d.Document, Page: d.Page, Window: p.window.UTC(), Features: map[timeline.FeatureKind][]string{}}
		for _, f := range d.Features[:min(len(d.Features), maxKept)] {
			e.Features[f.Kind] = append(e.Features[f.Kind], f.Name)
		}
		a.Cut += max(0, len(d.Features)-maxKept)
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		size += len(text)
		a.Drafts = append(a.Drafts, e)
	}
	return nil
}

// unreadable keeps the name of a draft that cannot be read: the latest, by its name.
func (a *answer) unreadable(dir string) {
	a.Unreadable = append(a.Unreadable, filepath.Base(dir))
	if len(a.Unreadable) > maxNames {
		a.Unreadable = a.Unreadable[1:]
	}
}
