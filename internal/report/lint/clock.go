package lint

import (
	"strconv"
	"strings"
	"time"
)

// reading is a time of day that a text names.
type reading struct {
	word   int // the word that it begins at
	end    int
	hour   int
	minute int
	second int // -1 if it is not named
	rough  bool
	utc    bool
	year   int // of the date beside it, with month and day; month is 0 without one
	month  int
	day    int
	twelve bool // AM or PM was said
}

// precision is how long the stretch is that the reading may mean.
func (r reading) precision() time.Duration {
	switch {
	case r.rough:
		return 10 * time.Minute
	case r.second < 0:
		return time.Minute
	}
	return time.Second
}

// sinceMidnight is the time of day.
func (r reading) sinceMidnight() time.Duration {
	return time.Duration(r.hour)*time.Hour + time.Duration(r.minute)*time.Minute + time.Duration(max(r.second, 0))*time.Second
}

// clocks finds the times of day in words: 09:16, 9:16:02 AM, 09:16Z, 2024-07-12T09:16:02Z.
func clocks(ws []word) []reading {
	var out []reading
	for i := range ws {
		r, ok := clockWord(ws[i].s)
		if !ok {
			continue
		}
		r.word, r.end = i, i+1
		if follows(ws, i+1) {
			switch strings.Trim(ws[i+1].s, ".") {
			case "am", "a.m":
				r.hour, r.twelve, r.end = r.hour%12, true, i+2
			case "pm", "p.m":
				r.hour, r.twelve, r.end = r.hour%12+12, true, i+2
			}
		}
		for k := r.end; k < len(ws) && k < r.end+2 && follows(ws, k); k++ {
			if s := ws[k].s; s == "utc" || s == "gmt" || s == "z" {
				r.utc = true
			}
		}
		if i > 0 && follows(ws, i) {
			switch ws[i-1].s {
			case "around", "about", "roughly", "approximately", "circa", "ca", "near", "before", "after", "since", "until", "by":
				r.rough = true
			}
		}
		r.beside(ws, i)
		out = append(out, r)
	}
	return out
}

// beside reads the date that stands directly before or behind the time.
func (r *reading) beside(ws []word, i int) {
	for back := 1; back <= 4 && i-back >= 0; back++ {
		if y, m, d, end := wordDate(ws, i-back); end > 0 && end >= i-1 && end <= i {
			r.year, r.month, r.day = y, m, d
			return
		}
	}
	if r.end+1 < len(ws) && ws[r.end].s == "on" {
		if y, m, d, end := wordDate(ws, r.end+1); end > 0 {
			r.year, r.month, r.day = y, m, d
		}
	}
}

// clockWord reads one word as a time of day.
func clockWord(s string) (reading, bool) {
	r := reading{second: -1}
	if date, rest, ok := strings.Cut(s, "t"); ok && len(date) == 10 {
		t, form, real := isoDate(date)
		if !form || !real {
			return r, false
		}
		r.year, r.month, r.day = t.Year(), int(t.Month()), t.Day()
		s = rest
	}
	if rest, ok := strings.CutSuffix(s, "z"); ok {
		r.utc, s = true, rest
	}
	half := ""
	if len(s) > 3 && (strings.HasSuffix(s, "am") || strings.HasSuffix(s, "pm")) {
		s, half = s[:len(s)-2], s[len(s)-2:]
	}
	fields := strings.Split(s, ":")
	if len(fields) < 2 || len(fields) > 3 || len(fields[0]) > 2 {
		return r, false
	}
	var n [3]int
	for i, f := range fields {
		if i == 2 {
			f, _, _ = strings.Cut(f, ".")
		}
		if i > 0 && len(f) != 2 || f == "" || strings.Trim(f, "0123456789") != "" {
			return r, false
		}
		n[i], _ = strconv.Atoi(f)
	}
	r.hour, r.minute = n[0], n[1]
	if len(fields) == 3 {
		r.second = n[2]
	}
	if half != "" {
		r.twelve = true
		r.hour %= 12
		if half == "pm" {
			r.hour += 12
		}
	}
	return r, r.hour < 24 && r.minute < 60 && r.second < 61
}

// instants are the times that a reading may mean near a window: on the date beside
// it, or on each day that the window touches and the days around it.
func (r reading) instants(from, to time.Time, zone *time.Location) []time.Time {
	if r.utc {
		zone = time.UTC
	}
	if r.month > 0 {
		year := r.year
		if year == 0 {
			year = from.In(zone).Year()
		}
		return []time.Time{time.Date(year, time.Month(r.month), r.day, r.hour, r.minute, max(r.second, 0), 0, zone)}
	}
	var out []time.Time
	const most = 40 // days; a window is rarely longer than one
	day := from.In(zone)
	day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	for n := 0; n < most && !day.After(to); n++ {
		out = append(out, time.Date(day.Year(), day.Month(), day.Day(), r.hour, r.minute, max(r.second, 0), 0, zone))
		day = day.AddDate(0, 0, 1)
	}
	return out
}
