package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"collector/internal/config"
	"collector/internal/sources/redact"
	"collector/internal/timeline"
	"collector/internal/web"
)

// Limits of the drafts that people ask the daemon for.
const (
	// maxAskedWindow bounds their windows: the daemon also records, and has little memory.
	maxAskedWindow = 24 * time.Hour
	// maxAskedWaiting is how many may wait.
	maxAskedWaiting = 8
	// askedKnown is how long after its end a draft is the answer to the same request; from
	// then on the draft is made again.
	askedKnown = 10 * time.Minute
	// maxAskedKnown is how many of these there are at most, the latest.
	maxAskedKnown = 100
)

// askedDrafts are the drafts that people ask for at POST /api/v1/drafts. The clerk
// writes them, one after the other. They are not kept on disk: whoever asked hears that
// the daemon stops, and asks again.
type askedDrafts struct {
	config  func() *config.Config // in force
	now     func() time.Time
	stopped chan struct{}

	mu   sync.Mutex
	list []*askedDraft // in the order in which they were asked for
}

// askedDraft is one of them. Its state, dir and ended change, under the mutex.
type askedDraft struct {
	id, note string
	req      request
	key      string // the first one's Idempotency-Key
	ask      web.DraftAsk
	window   string // for people
	state    string
	dir      string
	ended    time.Time     // when it was written or had failed
	over     chan struct{} // closed then
}

func newAskedDrafts(current func() *config.Config, now func() time.Time) *askedDrafts {
	return &askedDrafts{config: current, now: now, stopped: make(chan struct{})}
}

// The HTTP side asks here.
var _ web.Drafts = (*askedDrafts)(nil)

// Ask takes a request in, or finds the draft that it is about, and waits for that.
func (a *askedDrafts) Ask(ctx context.Context, ask web.DraftAsk, key string) (web.DraftAsked, error) {
	d, err := a.take(ask, key)
	if err != nil {
		return web.DraftAsked{}, err
	}
	select {
	case <-d.over:
	case <-ctx.Done():
	case <-a.stopped:
		return web.DraftAsked{}, web.ErrDraftsStopped
	}
	return a.told(d), nil
}

// take is the draft that a request is about; one that is not known yet waits from now on.
func (a *askedDrafts) take(ask web.DraftAsk, key string) (*askedDraft, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget()
	if d := a.find(func(d *askedDraft) bool { return key != "" && d.key == key }); d != nil {
		if !reflect.DeepEqual(d.ask, ask) {
			return nil, web.ErrOtherDraft
		}
		return d, nil
	}
	c := a.config()
	req, note, err := requestAsked(c, ask, a.now())
	if err != nil {
		return nil, err
	}
	id := req.askedID()
	if d := a.find(func(d *askedDraft) bool { return d.id == id }); d != nil {
		return d, nil
	}
	waiting := 0
	for _, d := range a.list {
		if d.state == web.DraftWaiting {
			waiting++
		}
	}
	if waiting >= maxAskedWaiting {
		return nil, web.ErrDraftsFull
	}
	d := &askedDraft{
		id: id, req: req, note: note, key: key, ask: ask, state: web.DraftWaiting, over: make(chan struct{}),
		window: strings.TrimPrefix(describeWindow(req.Window, c.Location()), "window: "),
	}
	a.list = append(a.list, d)
	return d, nil
}

func (a *askedDrafts) find(is func(*askedDraft) bool) *askedDraft {
	if i := slices.IndexFunc(a.list, is); i >= 0 {
		return a.list[i]
	}
	return nil
}

// forget lets go of drafts that failed, which whoever asks again has tried again, and of
// those that were written long ago.
func (a *askedDrafts) forget() {
	old, written := a.now().Add(-askedKnown), 0
	for _, d := range slices.Backward(a.list) {
		if d.state == web.DraftWritten {
			if written++; written > maxAskedKnown {
				d.ended = time.Time{}
			}
		}
	}
	a.list = slices.DeleteFunc(a.list, func(d *askedDraft) bool {
		return d.state == web.DraftFailed || d.state == web.DraftWritten && d.ended.Before(old)
	})
}

// told is a draft as it is told to whoever asked.
func (a *askedDrafts) told(d *askedDraft) web.DraftAsked {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := web.DraftAsked{
		ID: d.id, State: d.state, From: d.req.Window.From, To: d.req.Window.To, Window: d.window, Note: d.note,
		Clusters: d.req.Scope.Clusters, Templates: d.req.documents(), Dir: d.dir,
	}
	if d.state == web.DraftFailed {
		out.Error = "the draft could not be written; collector's log says why: ask again"
	}
	return out
}

// next is the draft whose turn it is; nil when none waits.
func (a *askedDrafts) next() *askedDraft {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.find(func(d *askedDraft) bool { return d.state == web.DraftWaiting })
	if d != nil {
		d.state = web.DraftWriting
	}
	return d
}

// wait reports whether a draft waits to be written.
func (a *askedDrafts) wait() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.find(func(d *askedDraft) bool { return d.state == web.DraftWaiting }) != nil
}

// done says how a draft ended: in a directory, or "" where it failed.
func (a *askedDrafts) done(d *askedDraft, dir string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.state, d.dir, d.ended = web.DraftWritten, dir, a.now()
	if dir == "" {
		d.state = web.DraftFailed
	}
	close(d.over)
}

// requestAsked is the request for the draft that somebody asks for. Its errors are about
// what was asked.
func requestAsked(c *config.Config, ask web.DraftAsk, now time.Time) (request, string, error) {
	f := draftFlags{
		from: strings.TrimSpace(ask.From), to: strings.TrimSpace(ask.To), template: ask.Templates, title: redact.Text(ask.Title),
	}
	if len(ask.Clusters) > 0 { // in one order, so that the same request is the same
		f.clusters = slices.Compact(slices.Sorted(slices.Values(ask.Clusters)))
	}
	req, note, err := newRequest(c, f, windowKeys{"from", "to"}, now)
	if err == nil && req.Window.Duration() > maxAskedWindow {
		err = fmt.Errorf("the window has %s, more than %s: name a shorter one, or use collector draft, which takes any",
			req.Window.Duration().Round(time.Second), maxAskedWindow)
	}
	return req, note, err
}

// askedID is what makes requests for drafts one and the same: D-1f3c9a02.
func (r request) askedID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		timeline.FormatTime(r.Window.From), timeline.FormatTime(r.Window.To), strings.Join(r.Scope.Clusters, "\x01"),
		strings.Join(r.documents(), "\x01"), r.Title,
	}, "\x00")))
	return "D-" + hex.EncodeToString(sum[:4])
}
