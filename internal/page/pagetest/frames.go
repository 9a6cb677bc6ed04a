package pagetest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// Frames is what Chromium's trace says of some seconds.
type Frames struct {
	Drawn   int
	Dropped int
	Span    time.Duration // from the first to the last frame
	Longest time.Duration // between two frames
	P99     time.Duration // likewise, of 99 % of the frames
}

// Rate is how many frames were drawn in a second.
func (f Frames) Rate() float64 {
	if f.Span <= 0 {
		return 0
	}
	return float64(f.Drawn-1) / f.Span.Seconds()
}

// traced is an event of a trace, https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
type traced struct {
	Name string  `json:"name"`
	At   float64 `json:"ts"` // microseconds
}

// Frames runs an expression in the page, waits for it, and counts the frames meanwhile.
func (tab *Tab) Frames(expression string) Frames {
	tab.t.Helper()
	var mu sync.Mutex
	var all []traced
	done := make(chan struct{})
	ended := sync.OnceFunc(func() { close(done) })
	ctx, stop := context.WithCancel(tab.ctx)
	defer stop()
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			defer mu.Unlock()
			for _, raw := range e.Value {
				var one traced
				if json.Unmarshal(raw, &one) == nil && (one.Name == "DrawFrame" || one.Name == "DroppedFrame") {
					all = append(all, one)
				}
			}
		case *tracing.EventTracingComplete:
			ended()
		}
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	config := &tracing.TraceConfig{IncludedCategories: []string{"devtools.timeline", "disabled-by-default-devtools.timeline", "devtools.timeline.frame", "disabled-by-default-devtools.timeline.frame"}}
	if _, err := chromedp.Call(tab.ctx, tracing.Start, tracing.StartParams{TransferMode: tracing.StartTransferModeReportEvents, TraceConfig: config}); err != nil {
		tab.t.Fatal(err)
	}
	Eval[bool](tab, "(async () => { await ("+expression+"); return true; })()")
	if _, err := chromedp.Call(tab.ctx, tracing.End, cdp.Empty{}); err != nil {
		tab.t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(patience):
		tab.t.Fatal("the trace did not end")
	}
	mu.Lock()
	defer mu.Unlock()
	return framesOf(all)
}

func framesOf(all []traced) Frames {
	var f Frames
	var drawn []float64
	for _, e := range all {
		if e.Name == "DroppedFrame" {
			f.Dropped++
			continue
		}
		drawn = append(drawn, e.At)
	}
	slices.Sort(drawn)
	f.Drawn = len(drawn)
	if len(drawn) < 2 {
		return f
	}
	micros := func(v float64) time.Duration { return time.Duration(v) * time.Microsecond }
	f.Span = micros(drawn[len(drawn)-1] - drawn[0])
	var pauses []float64
	for n := range drawn[1:] {
		pauses = append(pauses, drawn[n+1]-drawn[n])
	}
	slices.Sort(pauses)
	f.Longest, f.P99 = micros(pauses[len(pauses)-1]), micros(pauses[(len(pauses)-1)*99/100])
	return f
}
