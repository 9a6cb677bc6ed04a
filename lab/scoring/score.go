package scoring

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"collector/lab/incidents"
	"collector/lab/stage"
)

// The bars that a draft must clear.
const (
	BarStartError  = 2.0 // s, of what Prometheus scrapes and evaluates too
	BarSampled     = 1.0 // s, of what the recorder samples: its interval
	BarFalseEvents = 1   // per incident; none in a quiet run
)

// Result is the score of one draft.
type Result struct {
	Incident    string   `json:"incident"`
	Flavour     string   `json:"flavour"`
	Found       int      `json:"found"`
	Total       int      `json:"total"`
	Missed      []string `json:"missed"`
	Loud        int      `json:"loud"` // events of severity warning or above
	False       []string `json:"false"`
	StartMedian float64  `json:"start_error_median_s"`
	StartWorst  float64  `json:"start_error_worst_s"`
	WorstEvent  string   `json:"start_error_worst_event"`
	Sampled     float64  `json:"sampled_start_error_worst_s"` // of the recorder's own, beyond what the truth itself is uncertain
	SampledOf   string   `json:"sampled_start_error_worst_event"`
	Within      int      `json:"within_bounds"` // found truths that lie within the event's own error bounds
	Outside     []string `json:"outside_bounds"`
	SeedLines   int      `json:"seed_lines"` // of the document that the incident is taken from, which a machine could know
	Untold      []string `json:"untold_lines"`
	Citations   int      `json:"citations"`
	Broken      []string `json:"broken_citations"`
	Canaries    []string `json:"canaries"`
	Gaps        []string `json:"gaps"`
	Failures    []string `json:"failures"`            // bars that were not cleared
	Disturbed   string   `json:"disturbed,omitempty"` // why the run says little
	Panels      []Panel  `json:"panels,omitempty"`    // of the dashboard's snapshot, where there was one
	Draft       string   `json:"draft"`
	Seconds     float64  `json:"draft_seconds"`
}

// Score compares the draft in a directory with the truth.
func Score(incident incidents.Incident, flavour string, story incidents.Story, dir string) (Result, error) {
	draft, err := Read(dir)
	if err != nil {
		return Result{}, err
	}
	r := Result{Incident: incident.Name, Flavour: flavour, Draft: dir, Disturbed: story.Disturbed}
	pairs, missed, left := match(story.Truth, draft.Events)
	r.count(pairs, missed)
	r.False = falseEvents(incident, story, left)
	for _, event := range draft.Events {
		if event.loud() {
			r.Loud++
		}
	}
	if r.Citations, r.Broken, err = citations(draft); err != nil {
		return Result{}, err
	}
	if err := r.coverage(incident, dir); err != nil {
		return Result{}, err
	}
	for _, gap := range draft.Gaps {
		r.Gaps = append(r.Gaps, gap.Source+"/"+gap.Target+": "+gap.Reason)
	}
	return r, nil
}

func (r *Result) count(pairs []pair, missed []incidents.Truth) {
	var errors []float64
	for _, p := range pairs {
		if p.truth.Optional {
			continue
		}
		r.Found++
		r.Total++
		off := p.off().Seconds()
		errors = append(errors, math.Abs(off))
		if math.Abs(off) >= r.StartWorst {
			r.StartWorst, r.WorstEvent = math.Abs(off), fmt.Sprintf("%s (%+.2f s)", p.truth, off)
		}
		if beyond := (p.off().Abs() - p.truth.Fuzz).Seconds(); p.event.sampled() && beyond >= r.Sampled {
			r.Sampled, r.SampledOf = beyond, fmt.Sprintf("%s (%+.2f s)", p.truth, off)
		}
		if p.within() {
			r.Within++
		} else {
			r.Outside = append(r.Outside, fmt.Sprintf("%s is at %s, the draft says %s to %s", p.truth, clock(p.truth.Start), clock(p.event.Start.Earliest), clock(p.event.Start.Latest)))
		}
	}
	if slices.Sort(errors); len(errors) > 0 {
		r.StartMedian = errors[len(errors)/2]
	}
	for _, truth := range missed {
		if truth.Optional {
			continue
		}
		r.Total++
		r.Missed = append(r.Missed, fmt.Sprintf("%s at %s", truth, clock(truth.Start)))
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// SearchCanaries looks for everything that was a literal or a comment in what
// collector wrote on this stage: store, draft, logs, metrics.
func (r *Result) SearchCanaries(ctx context.Context, s *stage.Stage) error {
	canaries := newSearch(stage.Canaries())
	for _, place := range []string{s.StoreDir(), r.Draft, s.ServeLog(), s.DraftLog()} {
		if err := canaries.tree(ctx, place); err != nil {
			return err
		}
	}
	metrics, err := s.Metrics(ctx)
	if err != nil {
		return fmt.Errorf("searching collector's metrics: %w", err)
	}
	canaries.text("/metrics", []byte(metrics))
	r.Canaries = canaries.found
	return r.searchControl(ctx, s)
}

// searchControl makes sure that the search could have found something: the
// name of a table that a long statement reads must be in the store.
func (r *Result) searchControl(ctx context.Context, s *stage.Stage) error {
	if r.Incident != "reporting-query" {
		return nil
	}
	control := newSearch([]string{"sales_report"})
	if err := control.tree(ctx, s.StoreDir()); err != nil {
		return err
	}
	if len(control.found) == 0 {
		r.Canaries = append(r.Canaries, fmt.Sprintf("not searched: %s cannot be read, not even a table's name is found in %d compressed blocks", s.StoreDir(), control.expanded))
	}
	return nil
}

// Judge fills in which bars were not cleared.
func (r *Result) Judge(quiet bool) {
	fail := func(bad bool, format string, args ...any) {
		if bad {
			r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
		}
	}
	allowed := BarFalseEvents
	if quiet {
		allowed = 0
	}
	fail(len(r.Missed) > 0, "%d of %d true events were missed", len(r.Missed), r.Total)
	fail(len(r.False) > allowed, "%d false events, allowed are %d", len(r.False), allowed)
	fail(r.StartWorst > BarStartError, "a start time is off by %.2f s, allowed are %.0f s: %s", r.StartWorst, BarStartError, r.WorstEvent)
	fail(r.Sampled > BarSampled, "a sampled start time is off by %.2f s, allowed is the interval of %.0f s: %s", r.Sampled, BarSampled, r.SampledOf)
	fail(len(r.Outside) > 0, "%d true times are not within the draft's bounds", len(r.Outside))
	fail(len(r.Untold) > 0, "%d of %d lines of the seed are not told", len(r.Untold), r.SeedLines)
	fail(r.Citations == 0, "nothing is cited")
	fail(len(r.Broken) > 0, "%d citations do not resolve", len(r.Broken))
	fail(len(r.Canaries) > 0, "%d canaries got through", len(r.Canaries))
}
