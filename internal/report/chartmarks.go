package report

import (
	"image/color"
	"slices"
	"time"

	"collector/internal/timeline"
)

// The colours of the charts. The page gives each of them another value in the
// dark, by the very text of the attribute, so they must not repeat.
func inkColor() color.Color    { return color.NRGBA{0x22, 0x26, 0x2b, 0xff} }
func haloColor() color.Color   { return color.NRGBA{0xfe, 0xfe, 0xfe, 0xff} } // behind labels: nearly the ground
func gridColor() color.Color   { return color.NRGBA{0xdd, 0xe1, 0xe6, 0xff} }
func lineColor() color.Color   { return color.NRGBA{0x1f, 0x5f, 0xbf, 0xff} }
func bandColor() color.Color   { return color.NRGBA{0xdc, 0xee, 0xdf, 0xff} }
func normalColor() color.Color { return color.NRGBA{0x4a, 0x8f, 0x5a, 0xff} }
func alertColor() color.Color  { return color.NRGBA{0xc6, 0x28, 0x28, 0xff} }
func changeColor() color.Color { return color.NRGBA{0x8a, 0x3f, 0xb0, 0xff} }
func phaseColor() color.Color  { return color.NRGBA{0x6b, 0x72, 0x7b, 0xff} }

// mark is something drawn over a curve: a line at one time, or a bar.
type mark struct {
	from, to time.Time // equal for a line
	label    string
	color    color.Color
	bar      bool
}

// maxMarks keeps a chart readable; the timeline has everything.
const maxMarks = 8

// marks are what is drawn into every chart of a timeline: phases, alerts as
// bars, deploys and other actions, gravest and earliest first.
func marks(t timeline.Timeline) []mark {
	var lines, bars []mark
	for _, p := range phases(t.Phases) {
		if p.name == "onset" || p.name == "recovered" {
			lines = append(lines, mark{p.At, p.At, p.name, phaseColor(), false})
		}
	}
	for _, e := range gravest(t.Events) {
		end := e.EndsAt(t.Window.To)
		switch {
		case e.Kind == timeline.Alert && len(bars) < maxMarks/2:
			label := "alert " + plain(e.Attributes["alertname"], 40)
			bars = append(bars, mark{e.Start.At, end, label, alertColor(), true})
		case e.Kind.Action() && e.Kind != timeline.MySQLKill && len(lines) < maxMarks:
			lines = append(lines, mark{e.Start.At, e.Start.At, plain(action(e), 40), changeColor(), false})
		}
	}
	// Earliest first: then no line runs down through the label of a bar below it.
	for _, list := range [][]mark{lines, bars} {
		slices.SortStableFunc(list, func(a, b mark) int { return a.from.Compare(b.from) })
	}
	return append(lines, bars...)
}
