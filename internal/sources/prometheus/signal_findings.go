package prometheus

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"collector/internal/timeline"
)

// group is a pack, or the signals of the configuration.
type group struct {
	pack     string
	quiet    []string // signals none of whose series left its baseline
	missing  []string // signals without any series
	blind    []string // series without a baseline
	present  int      // signals with series
	evidence map[string][]string
}

// signalFindings compares every series with its own baseline.
func (a *answers) signalFindings(f *timeline.Findings, c coverage) {
	slices.SortStableFunc(a.signals, func(x, y part[signalQuestion, signalAnswer]) int {
		return cmp.Or(cmp.Compare(x.question.Pack, y.question.Pack), cmp.Compare(x.question.Signal, y.question.Signal), cmp.Compare(x.question.Part, y.question.Part))
	})
	var groups []*group
	for i := 0; i < len(a.signals); {
		j := i
		for j < len(a.signals) && a.signals[j].question.Pack == a.signals[i].question.Pack && a.signals[j].question.Signal == a.signals[i].question.Signal {
			j++
		}
		pack := a.signals[i].question.Pack
		if len(groups) == 0 || groups[len(groups)-1].pack != pack {
			groups = append(groups, &group{pack: pack, evidence: map[string][]string{}})
		}
		a.oneSignal(f, c, groups[len(groups)-1], a.signals[i:j])
		i = j
	}
	for _, g := range groups {
		a.groupFindings(f, g)
	}
}

// oneSignal interprets all parts of one signal.
func (a *answers) oneSignal(f *timeline.Findings, c coverage, g *group, parts []part[signalQuestion, signalAnswer]) {
	name := parts[0].question.Signal
	g.evidence[name] = ids(parts)
	series, left, blind := 0, 0, 0
	for _, p := range parts {
		if p.question.Detector != detectorName {
			f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To,
				fmt.Sprintf("signal %s was recorded for the detector %q, which this version does not have", name, p.question.Detector), []string{p.id}))
			continue
		}
		for _, s := range p.answer.Series {
			curve, events, judged, err := a.judge(p, s, c)
			if err != nil {
				f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, fmt.Sprintf("signal %s cannot be read: %v", name, err), []string{p.id}))
				continue
			}
			series++
			left += len(events)
			if !judged {
				blind++
			}
			f.Series = append(f.Series, curve)
			f.Events = append(f.Events, events...)
		}
	}
	switch {
	case series == 0:
		g.missing = append(g.missing, name)
		return
	case blind > 0:
		g.blind = append(g.blind, name)
	case left == 0:
		g.quiet = append(g.quiet, name)
	}
	g.present++
}

// groupFindings says once for each pack what was quiet, missing or without a baseline.
func (a *answers) groupFindings(f *timeline.Findings, g *group) {
	cited := func(names []string) (all []string) {
		for _, n := range names {
			all = append(all, g.evidence[n]...)
		}
		return all
	}
	switch {
	case len(g.missing) == 0:
	case g.pack != "" && g.present == 0:
		reason := fmt.Sprintf("no series of %s: it is not scraped here (leave the pack out of packs if it is not meant to be)", g.pack)
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, cited(g.missing)))
	case g.pack != "":
		f.Checks = append(f.Checks, a.check(fmt.Sprintf("series of %s for %s", g.pack, strings.Join(g.missing, ", ")), cited(g.missing)))
	default:
		reason := fmt.Sprintf("no series for the signals %s: their queries gave nothing", strings.Join(g.missing, ", "))
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, cited(g.missing)))
	}
	if len(g.blind) > 0 {
		reason := fmt.Sprintf("fewer than %d samples before the window: no baseline to compare %s with", leastBaseline, strings.Join(g.blind, ", "))
		f.Gaps = append(f.Gaps, a.gap(a.window.From, a.window.To, reason, cited(g.blind)))
	}
	if len(g.quiet) > 0 {
		f.Checks = append(f.Checks, a.check(quietText(g), cited(g.quiet)))
	}
}

// quietText says which metrics were compared and stayed where they were.
func quietText(g *group) string {
	of := "of the configuration"
	if g.pack != "" {
		of = "of " + g.pack
	}
	if len(g.quiet) == 1 {
		return fmt.Sprintf("departures from its baseline in the signal %s %s", g.quiet[0], of)
	}
	return fmt.Sprintf("departures from their baseline in %d signals %s (%s)", len(g.quiet), of, strings.Join(g.quiet, ", "))
}

