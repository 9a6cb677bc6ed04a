package page

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"collector/internal/report"
	"collector/internal/timeline"
)

// The sizes of lanes, in pixels. static/page.js has the same.
const (
	nominal   = 900.0 // width for which labels are laid out without a script
	rowHeight = 17
	maxRows   = 4
	glyph     = 12.0 // width of the sign of something short
	binWidth  = 12.0 // of what had no room
	perRune   = 6.3  // about the width of a character of a label
)

// The HTML holds at most about maxMarks events of all lanes together, and leastMarks of
// each: what is more stands in bins. The script draws all.
const (
	maxMarks   = 900
	leastMarks = 24
)

// mark is an event with a place in its lane.
type mark struct {
	event    int
	row      int
	from, to float64 // of its bar or sign, in pixels of the nominal width
	label    string  // "" when there is no room for one
	leftward bool    // the label stands left of the mark
	inside   bool    // the label stands upon the bar
}

// bin is some events of a lane for which there was no room, side by side.
type bin struct {
	from, to float64
	events   []int
}

// packed is a lane with its events in rows that nothing overlaps in.
type packed struct {
	marks []mark
	bins  []bin
	rows  int
}

// pack places at most limit events on an axis: grave ones first, so that what has no
// room is mild. The first row in which a mark and its label overlap nothing takes both;
// else the first that has room for the mark alone. Where labels would leave no room for
// something critical, there are none.
func pack(events []timeline.Event, own []int, a axis, limit int) packed {
	order := slices.Clone(own)
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Or(events[y].Severity.Rank()-events[x].Severity.Rank(), events[x].Start.At.Compare(events[y].Start.At))
	})
	p, left := settleAll(events, order, a, limit, true)
	if slices.ContainsFunc(left, func(m mark) bool { return events[m.event].Severity == timeline.Critical }) {
		p, left = settleAll(events, order, a, limit, false)
	}
	slices.SortFunc(p.marks, func(x, y mark) int { return cmp.Compare(x.event, y.event) })
	p.bins = bins(left)
	return p
}

// settleAll places events in an order, with or without labels, and returns those for
// which there was no room.
func settleAll(events []timeline.Event, order []int, a axis, limit int, labels bool) (p packed, left []mark) {
	taken := make([][][2]float64, 0, maxRows)
	for _, n := range order {
		m, seen := place(events[n], a)
		if !seen {
			continue
		}
		m.event = n
		if len(p.marks) == limit {
			left = append(left, m)
			continue
		}
		if !labels || !settle(&m, &taken) {
			m.label = ""
			if !settle(&m, &taken) {
				left = append(left, m)
				continue
			}
		}
		p.marks = append(p.marks, m)
	}
	p.rows = max(1, len(taken))
	return p, left
}

// place is where an event stands, if it is in the range.
func place(e timeline.Event, a axis) (mark, bool) {
	start, end := a.at(e.Start.At), a.at(e.EndsAt(a.to))
	if end < 0 || start > 100 || e.End == nil && start > 100 {
		return mark{}, false
	}
	m := mark{from: within(start) * nominal / 100, to: within(end) * nominal / 100, label: report.Plain(report.Short(e), maxLabel)}
	if m.to-m.from < glyph {
		middle := m.from
		m.from, m.to = middle-glyph/2, middle+glyph/2
	}
	switch width := m.width(); {
	case m.to+width <= nominal:
	case m.from-width >= 0:
		m.leftward = true
	case m.to-m.from > width:
		m.inside = true
	default:
		m.label = ""
	}
	return m, true
}

// width is what the label takes.
func (m mark) width() float64 { return float64(utf8.RuneCountInString(m.label))*perRune + 10 }

// extent is what the mark takes of its row, with its label.
func (m mark) extent() (from, to float64) {
	switch {
	case m.label == "" || m.inside:
		return m.from, m.to
	case m.leftward:
		return m.from - m.width(), m.to
	}
	return m.from, m.to + m.width()
}

// settle puts a mark into the first row that has room for it.
func settle(m *mark, taken *[][][2]float64) bool {
	from, to := m.extent()
	for row, others := range *taken {
		if !slices.ContainsFunc(others, func(o [2]float64) bool { return from < o[1] && to > o[0] }) {
			(*taken)[row] = append(others, [2]float64{from, to})
			m.row = row
			return true
		}
	}
	if len(*taken) == maxRows {
		return false
	}
	m.row = len(*taken)
	*taken = append(*taken, [][2]float64{{from, to}})
	return true
}

// bins counts what had no room by the place where it began.
func bins(left []mark) []bin {
	byPlace := map[int]*bin{}
	var places []int
	for _, m := range left {
		at := int(max(0, (m.from+glyph/2)/binWidth))
		b := byPlace[at]
		if b == nil {
			b = &bin{from: float64(at) * binWidth, to: float64(at+1) * binWidth}
			byPlace[at] = b
			places = append(places, at)
		}
		b.events = append(b.events, m.event)
	}
	slices.Sort(places)
	var out []bin
	for _, at := range places {
		out = append(out, *byPlace[at])
	}
	return out
}
