package main

import (
	"strings"
	"testing"
	"time"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestParseTime(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2024, 7, 12, 14, 30, 0, 0, loc)
	tests := []struct{ text, want string }{
		{"09:00", "2024-07-12T07:00:00Z"},
		{"14:30", "2024-07-12T12:30:00Z"},
		{"14:31", "2024-07-11T12:31:00Z"}, // has not come yet today
		{"23:59:30", "2024-07-11T21:59:30Z"},
		{"2024-07-10 09:00", "2024-07-10T07:00:00Z"},
		{"2024-01-10 09:00", "2024-01-10T08:00:00Z"}, // winter time
		{"2024-07-10T09:00:15", "2024-07-10T07:00:15Z"},
		{"2024-07-10T09:00:00+05:30", "2024-07-10T03:30:00Z"},
		{"2024-07-10T09:00:00.25Z", "2024-07-10T09:00:00.25Z"},
		{"-2h", "2024-07-12T10:30:00Z"},
		{"-1d", "2024-07-11T12:30:00Z"},
		{"-90m", "2024-07-12T11:00:00Z"},
		{"-1.5h", "2024-07-12T11:00:00Z"},
		{" now ", "2024-07-12T12:30:00Z"},
		{"2024-10-27 01:59", "2024-10-26T23:59:00Z"}, // just before the ambiguous hour
		{"2024-10-27 03:00", "2024-10-27T02:00:00Z"}, // just after it
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := parseTime(tt.text, now, loc)
			if err != nil {
				t.Fatal(err)
			}
			if got := got.UTC().Format(time.RFC3339Nano); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseTimeErrors(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2024, 10, 27, 14, 0, 0, 0, loc)
	tests := []struct {
		text string
		want []string
	}{
		{"yesterday", []string{`"yesterday" is not a time`, "-2h or now"}},
		{"", []string{"not a time"}},
		{"25:00", []string{"not a time"}},
		{"-", []string{"not a time"}},
		{"2h", []string{"not a time"}},
		{"2024-10-27 02:30", []string{"happened twice", "2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"}},
		{"02:30", []string{"happened twice", "2024-10-27T02:30:00+02:00"}},
		{"2024-03-31 02:30", []string{"did not exist", "2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			_, err := parseTime(tt.text, now, loc)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestParseWindow(t *testing.T) {
	loc := berlin(t)
	now := time.Date(2024, 7, 12, 14, 30, 0, 0, loc)
	tests := []struct{ name, from, to, want, note, err string }{
		{"the seed's window", "09:00", "12:45", "2024-07-12T07:00:00Z – 2024-07-12T10:45:00Z", "", ""},
		{"over midnight", "23:00", "01:00", "2024-07-11T21:00:00Z – 2024-07-11T23:00:00Z", "", ""},
		{"until now", "-2h", "now", "2024-07-12T10:30:00Z – 2024-07-12T12:30:00Z", "", ""},
		{"ends in the future", "09:00", "2024-07-12 18:00", "2024-07-12T07:00:00Z – 2024-07-12T12:30:00Z", "cut at now", ""},
		{"from after to", "12:45", "09:00", "", "", "is not before --to 09:00"},
		{"empty", "09:00", "09:00", "", "", "is not before"},
		{"not yet", "09:00", "15:00", "", "", "15:00 is 2024-07-11 15:00:00 CEST; name the dates, or write --to now"},
		{"future", "2024-07-13 09:00", "2024-07-13 10:00", "", "", "is in the future"},
		{"no from", "", "now", "", "", "both --from and --to are needed"},
		{"bad to", "09:00", "noon", "", "", `--to: "noon" is not a time`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, note, err := flagKeys.parseWindow(tt.from, tt.to, now, loc)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one that says %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if w.String() != tt.want || !strings.Contains(note, tt.note) || (note == "") != (tt.note == "") {
				t.Errorf("got %s (note %q), want %s (note %q)", w, note, tt.want, tt.note)
			}
		})
	}
}

// TestWindowUntilNow takes a clock that does not stand on a whole millisecond,
// as clocks do: now is not in the future.
func TestWindowUntilNow(t *testing.T) {
	now := time.Date(2024, 7, 12, 14, 30, 0, 600_700, time.UTC)
	w, note, err := flagKeys.parseWindow("-2h", "now", now, time.UTC)
	if err != nil || note != "" || w.To.After(now) {
		t.Errorf("got %s until %s, note %q, %v", w, w.To, note, err)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"09:00", "2024-07-12 09:00", "-2h", "now", "2024-10-27 02:30", "2024-07-10T09:00:00+05:30"} {
		f.Add(seed)
	}
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2024, 7, 12, 14, 30, 0, 0, loc)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTime(text, now, loc)
		if err == nil && got.IsZero() && !strings.HasPrefix(text, "0001") {
			t.Errorf("%q read as the zero time", text)
		}
	})
}
