package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lanes are the lines of labels above a curve. Every mark gets the first lane in
// which its label overlaps no other.
type lanes struct {
	marks []mark
	lane  []int // of each mark; -1: no room, drawn without a label
	count int
	from  float64 // the window, seconds since 1970
	to    float64
}

// labelWidth is about the width of a label in points, at 8.5 points.
func labelWidth(label string) float64 { return float64(len([]rune(label)))*4.4 + 10 }

// placeMarks gives each mark within the window a lane.
func placeMarks(d *document, all []mark) lanes {
	w := d.tl.Window
	l := lanes{from: float64(w.From.Unix()), to: float64(w.To.Unix())}
	for _, m := range all {
		if m.to.Before(w.From) || m.from.After(w.To) || !m.bar && m.from.Before(w.From) {
			continue
		}
		if m.from.Before(w.From) {
			m.from = w.From
		}
		if m.to.After(w.To) {
			m.to = w.To
		}
		l.marks = append(l.marks, m)
	}
	var taken [][][2]float64
	perPoint := (l.to - l.from) / (chartWidth - 60)
	for _, m := range l.marks {
		from, to := l.extent(m, perPoint)
		lane := 0
		for ; lane < len(taken) && overlaps(taken[lane], from, to); lane++ {
		}
		if lane == laneLimit {
			l.lane = append(l.lane, -1)
			continue
		}
		if lane == len(taken) {
			taken = append(taken, nil)
		}
		taken[lane] = append(taken[lane], [2]float64{from, to})
		l.lane = append(l.lane, lane)
	}
	l.count = len(taken)
	return l
}

// extent is what a mark takes of a lane, in seconds: its bar and its label.
func (l lanes) extent(m mark, perPoint float64) (from, to float64) {
	from, to = seconds64(m.from), seconds64(m.to)
	width := labelWidth(m.label) * perPoint
	if l.leftward(m, perPoint) {
		return from - width, to
	}
	return from, max(to, from+width)
}

// leftward reports whether a label must stand left of its mark to stay in the picture.
func (l lanes) leftward(m mark, perPoint float64) bool {
	return seconds64(m.from)+labelWidth(m.label)*perPoint > l.to
}

func overlaps(taken [][2]float64, from, to float64) bool {
	for _, t := range taken {
		if from < t[1] && to > t[0] {
			return true
		}
	}
	return false
}

// drawLines draws a vertical line at each mark.
func (l lanes) drawLines(data draw.Canvas, p *plot.Plot, strip vg.Length) {
	x, _ := p.Transforms(&data)
	for i, m := range l.marks {
		top := data.Max.Y
		if l.lane[i] >= 0 {
			top += strip - vg.Length(l.lane[i])*laneHeight - 2
		}
		style := draw.LineStyle{Color: m.color, Width: 0.8, Dashes: []vg.Length{2, 2}}
		at := x(seconds64(m.from))
		data.StrokeLines(style, []vg.Point{{X: at, Y: data.Min.Y}, {X: at, Y: top}})
	}
}

// drawLabels draws the labels and the bars of the marks.
func (l lanes) drawLabels(data draw.Canvas, p *plot.Plot, strip vg.Length) {
	x, _ := p.Transforms(&data)
	perPoint := (l.to - l.from) / (chartWidth - 60)
	for i, m := range l.marks {
		if l.lane[i] < 0 {
			continue
		}
		y := data.Max.Y + strip - vg.Length(l.lane[i]+1)*laneHeight + 2
		from, to := x(seconds64(m.from)), x(seconds64(m.to))
		if m.bar {
			data.StrokeLines(draw.LineStyle{Color: m.color, Width: 2.5}, []vg.Point{{X: from, Y: y}, {X: max(to, from+2), Y: y}})
		}
		style := draw.TextStyle{Color: m.color, Font: sans(8.5, false), Handler: plot.DefaultTextHandler, YAlign: 0}
		at := vg.Point{X: from + 3, Y: y + 3}
		if l.leftward(m, perPoint) {
			style.XAlign = draw.XRight
			at.X = from - 3
		}
		halo(data, style, at, m.label)
		data.FillText(style, at, m.label)
	}
}

// halo clears the ground behind a label, so that no line of another mark crosses
// it. Fonts of browsers run a little wider than the one that is measured.
func halo(data draw.Canvas, style draw.TextStyle, at vg.Point, label string) {
	left, right := at.X-1, at.X+style.Width(label)*1.12
	if style.XAlign == draw.XRight {
		left, right = at.X-style.Width(label)*1.12, at.X+1
	}
	bottom, top := at.Y-0.5, at.Y+laneHeight-5
	data.FillPolygon(haloColor(), []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}})
}
