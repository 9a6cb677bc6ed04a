package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"collector/internal/config"
	"collector/internal/report"
	"collector/internal/store"
	"collector/internal/timeline"
)

// deaSeries is the first part of the numbers of defect escape analyses.
const deaSeries = "DEA"

// deaNumber is the number of a draft's defect escape analysis, or why it has none. It
// stands in the record of the request, so that the draft can be derived again.
type deaNumber struct {
	ID      string `json:"id,omitempty"`      // DEA-2026-001
	Problem string `json:"problem,omitempty"` // a part of a sentence
}

// wantsDEA reports whether one of the documents of a request is a defect escape analysis.
func (r request) wantsDEA() bool {
	return slices.Contains(r.documents(), report.DEATemplate)
}

// id is the number, "" where there is none.
func (n *deaNumber) id() string {
	if n == nil {
		return ""
	}
	return n.ID
}

// findings is the gap of a draft that should have a number and has none. It has no
// length, because it hides nothing of the window.
func (n *deaNumber) findings(w timeline.Window, requestID string) timeline.Findings {
	if n == nil || n.Problem == "" {
		return timeline.Findings{}
	}
	return timeline.Findings{Gaps: []timeline.Gap{{
		Source: report.RequestSource, Target: "the number of the defect escape analysis", From: w.From, To: w.From,
		Reason: n.Problem, Evidence: []string{requestID},
	}}}
}

// numbered gives a request for a defect escape analysis its number: the one that its
// draft has already, else the next one of the year in which the trouble was detected.
func (r request) numbered(ctx context.Context, c *config.Config, d report.Draft, now time.Time) request {
	if had, ok := parseDEANumber(r.DEA.id()); ok {
		r.DEA = &deaNumber{ID: had.String()}
		// A counter that was lost shall not give it to another. Where that cannot be noted the
		// number is this draft's all the same.
		if err := store.KeepNumber(ctx, c.Storage.Path, had, r.deaKey(), now); errors.Is(err, store.ErrConflict) {
			r.DEA.Problem = fmt.Sprintf("the number %s may be another analysis's too: %v", had, err)
		}
		return r
	}
	n, err := store.GiveNumber(ctx, c.Storage.Path, deaSeries, detectedIn(d), r.deaKey(), now)
	if err != nil {
		r.DEA = &deaNumber{Problem: fmt.Sprintf("no number could be given: %v", err)}
		return r
	}
	r.DEA = &deaNumber{ID: n.String()}
	return r
}

// deaKey is what one analysis is, whenever it is drafted again: the incident, or the
// window and its scope.
func (r request) deaKey() string {
	if r.Incident != "" {
		return "incident\x00" + r.Incident
	}
	clusters, targets := slices.Sorted(slices.Values(r.Scope.Clusters)), slices.Sorted(slices.Values(r.Scope.Targets))
	return strings.Join([]string{
		"window", timeline.FormatTime(r.Window.From), timeline.FormatTime(r.Window.To), strings.Join(clusters, ","), strings.Join(targets, ","),
	}, "\x00")
}

// detectedIn is the year, in the draft's zone, of the first alert; without one of the
// onset, else of the start of the window.
func detectedIn(d report.Draft) int {
	at := d.Timeline.Window.From
	switch p := d.Timeline.Phases; {
	case p.Detected != nil:
		at = p.Detected.At
	case p.Onset != nil:
		at = p.Onset.At
	}
	return at.In(d.Location).Year()
}

// parseDEANumber reads what [store.Number] writes.
func parseDEANumber(id string) (store.Number, bool) {
	parts := strings.Split(id, "-")
	if len(parts) != 3 || parts[0] != deaSeries {
		return store.Number{}, false
	}
	year, errYear := strconv.Atoi(parts[1])
	number, errNumber := strconv.Atoi(parts[2])
	n := store.Number{Series: deaSeries, Year: year, Number: number}
	return n, errYear == nil && errNumber == nil && number > 0 && n.String() == id
}

// earlierDEA is the number that the draft in a directory has, nil where it has none.
func earlierDEA(dir string) *deaNumber {
	if dir == "" {
		return nil
	}
	bundle, err := report.Read(dir)
	if err != nil {
		return nil
	}
	old, _, err := findRequest(bundle.Records)
	if err != nil || old.DEA.id() == "" {
		return nil
	}
	return &deaNumber{ID: old.DEA.ID}
}
