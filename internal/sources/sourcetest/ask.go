package sourcetest

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// At is a time of a day without anything special about it, in UTC: 09:14:00.
func At(clock string) time.Time {
	t, err := time.Parse(time.DateTime, "2024-07-12 "+clock)
	if err != nil {
		panic(err) // the test's own text
	}
	return t
}

// Morning is the hour from 09:00 of the day of [At].
func Morning() timeline.Window { return timeline.Window{From: At("09:00:00"), To: At("10:00:00")} }

// Minutes is so many minutes after 09:00 of a day without anything special about it, in UTC.
func Minutes(n float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(n * float64(time.Minute)))
}

// FirstHour are the first sixty of [Minutes].
func FirstHour() timeline.Window { return timeline.Window{From: Minutes(0), To: Minutes(60)} }

// Request asks about a window, an hour after its end, with nobody to listen.
func Request(w timeline.Window) sources.Request {
	return sources.Request{
		Window: w, Log: slog.New(slog.DiscardHandler), Notify: func(string) {}, Now: func() time.Time { return w.To.Add(time.Hour) },
	}
}

// Ask gathers and interprets, and fails the test where either does, or where an event is
// invalid or its summary is no sentence on one line.
func Ask(t testing.TB, src sources.Source, interpret sources.Interpreter, req sources.Request) timeline.Findings {
	t.Helper()
	records, err := src.Gather(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	found, err := interpret(req.Window, records)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found.Events {
		if err := e.Validate(); err != nil || strings.ContainsAny(e.Summary, "\n\r") || strings.HasSuffix(e.Summary, ".") {
			t.Errorf("%q, %v", e.Summary, err)
		}
	}
	return found
}
