package pagetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
)

// everyFrame does something in each of 240 frames, at x and y of the cell of a lane.
// x moves in each: Chromium draws no frame in which nothing has changed.
const everyFrame = `new Promise((done) => {
	const stage = document.getElementById('stage');
	stage.scrollIntoView({behavior: 'instant'});
	const lanes = document.querySelectorAll('[data-lane]');
	let n = 0;
	const step = () => {
		const cell = lanes[Math.min(4, lanes.length - 1)], box = cell.getBoundingClientRect();
		const x = box.left + box.width * (0.2 + 0.6 * Math.abs((n %% 120) / 60 - 1)), y = box.top + 8;
		%s
		if (++n < 240) requestAnimationFrame(step);
		else done();
	};
	requestAnimationFrame(step);
})`

// motions are what people do with a timeline, as one step of everyFrame.
var motions = []struct{ name, step string }{
	{"zoom", `cell.dispatchEvent(new WheelEvent('wheel', {bubbles: true, cancelable: true, ctrlKey: true, deltaY: Math.sin(n / 20) * 30, clientX: x, clientY: y}));`},
	{"pan", `cell.dispatchEvent(new WheelEvent('wheel', {bubbles: true, cancelable: true, shiftKey: true, deltaX: Math.sin(n / 20) * 30, clientX: x, clientY: y}));`},
	{"hover", `cell.dispatchEvent(new PointerEvent('pointermove', {bubbles: true, pointerId: 1, pointerType: 'mouse', clientX: x, clientY: y}));`},
}

// runs is how often each motion is made: other guests of the machine take frames, too.
const runs = 5

// almostNothing moves a square over a page with one line in 240 frames: as many frames as
// this machine's Chromium gives to anybody.
const almostNothing = `new Promise((done) => {
	const square = document.createElement('div');
	square.style.cssText = 'position:fixed;left:0;top:0;width:20px;height:20px;background:red;will-change:transform';
	document.body.append(square);
	let n = 0;
	const step = () => {
		square.style.transform = 'translateX(' + n + 'px)';
		if (++n < 240) requestAnimationFrame(step);
		else done();
	};
	requestAnimationFrame(step);
})`

// ReportPaint opens a story's page b.N times and reports the slowest first paint, and when
// everything was drawn, in milliseconds. The page stays open.
func (tab *Tab) ReportPaint(b *testing.B, path string) {
	b.Helper()
	var paint, drawn float64
	for b.Loop() {
		tab.Open(path)
		tab.Drawn()
		drawn = max(drawn, Eval[float64](tab, `performance.now()`))
		tab.Wait(`performance.getEntriesByName('first-contentful-paint').length > 0`)
		paint = max(paint, Eval[float64](tab, `performance.getEntriesByName('first-contentful-paint')[0].startTime`))
	}
	b.ReportMetric(paint, "ms-first-paint")
	b.ReportMetric(drawn, "ms-drawn")
}

// ReportMotions reports the frames of each motion on the story that is open; zoomed is its
// address with a part of the window, for panning. The limit is what this Chromium gives to
// a page on which almost nothing moves.
func (tab *Tab) ReportMotions(b *testing.B, zoomed string) {
	b.Helper()
	for _, motion := range motions {
		if motion.name == "pan" {
			tab.Open(zoomed)
			tab.Drawn()
		}
		tab.reportFrames(b, motion.name, fmt.Sprintf(everyFrame, motion.step))
	}
	tab.Open("/")
	tab.reportFrames(b, "limit", almostNothing)
}

// reportFrames makes a motion again and again and reports the frames of the middle run,
// and of the worst.
func (tab *Tab) reportFrames(b *testing.B, name, motion string) {
	b.Helper()
	all := make([]Frames, runs)
	for n := range all {
		all[n] = tab.Frames(motion)
	}
	slices.SortFunc(all, func(a, b Frames) int { return cmp.Compare(a.Rate(), b.Rate()) })
	middle := all[len(all)/2]
	b.ReportMetric(middle.Rate(), "frames/s-"+name)
	b.ReportMetric(all[0].Rate(), "worst-frames/s-"+name)
	b.ReportMetric(float64(middle.P99.Microseconds())/1000, "ms-p99-"+name)
	b.ReportMetric(float64(middle.Dropped), "dropped-"+name)
}
