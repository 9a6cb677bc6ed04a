package page_test

import (
	"bytes"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"collector/internal/page/pagetest"
	"collector/internal/report"
	"collector/internal/timeline"
)

var screenshots = flag.Bool("screenshots", false, "write the screenshots of docs/screenshots anew")

// pictures is where the screenshots lie.
const pictures = "../../docs/screenshots"

// TestInChromium shows the largest incident and a hostile one in a real browser. Each
// tab fails its test when Chromium complains or asks anybody else for anything.
func TestInChromium(t *testing.T) {
	chromium := pagetest.StartChromium(t)
	large, small, hostile := pagetest.Large(t), pagetest.Cascade(t, 80), pagetest.Hostile(t)
	origin := pagetest.Serve(t, map[string]report.Draft{"large": large, "small": small, "hostile": hostile})
	alert := event(t, large, timeline.Alert)
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *pagetest.Tab)
	}{
		{"zoom", zooms},
		{"while it moves", pictured},
		{"hover", hovers},
		{"click", func(t *testing.T, tab *pagetest.Tab) { clicks(t, tab, large, alert) }},
		{"keyboard", func(t *testing.T, tab *pagetest.Tab) { keyboard(t, tab, large) }},
		{"links to events and ranges", func(t *testing.T, tab *pagetest.Tab) { deepLinks(t, tab, alert) }},
		{"touch", touches},
		{"without script", func(t *testing.T, tab *pagetest.Tab) { withoutScript(t, tab, alert) }},
		{"a phone", phone},
		{"hostile", func(t *testing.T, tab *pagetest.Tab) { attacked(t, tab, hostile) }},
		{"axe", func(t *testing.T, tab *pagetest.Tab) { accessible(t, tab, event(t, small, timeline.Alert)) }},
		{"spoken", func(t *testing.T, tab *pagetest.Tab) { spoken(t, tab, small) }},
		{"print", printed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.run(t, chromium.Tab(t, origin))
		})
	}
}

// span is the width of what is seen, in seconds, as the page's address tells it.
func span(tab *pagetest.Tab) float64 {
	return pagetest.Eval[float64](tab, `(() => {
		const q = new URLSearchParams(location.search);
		return q.has('from') ? (Date.parse(q.get('to')) - Date.parse(q.get('from'))) / 1000 : 225 * 60;
	})()`)
}

func wheel(tab *pagetest.Tab, at pagetest.Point, by float64, modifiers int64) {
	tab.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, at.X, at.Y, func(p *input.DispatchMouseEventParams) {
		p.DeltaX, p.DeltaY, p.Modifiers = 0.001, by, modifiers // none of them may be 0
	}))
}

const ctrl = 2

func zooms(t *testing.T, tab *pagetest.Tab) {
	tab.Open("/incidents/large")
	tab.Drawn()
	at := tab.PointOf(`[data-lane="3"]`, 0, 0)
	wheel(tab, at, -200, ctrl)
	tab.Wait(`location.search.includes('from=')`)
	zoomed := span(tab)
	if zoomed >= 225*60 || zoomed < 60 {
		t.Errorf("the wheel zoomed to %g s", zoomed)
	}
	tab.Do(chromedp.Click(chromedp.CSS(`[data-do="in"]`)))
	tab.Wait(fmt.Sprintf(`(Date.parse(new URLSearchParams(location.search).get('to')) - Date.parse(new URLSearchParams(location.search).get('from'))) / 1000 < %g`, zoomed*0.6))
	tab.Do(chromedp.Click(chromedp.CSS(`[data-do="all"]`)))
	tab.Wait(`!location.search.includes('from=')`)

	at = tab.PointOf(`[data-lane="3"]`, 0, 0)
	drag(tab, at, pagetest.Point{X: at.X + 120, Y: at.Y})
	tab.Wait(`location.search.includes('from=')`)
	width := pagetest.Eval[float64](tab, `document.querySelector('[data-lane="3"]').clientWidth`)
	if got, want := span(tab), 225*60*120/width; got < want*0.95 || got > want*1.05 {
		t.Errorf("dragging zoomed to %g s, want about %g", got, want)
	}
}

func drag(tab *pagetest.Tab, from, to pagetest.Point) {
	held := func(p *input.DispatchMouseEventParams) {
		p.Button, p.Buttons, p.ClickCount = input.MouseButtonLeft, 1, 1
	}
	tab.Do(
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, from.X, from.Y, held),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, (from.X+to.X)/2, from.Y, held),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, to.X, to.Y, held),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, to.X, to.Y, held),
	)
}

