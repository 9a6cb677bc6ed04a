package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

var monthDays = [...]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// month is the number of a month by its English name, 0 for any other word.
func month(s string) int {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if len(s) < 3 {
		return 0
	}
	for i, name := range dateWords[:12] {
		if s == name || s == name[:3] || s == "sept" && i == 8 {
			return i + 1
		}
	}
	return 0
}

// isoDate reads 2024-02-30: whether it has the form, and whether there is such a day.
func isoDate(s string) (t time.Time, form, real bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' || strings.Trim(s, "0123456789-") != "" {
		return t, false, false
	}
	if s[:2] != "19" && s[:2] != "20" {
		return t, false, false
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, true, err == nil
}

// number is a whole number of one or two digits, perhaps with st, nd, rd, th; or 0.
func number(s string) int {
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		s = strings.TrimSuffix(s, suffix)
	}
	if len(s) > 2 {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// wordDate reads the date that begins at word i: 2024-07-12, 12 July 2024, July 12,
// 2024, 12 July. The year is 0 where none is named.
func wordDate(ws []word, i int) (year, mon, day, end int) {
	if t, form, ok := isoDate(strings.TrimSuffix(ws[i].s, "t")); form {
		if !ok {
			s := ws[i].s
			y, _ := strconv.Atoi(s[:4])
			m, _ := strconv.Atoi(s[5:7])
			d, _ := strconv.Atoi(s[8:10])
			return y, m, d, i + 1
		}
		return t.Year(), int(t.Month()), t.Day(), i + 1
	}
	if i+1 >= len(ws) || ws[i+1].broken {
		return 0, 0, 0, 0
	}
	a, b := ws[i].s, ws[i+1].s
	switch {
	case number(a) > 0 && month(b) > 0 && ws[i+1].upper:
		mon, day = month(b), number(a)
	case month(a) > 0 && ws[i].upper && number(b) > 0:
		mon, day = month(a), number(b)
	default:
		return 0, 0, 0, 0
	}
	end = i + 2
	if end < len(ws) && !ws[end].broken && len(ws[end].s) == 4 && strings.HasPrefix(ws[end].s, "20") {
		if y, err := strconv.Atoi(ws[end].s); err == nil {
			return y, mon, day, end + 1
		}
	}
	return 0, mon, day, end
}

// exists reports whether there is such a day; without a year, in any year.
func exists(year, mon, day int) bool {
	if mon < 1 || mon > 12 || day < 1 || day > monthDays[mon-1] {
		return false
	}
	return year == 0 || time.Date(year, time.Month(mon), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// dateLike reports whether a text is a date and little else.
func dateLike(text string) bool {
	ws := split(text)
	if len(ws) == 0 || len(ws) > 5 {
		return false
	}
	if dateIn(text) != "" {
		return true
	}
	if len(ws) == 1 && dayOfYear(ws[0].s) {
		return true
	}
	for _, w := range ws {
		if month(w.s) > 0 && w.upper {
			return true
		}
	}
	return false
}

// dayOfYear reports whether a word is a date without a year: 04-19.
func dayOfYear(s string) bool {
	m, d, ok := strings.Cut(s, "-")
	return ok && len(m) == 2 && len(d) == 2 && exists(0, number(m), number(d))
}

// dateIn is the first date, quarter or week that a text names, "" for none.
func dateIn(text string) string {
	ws := split(text)
	for i, w := range ws {
		if _, mon, day, end := wordDate(ws, i); end > 0 && (mon > 0 || day > 0) {
			return text[w.start:ws[end-1].end]
		}
		if len(w.s) == 2 && w.s[0] == 'q' && w.s[1] >= '1' && w.s[1] <= '4' {
			return w.s
		}
		if len(w.s) >= 7 && strings.HasPrefix(w.s, "20") && w.s[4] == '-' {
			return w.s
		}
		if (month(w.s) > 0 && w.upper && w.s != "may" && w.s != "march") && i+1 < len(ws) && len(ws[i+1].s) == 4 && strings.HasPrefix(ws[i+1].s, "20") {
			return text[w.start:ws[i+1].end]
		}
		if strings.Count(w.s, ".") == 2 && strings.Trim(w.s, "0123456789.") == "" || strings.Count(w.s, "/") == 2 && strings.Trim(w.s, "0123456789/") == "" {
			return w.s
		}
	}
	return ""
}

// checkDates reports days that no calendar has, and actions due before the incident.
func checkDates(p *page, report reporter) {
	for _, q := range p.passages {
		if !q.judged() {
			continue
		}
		ws := q.tokens()
		for i := 0; i < len(ws); i++ {
			year, mon, day, end := wordDate(ws, i)
			if end == 0 {
				continue
			}
			if !exists(year, mon, day) && ws[i].quoted == 0 && !invalid(ws, i) {
				start, stop := q.bounds(ws[i].start, ws[end-1].end)
				report(start, stop, quoted(q.text[ws[i].start:ws[end-1].end])+" is in no calendar")
			}
			i = end - 1
		}
	}
	p.checkDue(report)
}

// invalid reports whether the sentence itself says that the date is not one.
func invalid(ws []word, i int) bool {
	first, last := sentenceBounds(ws, i)
	return slices.ContainsFunc(ws[first:last+1], func(w word) bool {
		return w.s == "invalid" || w.s == "impossible" || w.s == "nonexistent" || w.s == "non-existent" || w.s == "notation" || w.s == "parse" || w.s == "parsed"
	})
}

// checkDue reports actions that are due before the day of the incident.
func (p *page) checkDue(report reporter) {
	day := p.incidentDay()
	if day.IsZero() {
		return
	}
	for _, a := range p.allActions() {
		ws := split(a.date)
		for i := range ws {
			y, m, d, end := wordDate(ws, i)
			if end == 0 || y == 0 || !exists(y, m, d) {
				continue
			}
			if due := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); due.Before(day) && !a.done {
				report(a.start, a.end, "the action "+quoted(a.text)+" is due on "+due.Format(time.DateOnly)+", before the incident of "+day.Format(time.DateOnly))
			}
			break
		}
	}
}

// incidentDay is the day of the incident: the draft's, or the earliest date with a
// year above the actions. A defect escape analysis counts from the day of detection.
func (p *page) incidentDay() time.Time {
	if p.facts != nil && !p.facts.Timeline.Window.From.IsZero() {
		return p.facts.Timeline.Window.From.UTC().Truncate(24 * time.Hour)
	}
	var first time.Time
	for _, q := range p.passages {
		if q.section.is(toDo) || q.section.is(remedies) || p.escape && q.label != "date detected" {
			continue
		}
		ws := q.tokens()
		for i := range ws {
			if y, m, d, end := wordDate(ws, i); end > 0 && y > 0 && exists(y, m, d) {
				if t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC); first.IsZero() || t.Before(first) {
					first = t
				}
			}
		}
	}
	return first
}
