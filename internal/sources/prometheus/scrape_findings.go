package prometheus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"collector/internal/timeline"
)

// scrapeMerge joins failures of one target: a target that answers one scrape in
// between is not back.
const scrapeMerge = 5

// scrapeFindings makes an event of each stretch of failed scrapes of a target.
func (a *answers) scrapeFindings(f *timeline.Findings, c coverage) {
	if len(a.scrapes) == 0 {
		return
	}
	type target struct {
		series   runSeries
		evidence []string
	}
	q := a.scrapes[0].question
	byKey := map[string]*target{}
	for _, p := range a.scrapes {
		for _, s := range p.answer.Series {
			key := keyOf(s.Labels)
			if byKey[key] == nil {
				byKey[key] = &target{series: runSeries{Target: s.Target, Labels: s.Labels}}
			}
			byKey[key].series.Runs = append(byKey[key].series.Runs, s.Runs...)
			byKey[key].evidence = append(byKey[key].evidence, p.id)
		}
	}
	failed := 0
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		t := byKey[key]
		slices.SortFunc(t.series.Runs, func(x, y run) int { return cmp.Compare(x.First, y.First) })
		for _, stretch := range mergeRuns(t.series.Runs, q) {
			every := max(q.StepMS, cmp.Or(stretch.every, q.EveryMS))
			if len(a.inWindow([]run{stretch.run}, every)) == 0 {
				continue
			}
			failed++
			f.Events = append(f.Events, scrapeDown(t.series, stretch, q, every, t.evidence, c))
		}
	}
	if failed == 0 && c.known && !c.empty {
		f.Checks = append(f.Checks, a.check("failed scrapes", ids(a.scrapes)))
	}
}

// outage is a stretch of failed scrapes, with shorter recoveries inside.
type outage struct {
	run
	every int64 // ms between scrapes, as the samples show; 0 unknown
	times int   // unbroken stretches in it
}

func mergeRuns(runs []run, q scrapesQuestion) []outage {
	var out []outage
	for _, r := range runs {
		every := cmp.Or(r.every(), q.EveryMS)
		if n := len(out); n > 0 && r.First-out[n-1].Last <= scrapeMerge*every {
			last := &out[n-1]
			last.Last, last.N, last.times = r.Last, last.N+r.N, last.times+1
			last.every = cmp.Or(last.every, r.every())
			continue
		}
		out = append(out, outage{r, r.every(), 1})
	}
	return out
}

func scrapeDown(s runSeries, o outage, q scrapesQuestion, every int64, evidence []string, c coverage) timeline.Event {
	e := timeline.Event{
		Kind: timeline.ScrapeDown, Grade: timeline.Measured, Source: Kind, Target: s.Target,
		Start: timeline.Between(at(o.First-max(every, q.StepMS)), at(o.First)), Key: s.Labels["job"] + "/" + s.Labels["instance"],
		Attributes: map[string]string{"job": s.Labels["job"], "instance": s.Labels["instance"], "failed_scrapes": strconv.Itoa(o.N)},
		Evidence:   evidence,
	}
	began := ""
	if o.First-q.From.UnixMilli() <= every+q.StepMS {
		// It failed from the first look on: since when is not known.
		e.Attributes["started_before"] = timeline.FormatTime(at(o.First))
		began = ", and had before"
	}
	if o.times > 1 {
		e.Attributes["flaps"] = strconv.Itoa(o.times)
	}
	if next := o.Last + every; next <= q.To.UnixMilli() {
		earliest := next - q.StepMS
		if h, inHole := c.over(o.Last, every); inHole {
			earliest, next = min(earliest, h.from), max(next, h.to)
			e.Evidence = append(slices.Clone(evidence), c.evidence...)
		}
		if next < q.To.UnixMilli() {
			end := timeline.Between(at(earliest), at(next))
			e.End = &end
		}
	}
	e.Evidence = distinct(e.Evidence)
	lasted := ""
	if e.End != nil {
		lasted = " for about " + e.End.At.Sub(e.Start.At).Round(time.Second).String()
	}
	e.Summary = fmt.Sprintf("prometheus could not scrape %s of job %s%s%s", cmp.Or(s.Labels["instance"], "a target"), cmp.Or(s.Labels["job"], "unknown"), lasted, began)
	return e
}
