package actions

import (
	"strings"
	"time"
)

// layouts are the dates that have one meaning only. 01/02/2024 has two.
var layouts = []string{
	time.DateOnly, "2006-1-2", "2006/01/02", "2006.01.02", "20060102",
	"02.01.2006", "2.1.2006",
	"2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "Jan. 2 2006", "2-Jan-2006", "2. January 2006", "2. Jan 2006",
	time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04 MST", time.DateTime,
}

// weekdays are left out: "Mon 2024-08-05".
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// date is the day that a text names, at midnight UTC; the zero time when it names none,
// or when more than one day could be meant.
func date(text string) time.Time {
	if text == "" || len(text) > 80 {
		return time.Time{}
	}
	if t, ok := oneDate(text); ok {
		return t
	}
	// "2024-08-01 (moved)", "by 2024-08-01": one day among other words, none but one.
	var found time.Time
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;()[]→", r) }) {
		if t, err := time.Parse(time.DateOnly, word); err == nil && t.Year() > 0 {
			if !found.IsZero() && !found.Equal(t) {
				return time.Time{}
			}
			found = t
		}
	}
	return found
}

func oneDate(text string) (time.Time, bool) {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ",", " ")), " ")
	if first, rest, ok := strings.Cut(text, " "); ok {
		for _, day := range weekdays {
			if strings.HasPrefix(strings.ToLower(first), day) && len(first) <= len("wednesday") {
				text = rest
			}
		}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), t.Year() > 0
		}
	}
	return time.Time{}, false
}
