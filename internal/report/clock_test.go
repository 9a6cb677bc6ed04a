package report

import (
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestClock: a time of another day than the window's is not taken for one of it, nor
// one of summer time for one of winter time.
func TestClock(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	day := timeline.Window{From: at("2024-07-12T07:00:00Z"), To: at("2024-07-12T10:45:00Z")}
	night := timeline.Window{From: at("2024-07-12T21:00:00Z"), To: at("2024-07-12T23:00:00Z")} // 23:00 to 01:00 in Berlin
	turn := timeline.Window{From: at("2024-10-27T00:00:00Z"), To: at("2024-10-27T02:00:00Z")}
	after := timeline.Window{From: at("2024-10-27T02:00:00Z"), To: at("2024-10-27T04:00:00Z")} // 03:00 to 05:00 CET
	spring := timeline.Window{From: at("2024-03-31T00:30:00Z"), To: at("2024-03-31T02:00:00Z")}
	for name, c := range map[string]struct {
		window         timeline.Window
		first, last    string
		inZone, inText string
	}{
		"the window's day": {day, "2024-07-12T07:14:03Z", "2024-07-12T07:14:03Z", "09:14:03", "at 09:14:03 CEST (07:14:03 UTC)"},
		"from the day before": {day, "2024-07-11T07:00:00Z", "2024-07-12T07:14:03Z", "2024-07-11 09:00:00 to 09:14:03",
			"between 2024-07-11 09:00:00 and 09:14:03 CEST (2024-07-11 07:00:00 and 07:14:03 UTC)"},
		"over midnight":             {night, "2024-07-12T22:10:00Z", "2024-07-12T22:10:00Z", "2024-07-13 00:10:00", "at 2024-07-13 00:10:00 CEST (2024-07-12 22:10:00 UTC)"},
		"summer time ends inside":   {turn, "2024-10-27T00:30:00Z", "2024-10-27T00:30:00Z", "02:30:00 CEST", "at 02:30:00 CEST (00:30:00 UTC)"},
		"the hour that comes twice": {turn, "2024-10-27T01:30:00Z", "2024-10-27T01:30:00Z", "02:30:00 CET", "at 02:30:00 CET (01:30:00 UTC)"},
		"from one offset into the other": {turn, "2024-10-27T00:59:50Z", "2024-10-27T01:00:10Z", "02:59:50 CEST to 02:00:10 CET",
			"between 02:59:50 CEST and 02:00:10 CET (00:59:50 and 01:00:10 UTC)"},
		"summer time ended before the window": {after, "2024-10-27T00:30:00Z", "2024-10-27T00:30:00Z", "02:30:00 CEST", "at 02:30:00 CEST (00:30:00 UTC)"},
		"summer time begins inside": {spring, "2024-03-31T00:59:50Z", "2024-03-31T01:00:10Z", "01:59:50 CET to 03:00:10 CEST",
			"between 01:59:50 CET and 03:00:10 CEST (00:59:50 and 01:00:10 UTC)"},
	} {
		t.Run(name, func(t *testing.T) {
			clock, i := newClock(zone, c.window), timeline.Between(at(c.first), at(c.last))
			name := clock.abbreviation(i.Latest)
			if text := clock.stamp(i); strings.Count(text, name) != strings.Count(c.inText, name) {
				t.Errorf("the stamp is %q", text)
			}
			if i.At = i.Latest; clock.cell(i, zone) != c.inZone || clock.when(i) != c.inText {
				t.Errorf("%q, %q", clock.cell(i, zone), clock.when(i))
			}
		})
	}
}

func TestClockHead(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"2024-07-12T07:00:00Z": "CEST", "2024-12-12T07:00:00Z": "CET", "2024-10-27T00:00:00Z": "Europe/Berlin"} {
		start, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		if got := newClock(zone, timeline.Window{From: start, To: start.Add(2 * time.Hour)}).head(); got != want {
			t.Errorf("a window from %s: %q, want %q", from, got, want)
		}
	}
}

// TestDelayed: nothing is told to be after what may have come later.
func TestDelayed(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:00:00")
	onset := f.around("07:10:05", time.Second)
	for _, tt := range []struct {
		at   timeline.Instant
		want string
	}{
		{f.around("07:10:15", time.Second), "10 s ± 2 s after the onset"},
		{f.around("07:10:01", time.Second), "4 s ± 2 s before the onset"},
		{f.around("07:10:03", 3*time.Second), "at the time of the onset, as far as the clocks can tell"},
		{f.around("07:10:07", 3*time.Second), "at the time of the onset, as far as the clocks can tell"},
	} {
		if got := delayed(onset, tt.at, "the onset"); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.at, got, tt.want)
		}
	}
}
