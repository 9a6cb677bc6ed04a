package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Drafts has the drafts written that people ask for, and those that they asked for
// before known.
type Drafts interface {
	// Ask has the draft of a window written, and waits for it until ctx ends: the answer
	// then says how far it is. Whatever of a request makes it the same as an earlier one,
	// or key does (an Idempotency-Key, "" without one), is one draft.
	//
	// Errors: [ErrDraftsFull], [ErrDraftsStopped], [ErrOtherDraft]; any other is about the request, will
	// never be otherwise, and names the fix.
	Ask(ctx context.Context, ask DraftAsk, key string) (DraftAsked, error)
}

// The errors of Drafts.
var (
	ErrDraftsFull    = errors.New("too many drafts wait to be written: ask again later")
	ErrDraftsStopped = errors.New("collector stops: ask again when it runs")
	ErrOtherDraft    = errors.New("another draft was asked for under this Idempotency-Key: take a new one")
)

// DraftAsk is the body of POST /api/v1/drafts: what `collector draft` asks by its flags.
type DraftAsk struct {
	From      string   `json:"from"`      // a T of the command line, or RFC 3339
	To        string   `json:"to"`        // likewise
	Clusters  []string `json:"clusters"`  // none: all
	Templates []string `json:"templates"` // none: report.template
	Title     string   `json:"title"`     // "": one made of the facts
}

// How far a draft is that was asked for.
const (
	DraftWaiting = "waiting" // others come first
	DraftWriting = "writing"
	DraftWritten = "written"
	DraftFailed  = "failed" // whoever asks again has it tried again
)

// DraftAsked is a draft that was asked for, as it is told to whoever asks.
type DraftAsked struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Window    string    `json:"window"` // the same for people: UTC and local time
	Clusters  []string  `json:"clusters,omitempty"`
	Templates []string  `json:"templates"`
	Note      string    `json:"note,omitempty"`  // what of the window was changed
	Dir       string    `json:"dir,omitempty"`   // of one that is written
	Error     string    `json:"error,omitempty"` // of one that failed
}

// draftsPath is where drafts are asked for.
const draftsPath = "/api/v1/drafts"

// drafting is POST /api/v1/drafts. A draft asks every source and fills a directory: where
// everybody gets in it is refused, as a reload is.
type drafting struct {
	push     *push // takes the bodies in
	drafts   Drafts
	guarded  bool
	patience time.Duration // how long a request is kept waiting
	waits    chan struct{} // one for each request that is
}

// maxDraftWaits is how many requests are kept waiting at once; further ones are told at
// once how far their drafts are.
const maxDraftWaits = 16

func newDrafting(opts Options, limits Limits, p *push) drafting {
	return drafting{p, opts.Drafts, opts.Door.Guarded(), limits.Draft, make(chan struct{}, maxDraftWaits)}
}

func (d drafting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !d.guarded:
		d.push.refuse(w, r, refusal{errors.New("anybody who reaches this port could ask for drafts: set server.web_config_file, or use collector draft"), http.StatusForbidden})
		return
	case d.drafts == nil:
		d.push.refuse(w, r, refusal{errors.New("collector writes no drafts now; its log says why"), http.StatusServiceUnavailable})
		return
	}
	req, release, ok := d.push.takeIn(w, r)
	if !ok {
		return
	}
	ask, err := draftFromJSON(req)
	release() // whoever waits for a draft is in nobody's way
	if err != nil {
		d.push.refuse(w, r, err)
		return
	}
	asked, err := d.ask(r.Context(), ask, req.key())
	switch {
	case errors.Is(err, ErrDraftsFull), errors.Is(err, ErrDraftsStopped):
		err = refusal{err, http.StatusServiceUnavailable}
	case errors.Is(err, ErrOtherDraft):
		err = refusal{err, http.StatusConflict}
	}
	if err != nil {
		d.push.refuse(w, r, err)
		return
	}
	code := http.StatusAccepted
	switch asked.State {
	case DraftWritten:
		code = http.StatusOK
	case DraftFailed:
		code = http.StatusInternalServerError
	default:
		w.Header().Set("Retry-After", "5")
	}
	answerJSON(w, code, asked)
}

// ask waits for the draft, where not too many wait already.
func (d drafting) ask(ctx context.Context, ask DraftAsk, key string) (DraftAsked, error) {
	patience := d.patience
	select {
	case d.waits <- struct{}{}:
		defer func() { <-d.waits }()
	default:
		patience = 0
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return d.drafts.Ask(ctx, ask, key)
}

// Limits of what a request for a draft names.
const (
	maxDraftNames = 100 // clusters, or templates
	maxDraftTitle = 200 // bytes
)

// draftFromJSON decodes POST /api/v1/drafts. Keys that are not known are refused: they
// are a mistyped one.
func draftFromJSON(r pushed) (DraftAsk, error) {
	sent, err := strictJSON[DraftAsk](r, `no request for a draft: send {"from": "09:00", "to": "12:45"} and, as you like, clusters, templates, title`)
	if err != nil {
		return DraftAsk{}, err
	}
	sent.Title = strings.TrimSpace(oneLine(sent.Title))
	switch {
	case strings.TrimSpace(sent.From) == "" || strings.TrimSpace(sent.To) == "":
		return DraftAsk{}, errors.New(`both "from" and "to" are needed: the window that the draft tells of`)
	case len(sent.Clusters) > maxDraftNames || len(sent.Templates) > maxDraftNames:
		return DraftAsk{}, errors.New("too many clusters or templates: leave clusters out for all of them, and name each template once")
	case len(sent.Title) > maxDraftTitle:
		return DraftAsk{}, errors.New("the title is too long: shorten it to 200 bytes")
	}
	return *sent, nil
}
