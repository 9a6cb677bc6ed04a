package report

import (
	"testing"
	"time"

	"collector/internal/timeline"
)

// TestClockDates: a time of another day than the window's is not taken for one of it.
func TestClockDates(t *testing.T) {
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
	for name, c := range map[string]struct {
		window         timeline.Window
		first, last    string
		inZone, inText string
	}{
		"the window's day": {day, "2024-07-12T07:14:03Z", "2024-07-12T07:14:03Z", "09:14:03", "at 09:14:03 CEST (07:14:03 UTC)"},
		"from the day before": {day, "2024-07-11T07:00:00Z", "2024-07-12T07:14:03Z", "2024-07-11 09:00:00 to 09:14:03",
			"between 2024-07-11 09:00:00 and 09:14:03 CEST (2024-07-11 07:00:00 and 07:14:03 UTC)"},
		"over midnight": {night, "2024-07-12T22:10:00Z", "2024-07-12T22:10:00Z", "2024-07-13 00:10:00", "at 2024-07-13 00:10:00 CEST (2024-07-12 22:10:00 UTC)"},
	} {
		t.Run(name, func(t *testing.T) {
			clock, i := newClock(zone, c.window), timeline.Between(at(c.first), at(c.last))
			if i.At = i.Latest; clock.cell(i, zone) != c.inZone || clock.when(i) != c.inText {
				t.Errorf("%q, %q", clock.cell(i, zone), clock.when(i))
			}
		})
	}
}
