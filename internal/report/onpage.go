package report

import (
	"net/url"
	"slices"
	"time"

	"collector/internal/timeline"
)

// This file is what the pages of `collector serve` share with the document: its
// words, its clock, its choice of curves.

// Noun is a kind in two or three words: "replication stopped".
func Noun(k timeline.Kind) string { return noun(k) }

// Short names an event in a few words: "replication stopped", "threads_running high",
// "deploy shop 1.4.2". It may hold foreign text.
func Short(e timeline.Event) string {
	if e.Kind.Action() {
		return action(e)
	}
	if e.Kind == timeline.Alert && e.Attributes["alertname"] != "" {
		return "alert " + e.Attributes["alertname"]
	}
	return short(e)
}

// Plain makes foreign text one clean line of at most limit characters: no controls, no
// marks that turn the direction of writing.
func Plain(text string, limit int) string { return plain(text, limit) }

// Preview is the beginning of a record's body, laid out when it is JSON, and a
// sentence that says what was cut, "" for nothing.
func Preview(body string, limit int) (shown, cut string) { return preview(body, limit) }

// RecordPath is the file of a draft's directory that holds a record, where the draft
// has so many of them.
func RecordPath(id string, records int) string {
	if records > maxEvidenceFiles {
		return evidenceArchive
	}
	return evidenceDir + url.PathEscape(id) + ".json"
}

// Quantity prints a value with its unit: 4.9 ms, 12.4 MiB, 87 %.
func Quantity(value float64, unit string) string { return quantity(value, unit) }

// Figure prints a figure of the damage as the document does: 41,823 requests.
func Figure(i timeline.Impact) string { return count(i.Value, i.Unit) }

// Span is a duration for people: 0.4 s, 95 s, 26 min 7 s, 3 h 45 min, 2 d 4 h.
func Span(d time.Duration) string { return span(d) }

// Apart is how long after i the instant j was, with the error of both: 95 s ± 2 s.
func Apart(i, j timeline.Instant) string { return apart(i, j) }

// Delayed says when j was, seen from the instant i of that name: "95 s ± 2 s after the
// onset", or that their errors leave the order open.
func Delayed(i, j timeline.Instant, name string) string { return delayed(i, j, name) }

// Clock writes times as the document shows them.
type Clock struct{ clock }

// NewClock is a clock of a zone for what happened in a window.
func NewClock(zone *time.Location, w timeline.Window) Clock { return Clock{newClock(zone, w)} }

// UTC reports whether the zone is UTC itself.
func (c Clock) UTC() bool { return c.utc() }

// Zone is the zone's name at a time: CEST.
func (c Clock) Zone(t time.Time) string { return c.abbreviation(t) }

// When is an instant with its preposition: "at 09:14:03 CEST (07:14:03 UTC) ± 1 s".
func (c Clock) When(i timeline.Instant) string { return c.when(i) }

// Cell is an instant in a column whose head names the zone: "09:14:03 ± 1 s".
func (c Clock) Cell(i timeline.Instant) string { return c.cell(i, c.zone) }

// Window is a stretch of time with its length.
func (c Clock) Window(w timeline.Window) string { return c.window(w) }

// Tick is a place of a time axis.
type Tick struct {
	At    time.Time
	Label string
}

// Ticks are at most about ten round times of day in a window.
func (c Clock) Ticks(w timeline.Window) []Tick {
	var out []Tick
	for _, t := range (timeTicks{c.clock}).Ticks(seconds64(w.From), seconds64(w.To)) {
		out = append(out, Tick{time.Unix(int64(t.Value), 0).UTC(), t.Label})
	}
	return out
}

// NamedPhase is a turning point that was found, with its name.
type NamedPhase struct {
	Name string
	timeline.Phase
}

// Phases lists the turning points that were found, in their natural order.
func Phases(p timeline.Phases) []NamedPhase {
	var out []NamedPhase
	for _, n := range phases(p) {
		out = append(out, NamedPhase{n.name, *n.Phase})
	}
	return out
}

// Curve is a series that left its baseline, with the event that says so.
type Curve struct {
	Event     timeline.Event
	Series    timeline.Series // thinned to what can be seen, within the window
	Low, High float64         // the band of normal values
	Banded    bool            // there is one
}

// Curves are the series that the document draws, in the same order.
func Curves(t timeline.Timeline) []Curve {
	var out []Curve
	for _, c := range findCharts(t) {
		low, high, ok := c.normalBand()
		c.series.Points = slices.Clone(thin(c.series.Points, seconds64(t.Window.From), seconds64(t.Window.To)))
		out = append(out, Curve{c.event, c.series, low, high, ok})
	}
	return out
}