func hovers(t *testing.T, tab *pagetest.Tab) {
	tab.Open("/incidents/large")
	tab.Drawn()
	at := tab.PointOf(`[data-chart="0"]`, 0, 0)
	tab.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	tab.Wait(`!document.getElementById('readout').hidden && /^\d\d:\d\d:\d\d CEST/.test(document.getElementById('readout').textContent)`)
	tab.Wait(`document.querySelector('[data-chart="0"]').parentElement.querySelector('.value').textContent !== ''`)
	if !pagetest.Eval[bool](tab, `!document.getElementById('cursor').hidden`) {
		t.Error("the cursor is not shown")
	}
	at = tab.PointOf("h1", 0, 0)
	tab.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	tab.Wait(`document.getElementById('readout').hidden`)
}

// settled is true when the page does not move any more after a row came into sight, and
// when what the pointer is over has been told: words may follow it up to 130 ms later.
const settled = `new Promise((r) => setTimeout(() => requestAnimationFrame(() => r(true)), 200))`

// where is the beginning of a drawn event, in the first row of its lane.
func where(tab *pagetest.Tab, d report.Draft, e timeline.Event, lane string) pagetest.Point {
	w := d.Timeline.Window
	share := float64(e.Start.At.Sub(w.From)) / float64(w.Duration())
	index := pagetest.Eval[int](tab, fmt.Sprintf(`[...document.querySelectorAll('.row.lane')].findIndex((r) => r.querySelector('b').textContent === %q)`, lane))
	selector := fmt.Sprintf(`[data-lane="%d"]`, index)
	tab.PointOf(selector, 0, 0) // brings it into sight
	pagetest.Eval[bool](tab, settled)
	return pagetest.Eval[pagetest.Point](tab, fmt.Sprintf(`(() => {
		const cell = document.querySelector('%s'), b = cell.getBoundingClientRect();
		return {X: b.left + %f * cell.clientWidth + 2, Y: b.top + 8};
	})()`, selector, share))
}

func clicks(t *testing.T, tab *pagetest.Tab, d report.Draft, alert timeline.Event) {
	tab.Open("/incidents/large")
	tab.Drawn()
	at := where(tab, d, alert, "db1")
	for row := 0; row < 4 && !pagetest.Eval[bool](tab, `document.getElementById('readout').textContent.includes('CheckoutErrorsHigh')`); row++ {
		at.Y += float64(min(row, 1)) * 17
		tab.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
		pagetest.Eval[bool](tab, settled)
	}
	tab.Do(chromedp.MouseClickXY(at.X, at.Y))
	tab.Wait(`!document.getElementById('event').hidden`)
	if got := pagetest.Eval[string](tab, `document.querySelector('#event .inside').dataset.event`); got != alert.ID {
		t.Errorf("a click on %s opened %s", alert.ID, got)
	}
	if got := pagetest.Eval[string](tab, `document.querySelector('#event .record code').textContent`); got != alert.Evidence[0] {
		t.Errorf("its evidence is %s", got)
	}
	status := pagetest.Eval[int](tab, `fetch(document.querySelector('#event .record .links a').href).then((r) => r.status)`)
	if status != 200 {
		t.Errorf("the link to its record answers %d", status)
	}
	tab.Do(chromedp.Click(chromedp.CSS("#event .close")))
	tab.Wait(`document.getElementById('event').hidden && !location.search.includes('event=')`)
}

func keyboard(t *testing.T, tab *pagetest.Tab, d report.Draft) {
	tab.Open("/incidents/large")
	tab.Drawn()
	tab.Do(chromedp.Focus(chromedp.CSS("#stage")), chromedp.KeyEvent("++"))
	tab.Wait(`location.search.includes('from=')`)
	if got := span(tab); got >= 225*60/2 {
		t.Errorf("two pluses zoom to %g s", got)
	}
	tab.Do(chromedp.KeyEvent("0"))
	tab.Wait(`!location.search.includes('from=')`)
	tab.Do(chromedp.KeyEvent(".."), chromedp.KeyEvent("\r"))
	tab.Wait(`!document.getElementById('event').hidden`)
	if got, want := pagetest.Eval[string](tab, `document.querySelector('#event .inside').dataset.event`), d.Timeline.Events[1].ID; got != want {
		t.Errorf("the second event is %s, want %s", got, want)
	}
	if !pagetest.Eval[bool](tab, `document.activeElement.id === 'h-event'`) {
		t.Error("the focus is not in the event that was opened")
	}
	if pagetest.Eval[string](tab, `document.getElementById('said').textContent`) == "" {
		t.Error("nothing is said to who does not see")
	}
	tab.Do(chromedp.KeyEvent("\u001b"))
	tab.Wait(`document.getElementById('event').hidden && document.activeElement.id === 'stage'`)
}

