package page_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"collector/internal/page/pagetest"
)

// keepMoving zooms in and out again by nothing that is seen, again and again, until
// window.stopMoving is called.
const keepMoving = `(() => {
	const cell = document.querySelector('[data-lane="3"]'), box = cell.getBoundingClientRect();
	let by = 0.001;
	const timer = setInterval(() => cell.dispatchEvent(new WheelEvent('wheel', {bubbles: true, cancelable: true, ctrlKey: true,
		deltaY: by = -by, clientX: box.left + box.width / 2, clientY: box.top + 8})), 20);
	window.stopMoving = () => clearInterval(timer);
	return true;
})()`

// rowsInSight are the cells of lanes and charts that are wholly in the window.
const rowsInSight = `[...document.querySelectorAll('[data-lane],[data-chart]')].map((cell) => cell.getBoundingClientRect())
	.filter((box) => box.height > 0 && box.top >= 80 && box.bottom <= innerHeight)
	.map((box) => ({X: box.left, Y: box.top, Width: box.width, Height: box.height}))`

type box struct{ X, Y, Width, Height float64 }

// pictured looks at the page itself while the view changes: each row shows what it
// shows at rest, but for its words and patterns.
func pictured(t *testing.T, tab *pagetest.Tab) {
	tab.Open("/incidents/large")
	tab.Drawn()
	wheel(tab, tab.PointOf(`[data-lane="3"]`, 0, 0), -200, ctrl)
	tab.Wait(`location.search.includes('from=')`)
	pagetest.Eval[bool](tab, settled)
	rows := pagetest.Eval[[]box](tab, rowsInSight)
	still := drawn(t, tab.Shot(), rows)
	pagetest.Eval[bool](tab, keepMoving)
	pagetest.Eval[bool](tab, settled)
	moving := drawn(t, tab.Shot(), rows)
	pagetest.Eval[bool](tab, `window.stopMoving() || true`)
	if len(rows) < 4 {
		t.Fatalf("%d rows are in sight", len(rows))
	}
	told := 0
	for n := range rows {
		both := 0
		for at := range moving[n] {
			if still[n][at] {
				both++
			}
		}
		if len(still[n]) > 0 {
			told++
		}
		if 10*both < 9*len(moving[n]) || 10*both < 3*len(still[n]) {
			t.Errorf("row %d at %v: %d points are drawn at rest, %d while the view changes, %d of them the same", n, rows[n], len(still[n]), len(moving[n]), both)
		}
	}
	if told < 4 {
		t.Errorf("something is drawn in %d rows", told)
	}
}

// drawn are the points of each row that have not the colour which most of them have.
func drawn(t *testing.T, shot []byte, rows []box) []map[image.Point]bool {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]map[image.Point]bool, len(rows))
	for n, row := range rows {
		within := image.Rect(int(row.X)+1, int(row.Y)+1, int(row.X+row.Width)-1, int(row.Y+row.Height)-1)
		ground := commonest(picture, within)
		all[n] = map[image.Point]bool{}
		for y := within.Min.Y; y < within.Max.Y; y++ {
			for x := within.Min.X; x < within.Max.X; x++ {
				if picture.At(x, y) != ground {
					all[n][image.Pt(x, y)] = true
				}
			}
		}
	}
	return all
}

func commonest(picture image.Image, within image.Rectangle) (ground color.Color) {
	seen := map[color.Color]int{}
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			seen[picture.At(x, y)]++
		}
	}
	for c, times := range seen {
		if times > seen[ground] {
			ground = c
		}
	}
	return ground
}
