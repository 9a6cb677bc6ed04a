package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"collector/internal/timeline"
)

// maxCharts is how many charts a draft has, at most.
const maxCharts = 24

// chart is one metric that left its baseline, drawn with what happened around it.
type chart struct {
	name   string // file name below charts/
	event  timeline.Event
	series timeline.Series
}

// findCharts picks one chart for each signal episode's series: gravest first,
// then by onset, each series once.
func findCharts(t timeline.Timeline) []chart {
	var out []chart
	names := map[string]int{}
	drawn := map[int]bool{}
	for _, e := range t.Events {
		if e.Kind != timeline.Signal || len(out) == maxCharts {
			continue
		}
		i := seriesIndex(t, e)
		if i < 0 || drawn[i] || countNumbers(t.Series[i]) < 2 {
			continue
		}
		drawn[i] = true
		name := slug(e.Target+" "+t.Series[i].Name, maxSlug)
		if names[name]++; names[name] > 1 {
			name += fmt.Sprintf("-%d", names[name])
		}
		out = append(out, chart{name + ".svg", e, t.Series[i]})
	}
	return out
}

func countNumbers(s timeline.Series) (n int) {
	for _, p := range s.Points {
		if !math.IsNaN(p.V) && !math.IsInf(p.V, 0) {
			n++
		}
	}
	return n
}

// seriesOf finds the series that a signal event came from.
func seriesOf(t timeline.Timeline, e timeline.Event) (timeline.Series, bool) {
	i := seriesIndex(t, e)
	if i < 0 {
		return timeline.Series{}, false
	}
	return t.Series[i], true
}

// seriesIndex finds the series of a signal event: the same source, target and
// signal, sharing a record; of several the one whose labels and peak agree best.
func seriesIndex(t timeline.Timeline, e timeline.Event) int {
	best, most := -1, 0
	for i, s := range t.Series {
		if s.Name != e.Attributes["signal"] || s.Target != e.Target || s.Source != e.Source {
			continue
		}
		score := 1
		if slices.ContainsFunc(s.Evidence, func(id string) bool { return slices.Contains(e.Evidence, id) }) {
			score += 2
		}
		for k, v := range s.Labels {
			if e.Attributes["label_"+k] == v || strings.Contains(e.Key, v) {
				score++
			}
		}
		if peak, ok := attribute(e.Attributes, "peak"); ok && reaches(s, peak) {
			score += 4
		}
		if score > most {
			best, most = i, score
		}
	}
	return best
}

// reaches reports whether a series has a point at a value, within the four digits
// that a source writes.
func reaches(s timeline.Series, value float64) bool {
	return slices.ContainsFunc(s.Points, func(p timeline.Point) bool {
		return math.Abs(p.V-value) <= 1e-3*math.Abs(value)
	})
}

// ChartView is what the template needs of a chart.
type ChartView struct {
	Path, Alt string
	Caption   Statement
}

// Charts are the pictures of section 4, each with a caption that says in numbers
// what it shows.
func (d *document) Charts() []ChartView {
	var out []ChartView
	for _, c := range d.charts {
		out = append(out, ChartView{
			Path: "charts/" + c.name, Alt: escape(c.title(), maxText),
			Caption: Statement{d.caption(c), slices.Concat(c.event.Evidence, c.series.Evidence)},
		})
	}
	return out
}

// normalBand is the band of normal values; a metric that is never negative has
// none below zero.
func (c chart) normalBand() (low, high float64, ok bool) {
	low, high = c.series.Low, c.series.High
	if math.IsNaN(low) || math.IsNaN(high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return 0, 0, false
	}
	negative := slices.ContainsFunc(c.series.Points, func(p timeline.Point) bool { return p.V < 0 })
	if low < 0 && high >= 0 && !negative {
		low = 0
	}
	return low, high, true
}

func (c chart) title() string {
	if c.series.Target == "" {
		return c.series.Name
	}
	return c.series.Name + " on " + c.series.Target
}

func (d *document) caption(c chart) string {
	unit := c.series.Unit
	text := escape(c.title(), maxText)
	if !math.IsNaN(c.series.Baseline) {
		text += ": normally " + quantity(c.series.Baseline, unit)
		switch low, high, ok := c.normalBand(); {
		case !ok || high-low <= 1e-6*math.Max(1, math.Abs(high)): // nothing to see
		case low == 0 && c.series.Low < 0:
			text += fmt.Sprintf(" (band up to %s)", quantity(high, unit))
		default:
			text += fmt.Sprintf(" (band %s to %s)", quantity(low, unit), quantity(high, unit))
		}
	}
	if peak, ok := attribute(c.event.Attributes, "peak"); ok {
		word := "highest"
		if c.event.Attributes["direction"] == "down" {
			word = "lowest"
		}
		text += fmt.Sprintf("; %s %s", word, quantity(peak, unit))
	}
	return text + "."
}
