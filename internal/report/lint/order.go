package lint

import "time"

// stamped is a row of a timeline: an item or a table row that begins with a time.
type stamped struct {
	reading
	start, end int
	row        *row
	item       *item
	passage    *passage
}

// timelines are the runs of list items or table rows that begin with a time, as
// people wrote them or added to them: at least three in one list or table.
func (p *page) timelines() [][]stamped {
	var out [][]stamped
	keep := func(run []stamped, rows int) {
		if len(run) >= 3 && 3*len(run) >= 2*rows {
			out = append(out, run)
		}
	}
	lists := map[int][]*item{}
	var order []int
	for _, it := range p.items {
		if lists[it.list] == nil {
			order = append(order, it.list)
		}
		lists[it.list] = append(lists[it.list], it)
	}
	for _, n := range order {
		var run []stamped
		for _, it := range lists[n] {
			if len(it.passages) == 0 || it.quote || !it.passages[0].judged() && !it.passages[0].ours {
				continue
			}
			if r, ok := it.passages[0].stamp(); ok {
				start, end := it.extent()
				run = append(run, stamped{r, start, end, nil, it, it.passages[0]})
			}
		}
		keep(run, len(lists[n]))
	}
	for _, t := range p.tables {
		var run []stamped
		for _, r := range t.rows {
			if len(r.cells) == 0 || !r.cells[0].judged() && !r.cells[0].ours {
				continue
			}
			if s, ok := r.cells[0].stamp(); ok {
				start, end := r.extent()
				if columnSays(t.heads, "utc") {
					s.utc = true
				}
				run = append(run, stamped{s, start, end, r, nil, r.cells[0]})
			}
		}
		keep(run, len(t.rows))
	}
	return out
}

// columnSays reports whether the head of the first column names a word.
func columnSays(heads []string, w string) bool {
	if len(heads) == 0 {
		return false
	}
	for _, x := range split(heads[0]) {
		if x.s == w {
			return true
		}
	}
	return false
}

// stamp is the time that a passage begins with, perhaps behind a date.
func (p *passage) stamp() (reading, bool) {
	ws := p.tokens()
	if all := clocks(ws); len(all) > 0 && all[0].word <= 3 && (all[0].word == 0 || all[0].month > 0) {
		return all[0], true
	}
	return reading{}, false
}

// backwards is how far a time may lie before the one above it to be taken for out of
// order; farther back it is taken for the next day.
const backwards = 6 * time.Hour

// checkOrder reports rows of timelines that are earlier than the row above them.
func checkOrder(p *page, report reporter) {
	for _, run := range p.timelines() {
		last := run[0]
		for _, s := range run[1:] {
			if s.rough || last.rough || s.passage.ours && last.passage.ours { // whose times have errors
				last = s
				continue
			}
			if early(last, s) {
				report(s.start, s.end, "this row is earlier than the row above it")
				continue // the next is compared with the row before
			}
			last = s
		}
	}
}

// early reports whether b is before a.
func early(a, b stamped) bool {
	if a.month > 0 && b.month > 0 {
		x := time.Date(a.year, time.Month(a.month), a.day, 0, 0, 0, 0, time.UTC).Add(a.sinceMidnight())
		y := time.Date(b.year, time.Month(b.month), b.day, 0, 0, 0, 0, time.UTC).Add(b.sinceMidnight())
		return y.Before(x) && (a.year == b.year || a.year > 0 && b.year > 0)
	}
	if b.month > 0 {
		return false
	}
	back := a.sinceMidnight() - b.sinceMidnight()
	return back > 0 && back <= backwards && a.second < 0 == (b.second < 0) || back >= time.Minute && back <= backwards
}
