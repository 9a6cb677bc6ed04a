package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"collector/internal/store"
)

// Journal keeps what is pushed. When Put returns nil everything is on disk, and how much
// of it was not known before is said. An error other than [store.ErrConflict] may pass.
type Journal interface {
	Put(ctx context.Context, entries ...store.Entry) (fresh int, err error)
}

// Limits of what is pushed.
const (
	maxPushed       = 1 << 20  // bytes of one body
	maxPushedBodies = 16 << 20 // bytes of all that are being read
	maxPushes       = 32       // at once
	maxEntries      = 1000     // of one body
	maxKey          = 500      // bytes of an Idempotency-Key
)

// push takes changes and notes. As at the webhook, 4xx says that this will never be
// valid, and everything that may pass is 503.
type push struct {
	journal Journal
	limits  Limits
	log     *slog.Logger
	now     func() time.Time
	places  chan struct{} // one for each body at once
	bodies  *budget
	failing atomic.Bool    // the last Put failed
	refused rate.Sometimes // bounds the log lines that a stranger can cause
	told    *prometheus.CounterVec
}

// pushes are the routes of those who tell something, or ask for a draft.
func (r *routes) pushes(opts Options, limits Limits) {
	p := newPush(opts, limits)
	r.post("/api/v1/changes", p.take(changes))
	r.post("/api/v1/notes", p.take(opts.Notes.fromJSON))
	r.post(draftsPath, newDrafting(opts, limits, p))
	if opts.Incidents != nil {
		r.form(notesPath, opts, noteForm{p, opts.Notes, opts.Incidents, opts.Log, opts.Door.Authenticated})
	}
}

func newPush(opts Options, limits Limits) *push {
	p := &push{
		journal: opts.Journal, limits: limits, log: opts.Log, now: time.Now,
		places: make(chan struct{}, maxPushes), bodies: &budget{},
		refused: rate.Sometimes{First: refusedLines, Interval: time.Minute},
		told: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "collector", Subsystem: "journal", Name: "entries_total",
			Help: "Changes and notes that were pushed, by whether they were new or known already.",
		}, []string{"kind", "outcome"}),
	}
	p.bodies.left.Store(maxPushedBodies)
	for _, kind := range []store.EntryKind{store.ChangeEntry, store.NoteEntry} { // so that rate() sees the first
		p.told.WithLabelValues(string(kind), "kept")
		p.told.WithLabelValues(string(kind), "known")
	}
	opts.Metrics.MustRegister(p.told)
	return p
}

// pushed is a request whose body has come in whole.
type pushed struct {
	*http.Request
	media    string // of the body, without parameters; "" when nobody says
	body     []byte
	received time.Time
}

// key is the header that makes a request one and the same, however often it comes.
func (r pushed) key() string { return r.Header.Get("Idempotency-Key") }

// told is what a request tells.
type told struct {
	entries []store.Entry
	ignored int // events that are of no interest here
}

// refusal is an error with a status of its own; others are 400.
type refusal struct {
	error
	code int
}

func (r refusal) Unwrap() error { return r.error }

// take answers requests whose bodies decode understands. The error of decode is told to
// the sender, and to nobody else: it may quote the body.
func (p *push) take(decode func(pushed) (told, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, release, ok := p.read(w, r)
		if !ok {
			return
		}
		defer release()
		what, err := decode(req)
		if err != nil {
			p.refuse(w, r, err)
			return
		}
		fresh, err := p.keep(r.Context(), what.entries)
		if err != nil {
			p.refuse(w, r, err)
			return
		}
		answerJSON(w, http.StatusOK, map[string]int{"kept": fresh, "known": len(what.entries) - fresh, "ignored": what.ignored})
	})
}

// read takes in the body of something to keep. Where it cannot it has answered.
func (p *push) read(w http.ResponseWriter, r *http.Request) (req pushed, release func(), ok bool) {
	if p.journal == nil {
		p.refuse(w, r, refusal{errors.New("collector does not take this now; its log says why"), http.StatusServiceUnavailable})
		return req, nil, false
	}
	return p.takeIn(w, r)
}