func deepLinks(t *testing.T, tab *pagetest.Tab, alert timeline.Event) {
	tab.Open("/incidents/large#event-" + alert.ID)
	tab.Drawn()
	tab.Wait(`!document.getElementById('event').hidden && location.search.includes('event=')`)
	from, to := timeline.FormatTime(alert.Start.At), timeline.FormatTime(alert.Start.At.Add(5*time.Minute))
	tab.Open("/incidents/large?event=" + alert.ID + "&from=" + from + "&to=" + to)
	tab.Drawn()
	if got := span(tab); got != 300 {
		t.Errorf("the range that is shown has %g s", got)
	}
	if got := pagetest.Eval[string](tab, `document.getElementById('range').textContent`); !strings.Contains(got, "5 min") && !strings.Contains(got, "300 s") {
		t.Errorf("the range is told as %q", got)
	}
	if got := pagetest.Eval[string](tab, `document.querySelector('#event button.copy').dataset.copy`); !strings.Contains(got, "CheckoutErrorsHigh") {
		t.Errorf("the citation is %q", got)
	}
}

func touches(t *testing.T, tab *pagetest.Tab) {
	tab.Viewport(390, 800)
	tab.Open("/incidents/large")
	tab.Drawn()
	at := tab.PointOf(`[data-lane="2"]`, 0, 0)
	touch := func(kind input.DispatchTouchEventType, apart float64) {
		params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		if kind != input.DispatchTouchEventTypeTouchEnd {
			params.TouchPoints = []*input.TouchPoint{{X: at.X - apart, Y: at.Y, ID: new(1.0)}, {X: at.X + apart, Y: at.Y, ID: new(2.0)}}
		}
		tab.Touch(params)
	}
	touch(input.DispatchTouchEventTypeTouchStart, 30)
	for _, apart := range []float64{45, 60, 90} {
		touch(input.DispatchTouchEventTypeTouchMove, apart)
	}
	touch(input.DispatchTouchEventTypeTouchEnd, 0)
	tab.Wait(`location.search.includes('from=')`)
	if got := span(tab); got > 225*60/2 {
		t.Errorf("two fingers zoomed to %g s", got)
	}
}

func withoutScript(t *testing.T, tab *pagetest.Tab, alert timeline.Event) {
	tab.Script(false)
	tab.Open("/incidents/large")
	tab.Do(chromedp.WaitVisible(chromedp.CSS(`[data-lane="2"] svg`)), chromedp.WaitVisible(chromedp.CSS(`[data-chart="0"] svg .curve`)))
	tab.Do(chromedp.Click(chromedp.CSS(`.zoom a[data-do="in"]`)), chromedp.WaitVisible(chromedp.CSS("#lanes")))
	location, err := tab.Location()
	if err != nil || !strings.Contains(location, "from=") {
		t.Errorf("zooming in leads to %s, %v", location, err)
	}
	tab.Open("/incidents/large?event=" + alert.ID)
	tab.Do(chromedp.WaitVisible(chromedp.CSS("#event .record pre")))
	tab.Script(true)
}

func phone(t *testing.T, tab *pagetest.Tab) {
	for _, path := range []string{"/", "/incidents/large", "/incidents/hostile"} {
		tab.Viewport(360, 740)
		tab.Open(path)
		if path != "/" {
			tab.Drawn()
		}
		if wide := pagetest.Eval[int](tab, `document.documentElement.scrollWidth`); wide > 360 {
			culprits := pagetest.Eval[[]string](tab, `[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > 361 && getComputedStyle(e).position !== 'fixed').slice(0, 5).map((e) => e.tagName + '.' + (e.className.baseVal ?? e.className))`)
			t.Errorf("%s is %d pixels wide on a phone: %v", path, wide, culprits)
		}
	}
}

