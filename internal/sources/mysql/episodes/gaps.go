package episodes

import (
	"fmt"
	"strings"
	"time"

	"collector/internal/timeline"
)

// gap tells a question that could not be answered.
func gap(q question, e timeline.Evidence, w timeline.Window, reason string) timeline.Gap {
	if q.Series != "" && q.Series != streamName(streamTicks) {
		reason = fmt.Sprintf("the recorded %s could not be read: %s", q.Series, reason)
	}
	return timeline.Gap{Source: sourceKind, Target: q.Server, From: w.From, To: w.To, Reason: reason, Evidence: []string{e.ID}}
}

// watch is a server's coverage.
type watch struct {
	question
	coverage
	id string
}

func (w watch) gaps(window timeline.Window) (out []timeline.Gap) {
	for _, s := range w.Unobserved {
		if !s.From.Before(window.To) || !window.From.Before(s.To) {
			continue
		}
		out = append(out, timeline.Gap{Source: sourceKind, Target: w.Server, From: s.From, To: s.To, Reason: s.reason(), Evidence: []string{w.id}})
	}
	return out
}

// reason says why a stretch was not observed.
func (s stretch) reason() string {
	if s.Unsampled > 0 {
		return fmt.Sprintf("the %s was not sampled for %d ticks, although the server answered", s.Stream, s.Unsampled)
	}
	var parts []string
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, ticks(n)))
		}
	}
	add(s.Missing, "the recorder was not running, or was stuck, for %s")
	if s.Refused > 0 {
		parts = append(parts, fmt.Sprintf("the server refused the recorder's login for %s (error %d)", ticks(s.Refused), errTooManyConnections))
	}
	if s.Denied > 0 {
		why := ""
		if s.ErrorNumber != 0 {
			why = fmt.Sprintf(" (error %d)", s.ErrorNumber)
		}
		parts = append(parts, fmt.Sprintf("the server denied the recorder's login for %s%s", ticks(s.Denied), why))
	}
	add(s.Unreachable, "the server could not be reached for %s")
	add(s.TimedOut, "the server did not answer in time for %s")
	if s.Unread {
		parts = append(parts, "the recording could not be read any further")
	}
	add(s.Skipped, "the recorder left out %s, to spare the server")
	return strings.Join(parts, "; ")
}

func ticks(n int) string {
	if n == 1 {
		return "1 tick"
	}
	return fmt.Sprintf("%d ticks", n)
}

// observed is which part of the window a stream was observed, in thousandths.
func (w watch) observed(stream int) int {
	all := w.Window.Duration()
	if all <= 0 {
		return 0
	}
	seen := all - w.lost(streamTicks)
	if stream != streamTicks {
		seen -= w.lost(stream)
	}
	if seen >= all {
		return 1000
	}
	// Cut, not rounded: 99.99 % is not all.
	return int(max(0, seen) * 1000 / all)
}

func (w watch) lost(stream int) (sum time.Duration) {
	for _, s := range w.Unobserved {
		if s.Stream == streamName(stream) {
			sum += s.To.Sub(s.From)
		}
	}
	return sum
}
