package report

import (
	"fmt"
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
const maxMarks = 9

// marks are what is drawn into every chart of a timeline: phases and actions as
// lines, alerts as bars.
func marks(t timeline.Timeline) []mark {
	var lines, bars []mark
	for _, p := range phases(t.Phases) {
		if p.name == "onset" || p.name == "recovered" {
			lines = append(lines, mark{p.At, p.At, p.name, phaseColor(), false})
		}
	}
	lines = append(lines, actionMarks(t, maxMarks-len(lines))...)
	for _, e := range gravest(t.Events) {
		if e.Kind == timeline.Alert && len(bars) < maxMarks/2 {
			label := "alert " + plain(e.Attributes["alertname"], 40)
			bars = append(bars, mark{e.Start.At, e.EndsAt(t.Window.To), label, alertColor(), true})
		}
	}
	// Earliest first: then no line runs down through the label of a bar below it.
	for _, list := range [][]mark{lines, bars} {
		slices.SortStableFunc(list, func(a, b mark) int { return a.from.Compare(b.from) })
	}
	return append(lines, bars...)
}

// togetherShare is the share of the window within which actions of one name are one mark.
const togetherShare = 50

// deedMark is the mark of one action, or of several of one name one soon after the other.
type deedMark struct {
	first timeline.Event
	label string
	count int
	last  time.Time
}

// actionMarks are at most limit marks of what was done. What has a name of its own,
// a deploy, comes before what has none, a schema change; of these the gravest.
func actionMarks(t timeline.Timeline, limit int) []mark {
	var deeds []deedMark
	for _, e := range t.Events {
		if !e.Kind.Action() || e.Kind == timeline.MySQLKill || t.Repeats(e) {
			continue
		}
		label := plain(action(e), 40)
		i := slices.IndexFunc(deeds, func(d deedMark) bool {
			return d.label == label && e.Start.At.Sub(d.last) <= t.Window.To.Sub(t.Window.From)/togetherShare
		})
		if i < 0 {
			deeds = append(deeds, deedMark{e, label, 1, e.Start.At})
			continue
		}
		deeds[i].count++
		deeds[i].last = e.Start.At
	}
	slices.SortStableFunc(deeds, func(a, b deedMark) int { return a.rank() - b.rank() })
	var out []mark
	for _, d := range deeds[:min(len(deeds), limit)] {
		if d.count > 1 {
			d.label = fmt.Sprintf("%s × %d", d.label, d.count)
		}
		out = append(out, mark{d.first.Start.At, d.first.Start.At, d.label, changeColor(), false})
	}
	return out
}

// rank is lower for what is shown rather.
func (d deedMark) rank() int {
	if d.first.Attributes["service"] != "" {
		return -1
	}
	return timeline.Critical.Rank() - d.first.Severity.Rank()
}
