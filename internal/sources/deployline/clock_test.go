package deployline

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	const day = "2024-07-12"
	for name, c := range map[string]struct {
		layout, zone, value string
		want                string // RFC 3339, UTC
		width               time.Duration
	}{
		"rfc3339":              {"", "UTC", day + "T09:00:00Z", day + "T09:00:00Z", time.Second},
		"its zone counts":      {"", "America/New_York", day + "T09:00:00+02:00", day + "T07:00:00Z", time.Second},
		"milliseconds":         {"", "UTC", day + "T09:00:00.250Z", day + "T09:00:00.25Z", time.Millisecond},
		"zero milliseconds":    {"", "UTC", day + "T09:00:00.000Z", day + "T09:00:00Z", time.Millisecond},
		"tenths":               {"", "UTC", day + "T09:00:00.5Z", day + "T09:00:00.5Z", 100 * time.Millisecond},
		"nanoseconds":          {"", "UTC", day + "T09:00:00.123456789Z", day + "T09:00:00.123Z", time.Millisecond},
		"python":               {"", "Europe/Berlin", day + " 09:00:00,125", day + "T07:00:00.125Z", time.Millisecond},
		"without a zone":       {"", "Europe/Berlin", day + " 09:00:00", day + "T07:00:00Z", time.Second},
		"ruby":                 {"", "Europe/Berlin", day + " 09:00:00 UTC", day + "T09:00:00Z", time.Second},
		"offset with a blank":  {"", "UTC", day + " 09:00:00 +0200", day + "T07:00:00Z", time.Second},
		"known abbreviation":   {"2006-01-02 15:04:05 MST", "Europe/Berlin", day + " 09:00:00 CEST", day + "T07:00:00Z", time.Second},
		"seconds":              {"", "UTC", "1720774800", day + "T09:00:00Z", time.Second},
		"seconds and fraction": {"", "UTC", "1720774800.25", day + "T09:00:00.25Z", 10 * time.Millisecond},
		"milliseconds number":  {"", "UTC", "1720774800250", day + "T09:00:00.25Z", time.Millisecond},
		"microseconds number":  {"", "UTC", "1720774800250000", day + "T09:00:00.25Z", time.Millisecond},
		"nanoseconds number":   {"", "UTC", "1720774800250000000", day + "T09:00:00.25Z", time.Millisecond},
		"exponent":             {"", "UTC", "1.7207748e+09", day + "T09:00:00Z", time.Second},
		"unix_ms":              {"unix_ms", "UTC", "1720774800250", day + "T09:00:00.25Z", time.Millisecond},
		"apache":               {"02/Jan/2006:15:04:05 -0700", "UTC", "12/Jul/2024:09:00:00 +0200", day + "T07:00:00Z", time.Second},
		"german":               {"02.01.2006 15:04:05", "Europe/Berlin", "12.07.2024 09:00:00", day + "T07:00:00Z", time.Second},
		"minutes only":         {"2006-01-02 15:04", "UTC", day + " 09:00", day + "T09:00:00Z", time.Minute},
		"days only":            {"2006-01-02", "UTC", day, day + "T00:00:00Z", 24 * time.Hour},
		"strftime":             {"%d/%m/%Y %H:%M:%S", "UTC", "12/07/2024 09:00:00", day + "T09:00:00Z", time.Second},
		"winter":               {"", "Europe/Berlin", "2024-01-12 09:00:00", "2024-01-12T08:00:00Z", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			clock, err := newClock(c.layout, c.zone)
			if err != nil {
				t.Fatal(err)
			}
			got, err := clock.parse(c.value, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if s := got.At.Format(time.RFC3339Nano); s != c.want || !got.Earliest.Equal(got.At) || got.Latest.Sub(got.Earliest) != c.width || got.Note != "" {
				t.Errorf("%s ± %s %q, want %s ± %s", s, got.Latest.Sub(got.Earliest), got.Note, c.want, c.width)
			}
		})
	}
}

func TestClockRefuses(t *testing.T) {
	for name, c := range map[string]struct{ layout, value string }{
		"empty":                {"", ""},
		"words":                {"", "this morning"},
		"day only":             {"", "2024-07-12"},
		"unknown abbreviation": {"2006-01-02 15:04:05 MST", "2024-07-12 09:00:00 AEST"},
		"misread unit":         {"unix_ms", "1720774800"},
		"far future":           {"", "9999-12-31T23:59:59Z"},
		"huge number":          {"", "99999999999999999999"},
		"negative":             {"unix", "-1"},
		"number for a layout":  {"rfc3339", "1720774800"},
		"leap second":          {"", "2016-12-31T23:59:60Z"},
	} {
		t.Run(name, func(t *testing.T) {
			clock, err := newClock(c.layout, "Europe/Berlin")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := clock.parse(c.value, time.Time{}); err == nil {
				t.Errorf("%q is read as %+v", c.value, got)
			}
		})
	}
	for _, layout := range []string{"15:04:05", "Jan _2 15:04:05", "%H:%M", "no layout", "%"} {
		if _, err := newClock(layout, "UTC"); err == nil {
			t.Errorf("layout %q is accepted", layout)
		}
	}
}

// TestDaylightSaving: in Berlin, 02:30 on 27 October 2024 is 00:30 or 01:30 UTC,
// and 02:30 on 31 March 2024 never was.
func TestDaylightSaving(t *testing.T) {
	clock, err := newClock("", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(s string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for name, c := range map[string]struct {
		value, after         string
		at, earliest, latest string
		note                 string
	}{
		"twice":             {"2024-10-27 02:30:00", "", "2024-10-27 00:30:00", "2024-10-27 00:30:00", "2024-10-27 01:30:01", "2024-10-27 02:30:00 occurs twice in Europe/Berlin"},
		"twice, after both": {"2024-10-27 02:30:00", "2024-10-27 00:55:00", "2024-10-27 01:30:00", "2024-10-27 00:30:00", "2024-10-27 01:30:01", "2024-10-27 02:30:00 occurs twice in Europe/Berlin"},
		"never":             {"2024-03-31 02:30:00", "", "2024-03-31 00:30:00", "2024-03-31 00:30:00", "2024-03-31 01:30:01", "2024-03-31 02:30:00 does not exist in Europe/Berlin"},
		"just before":       {"2024-10-27 01:59:59", "", "2024-10-26 23:59:59", "2024-10-26 23:59:59", "2024-10-27 00:00:00", ""},
		"just after":        {"2024-10-27 03:00:00", "", "2024-10-27 02:00:00", "2024-10-27 02:00:00", "2024-10-27 02:00:01", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var after time.Time
			if c.after != "" {
				after = utc(c.after)
			}
			got, err := clock.parse(c.value, after)
			if err != nil {
				t.Fatal(err)
			}
			if !got.At.Equal(utc(c.at)) || !got.Earliest.Equal(utc(c.earliest)) || !got.Latest.Equal(utc(c.latest)) || got.Note != c.note {
				t.Errorf("%+v", got)
			}
		})
	}
}
