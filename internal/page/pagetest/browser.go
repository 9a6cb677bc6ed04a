package pagetest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"collector/lab/servers"
)

//go:embed testdata/axe.min.js
var axe string

// patience is how long a page may take to do what a test waits for, on a machine that
// is busy with something else.
const patience = time.Minute

// Chromium is a browser without a window, with a profile of its own.
type Chromium struct{ ctx context.Context }

// StartChromium starts Debian's Chromium until the test ends.
func StartChromium(t testing.TB) Chromium {
	t.Helper()
	servers.Need(t, servers.KindChromium)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.WindowSize(1440, 900), chromedp.Flag("lang", "en-GB"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return Chromium{ctx}
}

// Tab is a tab that remembers what Chromium complains of and what is asked of whom.
type Tab struct {
	t      testing.TB
	ctx    context.Context
	origin string

	mu         sync.Mutex
	complaints []string
	foreign    []string
}

// Tab opens a tab for the pages of one origin. When the test ends it fails if Chromium
// has complained of anything, or anything was asked of somebody else.
func (c Chromium) Tab(t testing.TB, origin string) *Tab {
	t.Helper()
	ctx, end := chromedp.NewContext(c.ctx)
	tab := &Tab{t: t, ctx: ctx, origin: origin}
	t.Cleanup(func() {
		end()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, c := range tab.complaints {
			t.Errorf("chromium complains: %.500s", c)
		}
		for _, url := range tab.foreign {
			t.Errorf("something was asked of %.200s", url)
		}
	})
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	tab.Viewport(1440, 900)
	return tab
}

// hear takes down what is wrong.
func (tab *Tab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			tab.complaints = append(tab.complaints, said(e.Args))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		tab.complaints = append(tab.complaints, text)
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			tab.complaints = append(tab.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		url := e.Request.URL
		if !strings.HasPrefix(url, tab.origin) && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			tab.foreign = append(tab.foreign, url)
		}
	}
}

func said(args []*runtime.RemoteObject) string {
	var parts []string
	for _, a := range args {
		parts = append(parts, a.Description+string(a.Value))
	}
	return strings.Join(parts, " ")
}

// Complaints takes what Chromium has complained of so far.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	taken := tab.complaints
	tab.complaints = nil
	return taken
}

// Do takes steps, each of which must succeed.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// Open shows a page of the origin; with a script it waits until that has drawn.
func (tab *Tab) Open(path string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(tab.origin + strings.TrimPrefix(path, "/")))
}

// Drawn waits until the script has drawn.
func (tab *Tab) Drawn() {
	tab.t.Helper()
	tab.Wait(`document.body.classList.contains('drawn') && new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`)
}

// Eval is the value of an expression in the page; a promise is waited for.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// Wait waits until an expression is true in the page.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if Eval[bool](tab, "(async () => Boolean(await ("+expression+")))()") {
			return
		}
		if time.Now().After(deadline) {
			tab.t.Fatalf("never true: %s", expression)
		}
	}
}

// Viewport sets the size of the page in CSS pixels; below 600 it is a phone's.
func (tab *Tab) Viewport(width, height int64) {
	tab.t.Helper()
	if width < 600 {
		tab.Do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulateScale(2)))
		return
	}
	tab.Do(chromedp.EmulateViewport(width, height))
}

// Scheme sets light or dark.
func (tab *Tab) Scheme(name string) {
	tab.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	if _, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		tab.t.Fatal(err)
	}
}

// Script switches scripts of pages that are opened from now on.
func (tab *Tab) Script(on bool) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		tab.t.Fatal(err)
	}
}

// Axe is what axe-core finds wrong with the page as it is now, one line for each place.
// The document in its frame is another page.
func (tab *Tab) Axe() []string {
	tab.t.Helper()
	Eval[bool](tab, axe+"\n;true")
	return Eval[[]string](tab, `(async () => {
		const found = await axe.run(document, {iframes: false, resultTypes: ['violations']});
		return found.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' ' + n.failureSummary.replace(/\s+/g, ' ')));
	})()`)
}

// Spoken is what a screen reader is told: role and name of each node, "link All incidents".
func (tab *Tab) Spoken() []string {
	tab.t.Helper()
	tree, err := chromedp.Call(tab.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		tab.t.Fatal(err)
	}
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal([]byte(v.Value), &s) // what is no text has no words
		}
		return s
	}
	var spoken []string
	for _, n := range tree.Nodes {
		if !n.Ignored {
			spoken = append(spoken, strings.TrimSpace(text(n.Role)+" "+text(n.Name)))
		}
	}
	return spoken
}

// Shot is a picture of what is seen, as PNG.
func (tab *Tab) Shot() []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatal(err)
	}
	return picture
}

// PDF is the page as it is printed.
func (tab *Tab) PDF(options ...chromedp.PDFOption) []byte {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	paper, err := chromedp.Run(ctx, chromedp.PrintToPDF(options...))
	if err != nil {
		tab.t.Fatal(err)
	}
	return paper
}

// Point is a place in the page.
type Point struct{ X, Y float64 }

// PointOf is the middle of an element, scrolled into sight; right and down shift it.
func (tab *Tab) PointOf(selector string, right, down float64) Point {
	tab.t.Helper()
	p := Eval[Point](tab, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({block: 'center', behavior: 'instant'});
		const b = e.getBoundingClientRect();
		return {X: b.left + b.width / 2, Y: b.top + b.height / 2};
	})()`, selector))
	return Point{p.X + right, p.Y + down}
}

// Touch moves fingers.
func (tab *Tab) Touch(params input.DispatchTouchEventParams) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, input.DispatchTouchEvent, params); err != nil {
		tab.t.Fatal(err)
	}
}

// Location is the page's address, which needs no script in it.
func (tab *Tab) Location() (string, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Location())
}

// Print shows the page as paper has it.
func (tab *Tab) Print(on bool) {
	tab.t.Helper()
	params := emulation.SetEmulatedMediaParams{}
	if on {
		params.Media = "print"
	}
	if _, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, params); err != nil {
		tab.t.Fatal(err)
	}
}

// Context is chromedp's, for what has no method here.
func (tab *Tab) Context() context.Context { return tab.ctx }
