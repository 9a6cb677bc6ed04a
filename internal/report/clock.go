package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// clock writes times as the document shows them: in the configured zone with
// UTC beside, to the second, never more precise than they are known.
type clock struct {
	zone *time.Location
	from time.Time // when the window begins
	days bool      // the window touches more than one day: times carry their date
	turn bool      // the zone's offset changes inside the window: local times carry its name
}

func newClock(zone *time.Location, w timeline.Window) clock {
	from, to := w.From.In(zone), w.To.Add(-time.Nanosecond).In(zone)
	sameLocal := from.Format(time.DateOnly) == to.Format(time.DateOnly)
	sameUTC := from.UTC().Format(time.DateOnly) == to.UTC().Format(time.DateOnly)
	_, before := from.Zone()
	_, after := to.Zone()
	return clock{zone, w.From, !sameLocal || !sameUTC, before != after}
}

// head names the zone for the head of a column of times: CEST, or Europe/Berlin where
// each time says which of two offsets it has.
func (c clock) head() string {
	if c.turn {
		return c.zone.String()
	}
	return c.abbreviation(c.from)
}

func (c clock) utc() bool { return c.zone.String() == "UTC" }

// abbreviation is the zone's name at a time: CEST, or UTC+05:30 where it has none.
func (c clock) abbreviation(t time.Time) string {
	name := t.In(c.zone).Format("MST")
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + t.In(c.zone).Format("-07:00")
	}
	return name
}

// layout is a time of day, with its date unless that is the window's only one.
func (c clock) layout(t time.Time, in *time.Location) string {
	if c.days || t.In(in).Format(time.DateOnly) != c.from.In(in).Format(time.DateOnly) {
		return t.In(in).Format(time.DateTime)
	}
	return t.In(in).Format(time.TimeOnly)
}

// time is a time without error: 09:14:03 CEST (07:14:03 UTC).
func (c clock) time(t time.Time) string {
	if c.utc() {
		return c.layout(t, time.UTC) + " UTC"
	}
	return fmt.Sprintf("%s %s (%s UTC)", c.layout(t, c.zone), c.abbreviation(t), c.layout(t, time.UTC))
}

// dated is a minute with its date, whatever day the window is on:
// 2024-07-13 12:45 CEST (2024-07-13 10:45 UTC).
func (c clock) dated(t time.Time) string {
	const layout = "2006-01-02 15:04"
	if c.utc() {
		return t.UTC().Format(layout) + " UTC"
	}
	return t.In(c.zone).Format(layout) + " " + c.abbreviation(t) + " (" + t.UTC().Format(layout) + " UTC)"
}

// window is a stretch of time: 2024-07-12 09:00 to 12:45 CEST (07:00 to 10:45 UTC), 3 h 45 min.
func (c clock) window(w timeline.Window) string {
	write := func(in *time.Location) string {
		from, to := w.From.In(in), w.To.In(in)
		time := "15:04"
		if from.Second() != 0 || to.Second() != 0 {
			time = "15:04:05"
		}
		if from.Format("2006-01-02") == to.Format("2006-01-02") {
			return from.Format("2006-01-02 "+time) + " to " + to.Format(time)
		}
		return from.Format("2006-01-02 "+time) + " to " + to.Format("2006-01-02 "+time)
	}
	text := write(time.UTC) + " UTC"
	if !c.utc() {
		zone := c.abbreviation(w.From)
		if end := c.abbreviation(w.To); end != zone {
			zone += "/" + end
		}
		text = write(c.zone) + " " + zone + " (" + text + ")"
	}
	return text + ", " + span(w.Duration())
}

// when is an instant with its preposition: "at 09:14:03 CEST (07:14:03 UTC) ± 1 s"
// or "between 09:14:02 and 09:14:04 CEST (07:14:02 and 07:14:04 UTC)".
func (c clock) when(i timeline.Instant) string {
	first, last, spread := c.bounds(i)
	if spread == "" && first.Equal(last) {
		return "at " + c.time(first)
	}
	if spread != "" {
		return "at " + c.time(first) + " ± " + spread
	}
	if c.utc() {
		return fmt.Sprintf("between %s and %s UTC", c.layout(first, time.UTC), c.layout(last, time.UTC))
	}
	from, to := c.layout(first, c.zone), c.layout(last, c.zone)
	if name := c.abbreviation(first); name != c.abbreviation(last) {
		from += " " + name
	}
	return fmt.Sprintf("between %s and %s %s (%s and %s UTC)", from, to, c.abbreviation(last), c.layout(first, time.UTC), c.layout(last, time.UTC))
}

