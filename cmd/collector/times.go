package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/timeline"
)

// timeForms explains the forms of T wherever one could not be read.
const timeForms = `write 09:00, "2024-07-12 09:00", 2024-07-12T09:00:00Z, -2h or now`

var errTime = errors.New("not a time")

// clockLayouts are the local forms of a time of day, without and with a date.
var (
	clockLayouts = []string{"15:04", "15:04:05"}
	dateLayouts  = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}
)

// parseTime reads a T of the command line. A time of day is the most recent such
// time in loc; -2h is two hours before now. A local time that daylight saving
// makes ambiguous or leaves out is an error that names both candidates.
func parseTime(text string, now time.Time, loc *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "now" {
		return now, nil
	}
	if ago, ok := strings.CutPrefix(text, "-"); ok {
		d, err := parseAgo(ago)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is %w: %s", text, errTime, timeForms)
		}
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range dateLayouts {
		if wall, err := time.Parse(layout, text); err == nil {
			return inZone(wall, text, loc)
		}
	}
	for _, layout := range clockLayouts {
		if clock, err := time.Parse(layout, text); err == nil {
			return mostRecent(clock, text, now, loc)
		}
	}
	return time.Time{}, fmt.Errorf("%q is %w: %s", text, errTime, timeForms)
}

// parseAgo reads 2h, 90m, 1h30m or 1d12h.
func parseAgo(text string) (time.Duration, error) {
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	return time.ParseDuration(text)
}

// mostRecent is the last time before now at which clocks in loc showed the time
// of day: today, else yesterday.
func mostRecent(clock time.Time, text string, now time.Time, loc *time.Location) (time.Time, error) {
	local := now.In(loc)
	for days := 0; ; days++ {
		wall := time.Date(local.Year(), local.Month(), local.Day()-days, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
		t, err := inZone(wall, text, loc)
		if err != nil {
			return time.Time{}, err
		}
		if !t.After(now) || days == 1 {
			return t, nil
		}
	}
}

// inZone is the instant at which clocks in loc show wall's date and time.
func inZone(wall time.Time, text string, loc *time.Location) (time.Time, error) {
	var shown, nearby []time.Time
	for _, day := range []time.Duration{-24 * time.Hour, 24 * time.Hour} { // the offsets on both sides of any change
		_, offset := wall.Add(day).In(loc).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if len(nearby) == 1 && nearby[0].Equal(t) {
			continue
		}
		nearby = append(nearby, t)
		if sameWall(t.In(loc), wall) {
			shown = append(shown, t)
		}
	}
	switch {
	case len(shown) == 1:
		return shown[0], nil
	case len(shown) == 2:
		return time.Time{}, fmt.Errorf("%q happened twice in %s when the clocks went back: write %s or %s", text, loc,
			shown[0].In(loc).Format(time.RFC3339), shown[1].In(loc).Format(time.RFC3339))
	}
	return time.Time{}, fmt.Errorf("%q did not exist in %s, the clocks went forward over it: write %s or %s", text, loc,
		nearby[1].In(loc).Format(time.RFC3339), nearby[0].In(loc).Format(time.RFC3339))
}

func sameWall(a, b time.Time) bool {
	return a.Format(time.DateTime) == b.Format(time.DateTime)
}

// windowKeys are what the two ends of a window are called where somebody names one.
type windowKeys struct{ from, to string }

// flagKeys are those of the command line.
var flagKeys = windowKeys{"--from", "--to"}

// missing says that an end of the window was not given.
func (k windowKeys) missing() error {
	return fmt.Errorf("both %s and %s are needed: %s", k.from, k.to, timeForms)
}

// parseWindow reads the two ends of a window, each a T. The note says what was changed: a
// window that ends in the future is cut at now.
func (k windowKeys) parseWindow(from, to string, now time.Time, loc *time.Location) (w timeline.Window, note string, err error) {
	now = now.UTC().Truncate(time.Millisecond) // the resolution of a window: "now" must not come out after now
	if from == "" || to == "" {
		return w, "", k.missing()
	}
	if w.From, err = parseTime(from, now, loc); err != nil {
		return w, "", fmt.Errorf("%s: %w", k.from, err)
	}
	if w.To, err = parseTime(to, now, loc); err != nil {
		return w, "", fmt.Errorf("%s: %w", k.to, err)
	}
	w = w.UTC()
	if !w.From.Before(w.To) {
		return w, "", fmt.Errorf("%s %s is not before %s %s: %s is %s, %s is %s; name the dates, or write %s now",
			k.from, from, k.to, to, from, localTime(w.From, loc), to, localTime(w.To, loc), k.to)
	}
	if !w.From.Before(now) {
		return w, "", fmt.Errorf("%s %s is in the future: it is %s now; name a window that has begun", k.from, localTime(w.From, loc), localTime(now, loc))
	}
	if w.To.After(now) {
		note = fmt.Sprintf("%s %s is in the future: the window is cut at now, %s", k.to, localTime(w.To, loc), localTime(now, loc))
		w.To = now
	}
	return w, note, nil
}

func localTime(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2006-01-02 15:04:05 MST")
}

// describeWindow is the resolved window as it is always echoed: UTC and local.
func describeWindow(w timeline.Window, loc *time.Location) string {
	const layout = "2006-01-02 15:04:05"
	text := fmt.Sprintf("window: %s – %s UTC", w.From.Format(layout), w.To.Format(layout))
	if loc != time.UTC {
		text += fmt.Sprintf(" = %s – %s %s", w.From.In(loc).Format(layout), w.To.In(loc).Format(layout), loc)
	}
	return fmt.Sprintf("%s (%s)", text, w.Duration().Round(time.Second))
}