// takeIn reads a body within all limits. Where it cannot it has answered.
func (p *push) takeIn(w http.ResponseWriter, r *http.Request) (req pushed, release func(), ok bool) {
	select {
	case p.places <- struct{}{}:
	default:
		p.refuse(w, r, refusal{errors.New("too many requests at once"), http.StatusServiceUnavailable})
		return req, nil, false
	}
	b := &body{from: r.Body, left: maxPushed, shared: p.bodies}
	release = func() {
		b.release()
		<-p.places
	}
	req = pushed{Request: r, received: p.now().UTC().Truncate(time.Millisecond)}
	err := req.readFrom(b)
	if err != nil {
		p.refuse(w, r, err)
		release()
		return req, nil, false
	}
	return req, release, true
}

func (r *pushed) readFrom(b *body) (err error) {
	if media := r.Header.Get("Content-Type"); media != "" {
		if r.media, _, err = mime.ParseMediaType(media); err != nil {
			return refusal{errors.New("the Content-Type is none"), http.StatusUnsupportedMediaType}
		}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refusal{errors.New("the body is compressed: send it as it is"), http.StatusUnsupportedMediaType}
	}
	if len(r.key()) > maxKey {
		return fmt.Errorf("the Idempotency-Key has %d bytes, more than %d", len(r.key()), maxKey)
	}
	r.body, err = io.ReadAll(b)
	switch {
	case errors.Is(b.err, errTooLarge):
		return refusal{fmt.Errorf("%w of %d KiB: send less at once", errTooLarge, maxPushed>>10), http.StatusRequestEntityTooLarge}
	case errors.Is(b.err, errCrowded):
		return refusal{errCrowded, http.StatusServiceUnavailable}
	case err != nil: // the client stalled or went away
		return refusal{errors.New("the body did not come in whole"), http.StatusServiceUnavailable}
	}
	return nil
}

// keep returns nil only when everything is kept.
func (p *push) keep(ctx context.Context, entries []store.Entry) (fresh int, err error) {
	if len(entries) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.limits.Keep)
	defer cancel()
	fresh, err = p.journal.Put(ctx, entries...)
	if errors.Is(err, store.ErrConflict) {
		return 0, refusal{err, http.StatusConflict}
	}
	if err != nil {
		if !p.failing.Swap(true) {
			p.log.Error("what is pushed cannot be kept", "err", err)
		}
		return 0, refusal{errors.New("it could not be kept; collector's log says why"), http.StatusServiceUnavailable}
	}
	if p.failing.Swap(false) {
		p.log.Info("what is pushed is kept again")
	}
	kind := string(entries[0].Kind) // all are of one
	p.told.WithLabelValues(kind, "kept").Add(float64(fresh))
	p.told.WithLabelValues(kind, "known").Add(float64(len(entries) - fresh))
	return fresh, nil
}

// refuse answers with an error as JSON.
func (p *push) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := http.StatusBadRequest
	var own refusal
	if errors.As(err, &own) {
		code = own.code
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	} else {
		p.refused.Do(func() {
			p.log.Warn("something that was pushed was refused; the answer says why", "path", r.Pattern, "code", code, "remote", r.RemoteAddr)
		})
	}
	answerJSON(w, code, map[string]string{"error": shortened(err.Error(), longestAnswer)})
}

// shortened is at most so many bytes of a text, whole characters.
func shortened(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "..."
}

// answerJSON answers with a value that always encodes.
func answerJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // who went away hears nothing
}

// keyOf is the key of the nth of several things that a request tells: of its header, of
// what the thing itself says it is, or of its content. What has none of these is new
// each time.
func (r pushed) keyOf(n, of int, own, content string) string {
	switch {
	case r.key() != "" && of == 1:
		return "header\x00" + r.key()
	case r.key() != "":
		return fmt.Sprintf("header\x00%s\x00%d", r.key(), n)
	case own != "":
		return "own\x00" + own
	case content != "":
		sum := sha256.Sum256([]byte(content))
		return "content\x00" + hex.EncodeToString(sum[:])
	}
	return "once\x00" + rand.Text()
}