// stamp is an instant at the head of a line: "09:14:03 CEST (07:14:03 UTC) ± 1 s".
func (c clock) stamp(i timeline.Instant) string {
	_, last, spread := c.bounds(i)
	text := c.cell(i, c.zone)
	if spread != "" {
		text = strings.TrimSuffix(text, " ± "+spread)
		spread = " ± " + spread
	}
	if c.utc() {
		return text + " UTC" + spread
	}
	inUTC, _, _ := strings.Cut(c.cell(i, time.UTC), " ±")
	if name := c.abbreviation(last); !strings.HasSuffix(text, " "+name) { // else each time has its name
		text += " " + name
	}
	return text + " (" + inUTC + " UTC)" + spread
}

// cell is an instant in a table column whose head names the zone.
func (c clock) cell(i timeline.Instant, in *time.Location) string {
	first, last, spread := c.bounds(i)
	switch {
	case spread != "":
		return c.under(first, in) + " ± " + spread
	case first.Equal(last):
		return c.under(first, in)
	}
	return c.under(first, in) + " to " + c.under(last, in)
}

// under is a time below a head that names the zone, with its offset's name where that
// is not the one that the head names: one and the same time of day may come twice, and
// what began before the window may have begun before the clocks were changed.
func (c clock) under(t time.Time, in *time.Location) string {
	if in == c.zone && (c.turn || c.abbreviation(t) != c.abbreviation(c.from)) {
		return c.layout(t, in) + " " + c.abbreviation(t)
	}
	return c.layout(t, in)
}

// bounds brings an instant to whole seconds. An instant within one second is that
// second; one with its estimate in the middle is a time and a spread; any other
// is two times. All of them contain [Earliest, Latest].
func (c clock) bounds(i timeline.Instant) (first, last time.Time, spread string) {
	first, last = i.Earliest.Truncate(time.Second), i.Latest.Truncate(time.Second)
	if first.Equal(last) {
		return first, first, ""
	}
	before, after := i.At.Sub(i.Earliest), i.Latest.Sub(i.At)
	if off := before - after; off.Abs() <= 100*time.Millisecond {
		at := i.At.Truncate(time.Second)
		most := max(at.Sub(i.Earliest), i.Latest.Sub(at)-999*time.Millisecond, 0)
		return at, at, span(ceil(most, time.Second))
	}
	return first, last, ""
}

func ceil(d, unit time.Duration) time.Duration { return (d + unit - 1) / unit * unit }

// spread is half of the width of an instant.
func spread(i timeline.Instant) time.Duration { return i.Latest.Sub(i.Earliest) / 2 }

// apart is how long after i the instant j was, with the error of both:
// "95 s", "95 s ± 2 s". An error below the last unit that is printed is left out,
// as in any rounded number. A negative duration is printed without its sign.
func apart(i, j timeline.Instant) string {
	length := middle(j).Sub(middle(i))
	err := spread(i) + spread(j)
	text := span(length.Abs().Round(time.Second))
	if unit := precision(length); unit > time.Second && err >= unit || unit == time.Second && err >= unit/2 {
		text += " ± " + span(ceil(err, unit))
	}
	return text
}

// delayed says when j was, seen from the instant i of that name: "95 s ± 2 s after the
// onset", or that their errors leave the order open.
func delayed(i, j timeline.Instant, name string) string {
	switch {
	case i.Before(j):
		return apart(i, j) + " after " + name
	case j.Before(i):
		return apart(j, i) + " before " + name
	}
	return "at the time of " + name + ", as far as the clocks can tell"
}

// precision is the smallest unit that span prints of a duration.
func precision(d time.Duration) time.Duration {
	switch {
	case d.Abs() >= 24*time.Hour:
		return time.Hour
	case d.Abs() >= time.Hour:
		return time.Minute
	}
	return time.Second
}

// span is a duration for people: 0.4 s, 95 s, 26 min 7 s, 3 h 45 min, 2 d 4 h.
func span(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Second:
		return strconv.FormatFloat(d.Round(10*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
	case d < 2*time.Minute:
		return strconv.FormatInt(int64(d.Round(time.Second)/time.Second), 10) + " s"
	case d < time.Hour:
		d = d.Round(time.Second)
		return join2(int64(d/time.Minute), "min", int64(d%time.Minute/time.Second), "s")
	case d < 24*time.Hour:
		d = d.Round(time.Minute)
		return join2(int64(d/time.Hour), "h", int64(d%time.Hour/time.Minute), "min")
	}
	d = d.Round(time.Hour)
	return join2(int64(d/(24*time.Hour)), "d", int64(d%(24*time.Hour)/time.Hour), "h")
}

func join2(a int64, unitA string, b int64, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}
