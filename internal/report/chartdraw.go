package report

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"collector/internal/timeline"
)

// The size of a chart in points, of the strip for labels above the curve, and
// of one line in it.
const (
	chartWidth  = 720
	chartHeight = 250
	laneHeight  = 13
	laneLimit   = 6
)

// draw renders the chart as SVG. The bytes depend on nothing but the arguments.
func (c chart) draw(d *document) ([]byte, error) {
	p := plot.New()
	p.BackgroundColor = nil
	c.axes(p, d)
	if err := c.curve(p); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", c.name, err)
	}
	canvas := vgsvg.NewWith(vgsvg.UseWH(chartWidth, chartHeight))
	whole := draw.New(canvas)
	lanes := placeMarks(d, marks(d.tl))
	strip := vg.Length(lanes.count) * laneHeight
	area := draw.Crop(whole, 2, -14, 2, -strip-24)
	data := p.DataCanvas(area)
	p.Draw(area)
	lanes.drawLines(data, p, strip)
	lanes.drawLabels(data, p, strip)
	c.heading(whole, d)

	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", c.name, err)
	}
	return standalone(buf.Bytes(), c.title()), nil
}

func sans(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = 2 // golang.org/x/image/font.WeightBold
	}
	return f
}

// axes sets the fonts, colours, ranges and ticks.
func (c chart) axes(p *plot.Plot, d *document) {
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font, axis.Label.TextStyle.Font = sans(9, false), sans(9, false)
		axis.Tick.Label.Color, axis.Label.TextStyle.Color = inkColor(), inkColor()
		axis.Color, axis.Tick.Color = gridColor(), gridColor()
		axis.Padding = 0
	}
	w := d.tl.Window
	p.X.Min, p.X.Max = float64(w.From.Unix()), float64(w.To.Unix())
	p.X.Tick.Marker = timeTicks{d.clock}
	p.Y.Tick.Marker = valueTicks{c.series.Unit}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor(), gridColor()
	grid.Vertical.Width, grid.Horizontal.Width = vg.Points(0.5), vg.Points(0.5)
	p.Add(c.band(w), grid)
}

// band is the normal range, drawn behind everything.
func (c chart) band(w timeline.Window) plot.Plotter {
	low, high, ok := c.normalBand()
	if !ok {
		return nothing{}
	}
	from, to := float64(w.From.Unix()), float64(w.To.Unix())
	poly, err := plotter.NewPolygon(plotter.XYs{{X: from, Y: low}, {X: to, Y: low}, {X: to, Y: high}, {X: from, Y: high}})
	if err != nil {
		return nothing{}
	}
	poly.Color, poly.Width = bandColor(), 0
	return poly
}

// nothing is a plotter that draws nothing.
type nothing struct{}

func (nothing) Plot(draw.Canvas, *plot.Plot) {}

// curve adds the series, broken where it has no numbers, and its baseline.
func (c chart) curve(p *plot.Plot) error {
	low, high := math.Inf(1), math.Inf(-1)
	see := func(v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if b := c.series.Baseline; !math.IsNaN(b) && !math.IsInf(b, 0) {
		line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: b}, {X: p.X.Max, Y: b}})
		if err != nil {
			return err
		}
		line.Color, line.Width, line.Dashes = normalColor(), vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line)
		see(b)
	}
	for _, part := range stretches(thin(c.series.Points, p.X.Min, p.X.Max)) {
		for _, xy := range part {
			see(xy.Y)
		}
		if len(part) == 1 {
			part = append(part, plotter.XY{X: part[0].X + 1, Y: part[0].Y})
		}
		line, err := plotter.NewLine(part)
		if err != nil {
			return err
		}
		line.Color, line.Width = lineColor(), vg.Points(1.4)
		p.Add(line)
	}
	if bottom, top, ok := c.normalBand(); ok {
		see(bottom)
		see(top)
	}
	if low > 0 && low < high/2 {
		low = 0
	}
	if low == high {
		high++
	}
	p.Y.Min, p.Y.Max = low, high+(high-low)*0.06
	return nil
}

// heading writes the chart's name, unit and legend in its first line.
func (c chart) heading(dc draw.Canvas, d *document) {
	style := draw.TextStyle{Color: inkColor(), Font: sans(11, true), Handler: plot.DefaultTextHandler}
	title := c.title()
	if c.series.Unit != "" {
		title += ", " + c.series.Unit
	}
	dc.FillText(style, vg.Point{X: 4, Y: chartHeight - 14}, plain(title, maxName))
	style.Font = sans(9, false)
	dc.FillText(style, vg.Point{X: chartWidth / 2, Y: chartHeight - 14}, "times in "+d.clock.head())
	x := vg.Length(chartWidth - 190)
	swatch := func(at vg.Length, line draw.LineStyle, label string) {
		dc.StrokeLines(line, []vg.Point{{X: at, Y: chartHeight - 11}, {X: at + 16, Y: chartHeight - 11}})
		dc.FillText(style, vg.Point{X: at + 20, Y: chartHeight - 14}, label)
	}
	swatch(x, draw.LineStyle{Color: lineColor(), Width: 1.4}, "measured")
	if !math.IsNaN(c.series.Baseline) {
		swatch(x+72, draw.LineStyle{Color: bandColor(), Width: 9}, "")
		swatch(x+72, draw.LineStyle{Color: normalColor(), Width: 1, Dashes: []vg.Length{4, 3}}, "normal before, band")
	}
}

// stretches splits points at those that are no numbers.
func stretches(points []timeline.Point) []plotter.XYs {
	var out []plotter.XYs
	open := false
	for _, p := range points {
		if math.IsNaN(p.V) || math.IsInf(p.V, 0) {
			open = false
			continue
		}
		if !open {
			out, open = append(out, nil), true
		}
		out[len(out)-1] = append(out[len(out)-1], plotter.XY{X: seconds64(p.T), Y: p.V})
	}
	return out
}

func seconds64(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