// judge compares one series with its baseline. judged is false when it has none.
func (a *answers) judge(p part[signalQuestion, signalAnswer], s signalSeries, c coverage) (timeline.Series, []timeline.Event, bool, error) {
	q := p.question
	all, err := samplesOf(s.Points)
	if err != nil {
		return timeline.Series{}, nil, false, err
	}
	samples := slices.DeleteFunc(all, func(x sample) bool { return c.lingers(x.T, q.SpanMS) })
	band, judged := q.Rule.Band(samples[:firstFrom(samples, q.Window.UnixMilli())])
	curve := timeline.Series{
		Source: Kind, Target: s.Target, Name: q.Signal, Unit: q.Unit, Labels: s.Labels,
		Baseline: band.Median, Low: band.Low, High: band.High, Evidence: []string{p.id},
		Query: q.PromQL, Step: q.step(),
	}
	for _, x := range samples {
		curve.Points = append(curve.Points, timeline.Point{T: at(x.T), V: x.V})
	}
	if !judged {
		return curve, nil, false, nil
	}
	var events []timeline.Event
	for _, e := range q.Rule.Detect(samples, band) {
		event := departure(q, s, samples, band, e, []string{p.id})
		a.vanished(&event, samples, q)
		if event.Start.At.Before(a.window.To) && !event.EndsAt(a.window.To).Before(a.window.From) {
			events = append(events, event)
		}
	}
	return curve, events, true, nil
}

// departure makes the event of one episode.
func departure(q signalQuestion, s signalSeries, samples []sample, band Band, e Episode, evidence []string) timeline.Event {
	threshold, direction := band.High, "up"
	if !e.Up {
		threshold, direction = band.Low, "down"
	}
	peak := samples[e.Peak]
	event := timeline.Event{
		Kind: timeline.Signal, Grade: timeline.Measured, Source: Kind, Target: s.Target,
		Start: onset(q, samples, band.Median, e), Key: q.Signal + "{" + keyOf(s.Labels) + "}",
		Attributes: map[string]string{
			"signal": q.Signal, "unit": q.Unit, "direction": direction, "baseline": plain(band.Median), "threshold": plain(threshold),
			"peak": plain(peak.V), "peak_at": timeline.FormatTime(at(peak.T)),
		},
		Evidence: evidence,
	}
	if e.After >= 0 {
		end := calmed(q, samples, band.Median, e)
		event.End = &end
		if end.At.Before(event.Start.At) {
			event.End = &event.Start
		}
	}
	verb := "rose"
	if !e.Up {
		verb = "fell"
	}
	event.Summary = fmt.Sprintf("%s %s from its normal %s to %s", q.Signal, verb, quantity(band.Median, q.Unit), quantity(peak.V, q.Unit))
	return event
}

// vanished ends a departure whose series ended while others of its target went on:
// a replica that was promoted has no replication metrics any more. Whether the
// signal ever came back cannot be known; that it still went on would be false.
func (a *answers) vanished(event *timeline.Event, samples []sample, q signalQuestion) {
	last := samples[len(samples)-1].T
	every := max(spacing(samples), q.StepMS, q.ScrapedMS)
	if event.End != nil || a.lastSeen(event.Target)-last <= goneAfter*every {
		return
	}
	end := timeline.Between(at(last), at(last+every))
	if end.At.Before(event.Start.At) {
		end = event.Start
	}
	event.End = &end
	event.Attributes["series_ended"] = timeline.FormatTime(at(last))
	event.Summary += ", until the metric was gone"
}

// goneAfter is after how many missing samples a series counts as ended.
const goneAfter = 5

// lastSeen is the time of a target's latest sample of any signal.
func (a *answers) lastSeen(target string) int64 {
	if a.latest == nil {
		a.latest = map[string]int64{}
		for _, p := range a.signals {
			for _, s := range p.answer.Series {
				for _, r := range s.Points {
					a.latest[s.Target] = max(a.latest[s.Target], r.last())
				}
			}
		}
	}
	return a.latest[target]
}

// plain writes a number in decimal with at most four significant digits.
func plain(v float64) string {
	if v == 0 || !finite(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	decimals := max(0, 3-int(math.Floor(math.Log10(math.Abs(v)))))
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
