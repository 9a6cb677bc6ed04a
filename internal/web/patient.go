package web

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// patientWriter gives a client a time for each piece of an answer, in place of the
// one that the server gives for all of it: an answer may then take as long as its
// client reads on. It is for one handler; only cut may be called from elsewhere.
type patientWriter struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	stall time.Duration // for each piece
	until time.Time     // the end of the whole answer; zero: none

	mu    sync.Mutex // guards what follows, and the deadline
	ended bool
}

var errCutOff = errors.New("the answer was cut off")

func newPatientWriter(w http.ResponseWriter, stall time.Duration) *patientWriter {
	return &patientWriter{w: w, rc: http.NewResponseController(innermost(w)), stall: stall}
}

// innermost is the writer below those that only count: they flush without telling
// that it failed.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			return w
		}
		w = wrapper.Unwrap()
	}
}

func (p *patientWriter) Header() http.Header { return p.w.Header() }

func (p *patientWriter) WriteHeader(code int) { p.w.WriteHeader(code) }

func (p *patientWriter) Write(piece []byte) (int, error) {
	if err := p.wait(); err != nil {
		return 0, err
	}
	return p.w.Write(piece)
}

// wait begins the time for a piece.
func (p *patientWriter) wait() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return errCutOff
	}
	deadline := time.Now().Add(p.stall)
	if !p.until.IsZero() && p.until.Before(deadline) {
		deadline = p.until
	}
	return p.rc.SetWriteDeadline(deadline)
}

// send writes a piece so that the client has it now. Errors: os.ErrDeadlineExceeded
// when the client does not take it.
func (p *patientWriter) send(piece []byte) error {
	if _, err := p.Write(piece); err != nil {
		return err
	}
	if err := p.rc.Flush(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return errCutOff
	}
	return p.rc.SetWriteDeadline(time.Time{}) // HTTP/2 ends a stream at its deadline, also when nobody writes
}

// finish is for the end of the handler: the answer's end is a piece, too.
func (p *patientWriter) finish() {
	_ = p.wait() // whoever was cut off is
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}

// cut ends the answer at once, also while a piece waits for its client.
func (p *patientWriter) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended = true
		_ = p.rc.SetWriteDeadline(time.Unix(1, 0)) // fails only for a connection that is closed
	}
}
