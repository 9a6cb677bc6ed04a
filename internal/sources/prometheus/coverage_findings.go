package prometheus

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"collector/internal/timeline"
)

// coverage is when Prometheus observed anything at all.
type coverage struct {
	known    bool // the question was answered
	empty    bool // and no target was ever scraped
	from, to int64
	holes    []hole // in time order; a first one may begin at from, a last one end at to
	evidence []string
}

// hole is a stretch between two samples, in ms, in which nothing was observed.
type hole struct{ from, to int64 }

// over is the hole that a time lies in, or directly before.
func (c coverage) over(t, every int64) (hole, bool) {
	for _, h := range c.holes {
		if t >= h.from-every && t <= h.to {
			return h, true
		}
	}
	return hole{}, false
}

// lingers reports whether a value at t only repeats one from before a hole.
func (c coverage) lingers(t, every int64) bool {
	for _, h := range c.holes {
		if t > h.from+every && t < h.to {
			return true
		}
	}
	return false
}

func (a *answers) readCoverage() coverage {
	if len(a.coverage) == 0 {
		return coverage{}
	}
	q := a.coverage[0].question
	c := coverage{known: true, from: q.From.UnixMilli(), to: q.To.UnixMilli(), evidence: ids(a.coverage)}
	var runs []run
	for _, p := range a.coverage {
		for _, s := range p.answer.Series {
			runs = append(runs, s.Runs...)
		}
	}
	slices.SortFunc(runs, func(x, y run) int { return cmp.Compare(x.First, y.First) })
	if len(runs) == 0 {
		c.empty = true
		return c
	}
	slack := coverageSlack * max(q.EveryMS, q.StepMS)
	if runs[0].First-c.from > slack {
		c.holes = append(c.holes, hole{c.from, runs[0].First})
	}
	end := runs[0].Last
	for _, r := range runs[1:] {
		if r.First > end {
			c.holes = append(c.holes, hole{end, r.First})
		}
		end = max(end, r.Last)
	}
	if c.to-end > slack {
		c.holes = append(c.holes, hole{end, c.to})
	}
	return c
}

// observedAny reports whether silence means that nothing happened.
func (a *answers) observedAny(c coverage) bool {
	if c.known && !c.empty {
		return true
	}
	for _, p := range a.signals {
		if len(p.answer.Series) > 0 {
			return true
		}
	}
	return false
}

// coverageFindings names the stretches of the window that nobody observed.
func (a *answers) coverageFindings(f *timeline.Findings, c coverage) {
	if !c.known {
		return
	}
	if c.empty {
		reason := "there is no sample of any target: nothing was scraped, or the tenant or the path is another one"
		if a.observedAny(c) || a.anyAlert() {
			reason = "there is no series up: failed scrapes, and stretches in which nothing was observed, cannot be told from quiet ones"
		}
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, c.evidence))
		return
	}
	inWindow := 0
	for _, h := range c.holes {
		from, to := at(h.from), at(h.to)
		if from.Before(a.window.From) {
			from = a.window.From
		}
		if to.After(a.window.To) {
			to = a.window.To
		}
		if !from.Before(to) {
			continue
		}
		inWindow++
		reason := fmt.Sprintf("no target was scraped for %s: prometheus was down or restarting, or its storage lost the samples", to.Sub(from).Round(time.Millisecond))
		f.Gaps = append(f.Gaps, a.gap(from, to, reason, c.evidence))
	}
	if inWindow == 0 {
		f.Checks = append(f.Checks, a.check("stretches without any scrape", c.evidence))
	}
}

func (a *answers) anyAlert() bool {
	for _, p := range a.alerts {
		if len(p.answer.Series) > 0 {
			return true
		}
	}
	return false
}
