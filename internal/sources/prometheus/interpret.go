package prometheus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Interpret turns the records of all configured Prometheus servers into
// findings. It looks at nothing but the records and the window; their order does
// not matter. It is a sources.Interpreter.
func Interpret(window timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	byName := map[string]*answers{}
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b timeline.Evidence) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range sorted {
		var q asked
		failed, err := sources.Read(r, &q, nil)
		if err != nil {
			return timeline.Findings{}, err
		}
		if byName[q.Prometheus] == nil {
			byName[q.Prometheus] = &answers{name: q.Prometheus, window: window.UTC()}
		}
		if err := byName[q.Prometheus].read(r, q, failed); err != nil {
			return timeline.Findings{}, err
		}
	}
	f := timeline.Findings{Evidence: records}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		f.Add(byName[name].findings())
	}
	return f, nil
}

// failure is a question without an answer.
type failure struct {
	what, reason, id string
}

// noted is what a server said about its own answer.
type noted struct{ what, text, id string }

// answers are the records of one Prometheus, taken apart.
type answers struct {
	name   string
	window timeline.Window

	clock      []part[asked, clockAnswer]
	rules      []part[asked, ruleSet]
	alerts     []part[alertsQuestion, runsAnswer]
	since      []part[alertsQuestion, runsAnswer]
	scrapes    []part[scrapesQuestion, runsAnswer]
	coverage   []part[scrapesQuestion, runsAnswer]
	signals    []part[signalQuestion, signalAnswer]
	collectors []part[scrapesQuestion, runsAnswer]
	impact     []part[impactQuestion, impactAnswer]
	failures   []failure
	warnings   []noted

	latest map[string]int64 // of each target, its last sample of any signal; see lastSeen
}

// part is one record: of a question, or of a part of its answer.
type part[Q, A any] struct {
	id       string
	question Q
	answer   A
}

func ids[Q, A any](parts []part[Q, A]) []string {
	list := make([]string, 0, len(parts))
	for _, p := range parts {
		list = append(list, p.id)
	}
	return distinct(list)
}

// read adds one record.
func (a *answers) read(r timeline.Evidence, q asked, failed string) error {
	var err error
	what := ""
	switch q.Kind {
	case kindClock:
		what = "its clock"
		err = readPart(r, failed, &a.clock)
	case kindRules:
		what = "the alerting rules (summaries, runbooks, waiting times)"
		err = readPart(r, failed, &a.rules)
	case kindAlerts:
		what = "alerts"
		err = readPart(r, failed, &a.alerts)
	case kindAlertsSince:
		what = "the times at which alerts became active"
		err = readPart(r, failed, &a.since)
	case kindScrapes:
		what = "failed scrapes"
		err = readPart(r, failed, &a.scrapes)
	case kindCoverage:
		what = "stretches without any scrape"
		err = readPart(r, failed, &a.coverage)
	case kindCollectors:
		what = "parts of a server that mysqld_exporter could not read"
		err = readPart(r, failed, &a.collectors)
	case kindSignal:
		var s signalQuestion
		if _, err := sources.Read(r, &s, nil); err != nil {
			return err
		}
		what = "signal " + s.Signal
		err = readPart(r, failed, &a.signals)
	case kindImpact:
		var i impactQuestion
		if _, err := sources.Read(r, &i, nil); err != nil {
			return err
		}
		what = "impact " + i.Name
		err = readPart(r, failed, &a.impact)
	default:
		return fmt.Errorf("evidence %s: prometheus has no question of kind %q", r.ID, q.Kind)
	}
	if failed != "" {
		a.failures = append(a.failures, failure{what, failed, r.ID})
	}
	for _, w := range q.Warnings {
		if strings.HasPrefix(w, "warning: ") {
			a.warnings = append(a.warnings, noted{what, w, r.ID})
		}
	}
	return err
}

func readPart[Q, A any](r timeline.Evidence, failed string, into *[]part[Q, A]) error {
	if failed != "" {
		return nil
	}
	p := part[Q, A]{id: r.ID}
	_, err := sources.Read(r, &p.question, &p.answer)
	if err != nil {
		return err
	}
	*into = append(*into, p)
	return nil
}

// findings interprets what one Prometheus answered.
func (a *answers) findings() timeline.Findings {
	var f timeline.Findings
	cov := a.readCoverage()
	a.failureGaps(&f)
	a.coverageFindings(&f, cov)
	a.alertFindings(&f, cov)
	a.scrapeFindings(&f, cov)
	a.collectorFindings(&f)
	a.signalFindings(&f, cov)
	a.impactFindings(&f)
	slices.SortStableFunc(f.Events, func(x, y timeline.Event) int {
		return cmp.Or(x.Start.At.Compare(y.Start.At), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Key, y.Key))
	})
	a.setClock(&f)
	return f
}

// failureGaps folds questions that failed for one reason into one gap.
func (a *answers) failureGaps(f *timeline.Findings) {
	byReason := map[string][]failure{}
	for _, x := range a.failures {
		byReason[x.reason] = append(byReason[x.reason], x)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		var what, cited []string
		for _, x := range byReason[reason] {
			what, cited = append(what, x.what), append(cited, x.id)
		}
		text := fmt.Sprintf("could not ask for %s: %s", strings.Join(distinct(what), ", "), reason)
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, text, cited))
	}
	byText := map[string][]noted{}
	for _, w := range a.warnings {
		byText[w.text] = append(byText[w.text], w)
	}
	for _, text := range slices.Sorted(maps.Keys(byText)) {
		var what, cited []string
		for _, w := range byText[text] {
			what, cited = append(what, w.what), append(cited, w.id)
		}
		reason := fmt.Sprintf("the answer on %s may be incomplete, %s", strings.Join(distinct(what), ", "), text)
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, cited))
	}
}

func (a *answers) gap(from, to time.Time, reason string, evidence []string) timeline.Gap {
	return timeline.Gap{Source: Kind, Target: a.name, From: from, To: to, Reason: reason, Evidence: distinct(evidence)}
}

func (a *answers) check(lookedFor string, evidence []string) timeline.Check {
	return timeline.Check{Source: Kind, Target: a.name, LookedFor: lookedFor, Evidence: distinct(evidence)}
}

// setClock brings all times to our clock where the server's measurably differs.
func (a *answers) setClock(f *timeline.Findings) {
	if len(a.clock) == 0 {
		return
	}
	offset, err := a.clock[0].answer.offset()
	if offset.Abs() <= err {
		return
	}
	move := func(i timeline.Instant) timeline.Instant {
		i = i.Shift(-offset)
		return timeline.Instant{At: i.At, Earliest: i.Earliest.Add(-err), Latest: i.Latest.Add(err)}
	}
	for i := range f.Events {
		e := &f.Events[i]
		e.Start = move(e.Start)
		if e.End != nil {
			end := move(*e.End)
			e.End = &end
		}
		e.Evidence = distinct(append(e.Evidence, a.clock[0].id))
	}
	for i := range f.Series {
		for j := range f.Series[i].Points {
			f.Series[i].Points[j].T = f.Series[i].Points[j].T.Add(-offset)
		}
	}
}

// distinct is the sorted set of a list.
func distinct(list []string) []string {
	set := slices.Clone(list)
	slices.Sort(set)
	return slices.Compact(set)
}

// at is a time in ms since 1970 as the timeline has it.
func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// keyOf writes labels in one order: a=1,b=2.
func keyOf(labels map[string]string, without ...string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if slices.Contains(without, name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name + "=" + labels[name])
	}
	return b.String()
}
