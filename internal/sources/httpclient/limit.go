package httpclient

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// ErrTooLarge is the error of an answer over the limit; the rest of it was not read.
var ErrTooLarge = errors.New("the answer is too large")

// ErrNotAPI is the error of an HTML page where data was expected.
var ErrNotAPI = errors.New("answered with an HTML page instead of data: is there a proxy or a login page, or is the path prefix wrong?")

// limiting stops reading an answer at max bytes and refuses HTML pages.
type limiting struct {
	next http.RoundTripper
	max  int64
	red  *Redactor
}

func (t *limiting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.Request != nil {
		t.red.learnFrom(resp.Request)
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "text/html" && resp.StatusCode == http.StatusOK {
		_ = resp.Body.Close()
		return nil, ErrNotAPI
	}
	if resp.ContentLength > t.max {
		_ = resp.Body.Close()
		return nil, tooLarge(t.max)
	}
	resp.Body = &limitedBody{resp.Body, t.max, t.max}
	return resp, nil
}

// CloseIdleConnections lets http.Client's method of that name reach the transport.
func (t *limiting) CloseIdleConnections() { closeIdle(t.next) }

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d MiB", ErrTooLarge, max(1, limit>>20))
}

type limitedBody struct {
	io.ReadCloser
	left, max int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, tooLarge(b.max)
	}
	// One byte more than allowed tells an answer of exactly the limit from a longer one.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, tooLarge(b.max)
	}
	return n, err
}

func closeIdle(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