func attacked(t *testing.T, tab *pagetest.Tab, d report.Draft) {
	for _, path := range []string{"/", "/incidents/hostile", "/incidents/hostile?event=" + d.Timeline.Events[0].ID} {
		tab.Open(path)
		if path != "/" {
			tab.Drawn()
		}
		untouched(t, tab, path)
	}
	for _, e := range d.Timeline.Events[:8] {
		tab.Do(chromedp.Click(chromedp.CSS(`a[data-event="` + e.ID + `"]`)))
		tab.Wait(fmt.Sprintf(`document.querySelector('#event .inside')?.dataset.event === %q`, e.ID))
		tab.Do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('#event details').forEach((d) => { d.open = true; })`))
	}
	at := tab.PointOf(`[data-lane="0"]`, 0, 0)
	for x := -300.0; x < 300; x += 20 {
		tab.Do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X+x, at.Y))
	}
	untouched(t, tab, "clicked through")
	if wide := pagetest.Eval[int](tab, `document.documentElement.scrollWidth`); wide > 1440 {
		t.Errorf("the page became %d pixels wide", wide)
	}
}

func untouched(t *testing.T, tab *pagetest.Tab, where string) {
	t.Helper()
	if pagetest.Eval[bool](tab, `'pwned' in window`) {
		t.Errorf("%s: an attack ran", where)
	}
	if got := pagetest.Eval[int](tab, `document.querySelectorAll('script:not([src]), [onerror], [onload], [onmouseover], [style*="inset"]').length`); got > 0 {
		t.Errorf("%s: %d elements of an attack are in the page", where, got)
	}
}

func accessible(t *testing.T, tab *pagetest.Tab, alert timeline.Event) {
	check := func(scheme, path string) {
		tab.Scheme(scheme)
		tab.Open(path)
		if strings.HasPrefix(path, "/incidents/") && !strings.Contains(path, "/events/") {
			tab.Drawn()
		}
		for _, found := range tab.Axe() {
			t.Errorf("%s, %s: %.400s", scheme, path, found)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, path := range []string{"/", "/incidents/small?event=" + alert.ID, "/incidents/small/events/" + alert.ID} {
			check(scheme, path)
		}
	}
	check("light", "/incidents/large")
	check("dark", "/incidents/large")
	tab.Viewport(360, 740)
	check("light", "/incidents/small")
}

// spoken: whoever hears the page finds its parts by their names, and every event; and
// nothing that can be used is without one.
func spoken(t *testing.T, tab *pagetest.Tab, d report.Draft) {
	tab.Open("/incidents/small")
	tab.Drawn()
	said := tab.Spoken()
	for _, want := range []string{
		"heading " + d.Heading(), "list Turning points", "region Timeline", "group Zoom", "link Zoom in", "region Events", "columnheader Severity",
		"complementary The document", "Iframe Postmortem document", "table Events", "link Download the bundle",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("nobody hears %q", want)
		}
	}
	rows := 0
	for _, one := range said {
		if one == "row" || strings.HasPrefix(one, "row ") {
			rows++
		}
		if slices.Contains([]string{"link", "button", "textbox", "searchbox", "combobox", "heading", "region", "table", "Iframe"}, one) {
			t.Errorf("a %s has no name", one)
		}
	}
	if rows != len(d.Timeline.Events)+1 {
		t.Errorf("%d rows are heard, of %d events and a head", rows, len(d.Timeline.Events))
	}
}

func printed(t *testing.T, tab *pagetest.Tab) {
	tab.Open("/incidents/large")
	tab.Drawn()
	paper := tab.PDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFLandscape())
	if !bytes.HasPrefix(paper, []byte("%PDF-")) || bytes.Count(paper, []byte("/Type /Page\n"))+bytes.Count(paper, []byte("/Type/Page")) == 0 && len(paper) < 20_000 {
		t.Errorf("printing gives %d bytes", len(paper))
	}
}

// TestScreenshots writes the pictures of the synthetic incident, when told to.
func TestScreenshots(t *testing.T) {
	if !*screenshots {
		return
	}
	chromium := pagetest.StartChromium(t)
	d := pagetest.Large(t)
	alert := event(t, d, timeline.Alert)
	tab := chromium.Tab(t, pagetest.Serve(t, map[string]report.Draft{"2026-07-12T0737Z-shop": d}))
	pagetest.TakePictures(tab, "/incidents/2026-07-12T0737Z-shop", alert.ID, filepath.Join(pictures, "synthetic"))
}

// BenchmarkChromium measures what the bar is about: first paint, and frames while the
// largest incident is zoomed, panned and pointed at, by Chromium's own trace. First paint
// is the slowest of all, the frames are of the middle run, and of the worst.
func BenchmarkChromium(b *testing.B) {
	chromium := pagetest.StartChromium(b)
	tab := chromium.Tab(b, pagetest.Serve(b, map[string]report.Draft{"large": pagetest.Large(b)}))
	tab.ReportPaint(b, "/incidents/large")
	tab.ReportMotions(b, "/incidents/large?from=2026-07-12T07:40:00Z&to=2026-07-12T08:20:00Z")
}
