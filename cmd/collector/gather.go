package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/timeline"
)

// grace is how long after its limit a source may take to come back. One that
// does not is left behind: the draft does not wait for a hanging witness.
const grace = time.Second

// silenceQuestion is the question of the record of a source that returned nothing.
type silenceQuestion struct {
	Kind   string          `json:"kind"` // silence
	Source string          `json:"source"`
	Window timeline.Window `json:"window"`
}

// gather asks all witnesses at once and returns their records in the order of
// the list. It never fails: a witness that does is a record of its failure.
func gather(ctx context.Context, all []witness, req sources.Request, show progress) []timeline.Evidence {
	answers := make([][]timeline.Evidence, len(all))
	var wg sync.WaitGroup
	for i, w := range all {
		wg.Go(func() { answers[i] = ask(ctx, w, req, show) })
	}
	wg.Wait()
	var records []timeline.Evidence
	for _, a := range answers {
		records = append(records, a...)
	}
	return records
}

// ask asks one witness within its limit.
func ask(ctx context.Context, w witness, req sources.Request, show progress) []timeline.Evidence {
	began := time.Now()
	show.asking(w.label())
	req.Log = req.Log.With("source", w.label())
	req.Notify = func(note string) { show.note(w.label(), note) }
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()

	records, err := gatherWithin(ctx, w, req)
	if err != nil {
		records = append(records, silence(w, req, err))
	}
	show.answered(w.label(), tally(req.Window, records), time.Since(began))
	return records
}

var errHangs = errors.New("it did not come back after its time limit")

// gatherWithin returns when the source does, or when its limit and the grace
// have passed, whatever the source does then.
func gatherWithin(ctx context.Context, w witness, req sources.Request) ([]timeline.Evidence, error) {
	type result struct {
		records []timeline.Evidence
		err     error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { // a defect in one source must not cost the draft
			if r := recover(); r != nil {
				done <- result{nil, fmt.Errorf("the source failed: %v", r)}
			}
		}()
		records, err := w.Gather(ctx, req)
		done <- result{records, err}
	}()
	select {
	case r := <-done:
		return r.records, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.records, r.err
	case <-time.After(grace):
		return nil, fmt.Errorf("%w of %s", errHangs, w.limit)
	}
}

// silence is the record of a source that could not be asked.
func silence(w witness, req sources.Request, reason error) timeline.Evidence {
	record, err := sources.Failure(sources.Ask{
		Source: report.RequestSource, Target: w.Name(), Query: "ask " + w.label() + " about the window",
		Question: silenceQuestion{"silence", w.Kind(), req.Window}, Observed: req.Window,
	}, fmt.Errorf("could not ask %s: %w", w.label(), reason), req.Now())
	if err != nil { // the question is our own and always marshals
		panic(err)
	}
	return record
}

// tally says what a source's records hold, for progress. An interpretation that
// fails is counted by derive, which names it.
func tally(w timeline.Window, records []timeline.Evidence) counts {
	own := map[string][]timeline.Evidence{}
	for _, r := range records {
		own[r.Source] = append(own[r.Source], r)
	}
	c := counts{records: len(records)}
	for source, rs := range own {
		f, known := interpreters()[source]
		if !known {
			continue
		}
		found, err := understand(f, w, rs)
		if err != nil {
			continue
		}
		c.events += len(found.Events)
		for _, g := range found.Gaps {
			c.gaps = append(c.gaps, g.Reason)
		}
	}
	return c
}
