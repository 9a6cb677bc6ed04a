package report

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"collector/internal/timeline"
)

// toldLength finds the durations in an event's summary that say how long it went on, in
// the forms in which the sources write them: "for 18 s", "in 4.2 s", "up to 12m10s",
// "after 3 h 4 min", "2 d 4 h".
var toldLength = regexp.MustCompile(`\b(?:for|after|in|up to) (\d{1,4} d(?: \d{1,2} h)?|\d{1,6} h(?: \d{1,2} min)?|\d{1,6} min(?: \d{1,2} s)?|\d{1,9}(?:\.\d{1,3})? s|(?:\d{1,6}h)?(?:\d{1,6}m)?\d{1,6}s)\b`)

// tellsLength reports whether an event's summary says how long it went on: whether a
// duration in it is the one between the event's times, within their errors and what
// rounding takes away.
func tellsLength(e timeline.Event) bool {
	if e.End == nil || momentary(e) {
		return false
	}
	length := middle(*e.End).Sub(middle(e.Start))
	err := spread(e.Start) + spread(*e.End)
	for _, m := range toldLength.FindAllStringSubmatch(e.Summary, -1) {
		told, ok := readLength(m[1])
		if ok && (told-length).Abs() <= err+precision(told)/2 {
			return true
		}
	}
	return false
}

// middle is the time halfway between an instant's earliest and latest.
func middle(i timeline.Instant) time.Time { return i.Earliest.Add(spread(i)) }

// readLength reads a duration that toldLength found.
func readLength(text string) (time.Duration, bool) {
	var days time.Duration
	if head, rest, ok := strings.Cut(text, " d"); ok {
		n, err := strconv.Atoi(head)
		if err != nil {
			return 0, false
		}
		days, text = time.Duration(n)*24*time.Hour, strings.TrimSpace(rest)
	}
	if text == "" {
		return days, true
	}
	d, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(text))
	return days + d, err == nil
}
