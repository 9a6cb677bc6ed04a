package prometheus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/timeline"
)

// leastFailures is how many evaluations in a row without a part of an exporter's
// metrics are a gap: a scrape that met a slow server is none.
const leastFailures = 5

// blindness is what one exporter could not read.
type blindness struct {
	target     string
	collectors []string
	from, to   int64
	evidence   []string
}

// collectorFindings makes a gap for each exporter that could not read a part of its
// server, so that a missing signal is not taken for a quiet one.
func (a *answers) collectorFindings(f *timeline.Findings) {
	byInstance := map[string]*blindness{}
	for _, p := range a.collectors {
		for _, s := range p.answer.Series {
			for _, r := range a.inWindow(s.Runs, p.question.StepMS) {
				if r.N < leastFailures {
					continue
				}
				key := s.Target + " " + keyOf(s.Labels, "collector")
				b := byInstance[key]
				if b == nil {
					b = &blindness{target: s.Target, from: r.First, to: r.Last}
					byInstance[key] = b
				}
				b.from, b.to = min(b.from, r.First), max(b.to, r.Last)
				b.collectors = append(b.collectors, strings.TrimPrefix(s.Labels["collector"], "collect."))
				b.evidence = append(b.evidence, p.id)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byInstance)) {
		b := byInstance[key]
		reason := fmt.Sprintf("mysqld_exporter could not read %s of %s, so signals from it are missing (an exporter older than the server, or a missing privilege)",
			strings.Join(distinct(b.collectors), ", "), cmp.Or(b.target, "a server"))
		g := a.gap(laterOf(at(b.from), a.window.From), earlierOf(at(b.to), a.window.To), reason, b.evidence)
		g.Target = cmp.Or(b.target, g.Target)
		f.Gaps = append(f.Gaps, g)
	}
	if len(byInstance) == 0 && a.exporterSeen() {
		f.Checks = append(f.Checks, a.check("parts of a server that mysqld_exporter could not read", ids(a.collectors)))
	}
}

// exporterSeen reports whether there was any mysqld_exporter whose collectors
// could have failed.
func (a *answers) exporterSeen() bool {
	pack := mysqldExporter()
	return len(a.collectors) > 0 && slices.ContainsFunc(a.signals, func(p part[signalQuestion, signalAnswer]) bool {
		return p.question.Pack == pack.Name && p.question.Signal == pack.Signals[0].Name && len(p.answer.Series) > 0
	})
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlierOf(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
