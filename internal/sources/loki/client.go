package loki

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/internal/sources/httpclient"
)

// maxBody is the largest single answer that is read, in bytes. A page of a thousand lines
// has a few hundred kilobytes; Loki takes lines of up to 256 KB.
const maxBody = 16 << 20

// client asks one Loki. It is safe for concurrent use.
type client struct {
	*httpclient.Client
	within time.Duration // how long all questions of one draft may take, for messages
}

func newClient(cfg Config, limit int64) (*client, error) {
	c, err := httpclient.New(httpclient.Options{Name: Kind + "/" + cfg.Name, URL: cfg.URL, Config: cfg.HTTPClient, MaxBody: limit})
	if err != nil {
		return nil, err
	}
	return &client{c, time.Duration(cfg.Timeout)}, nil
}

// errNotLoki is the error of an answer in a form that Loki never gives.
var errNotLoki = errors.New("the answer is not one of Loki's API: is the URL right, with its path prefix?")

// refusal is an answer with another status than 200, in Loki's words.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string {
	if r.text == "" {
		return fmt.Sprintf("HTTP status %d", r.status)
	}
	return fmt.Sprintf("HTTP status %d: %s", r.status, r.text)
}

// get asks for a path and returns the answer. Its error holds no secret, see explain.
func (c *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	body, err := c.try(ctx, path, query)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	return body, nil
}

func (c *client) try(ctx context.Context, path string, query url.Values) ([]byte, error) {
	address, err := url.Parse(c.Address) // its query may hold a token
	if err != nil {
		return nil, err
	}
	address = address.JoinPath("loki", "api", "v1", path)
	given := address.Query()
	for name, values := range query {
		given[name] = values
	}
	address.RawQuery = given.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	// Without it Loki mixes structured metadata and parsed labels, which may differ from
	// line to line, into the labels of the stream.
	req.Header.Set("X-Loki-Response-Encoding-Flags", "categorize-labels")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp)
	}
	return io.ReadAll(resp.Body)
}

// refused reads why. Loki says it as plain text, some proxies as JSON; the page of a
// proxy says nothing that the status does not.
func refused(resp *http.Response) error {
	const most = 8 << 10
	body, _ := io.ReadAll(io.LimitReader(resp.Body, most))
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "text/html" {
		return refusal{status: resp.StatusCode}
	}
	var said struct{ Message, Error string }
	if json.Unmarshal(body, &said) == nil && said.Message+said.Error != "" {
		return refusal{resp.StatusCode, strings.TrimSpace(said.Error + " " + said.Message)}
	}
	return refusal{resp.StatusCode, oneLine(string(body), most)}
}

// explain puts an error into words that anybody may read: without credentials, in one
// line, with the limit that was hit. It keeps what errors.Is and errors.As see.
func (c *client) explain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return explained{fmt.Sprintf("no answer within the time limit (timeout: %s)", c.within), context.DeadlineExceeded}
	}
	const most = 400
	return explained{oneLine(c.Error(err).Error(), most), err}
}

type explained struct {
	text string
	err  error
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.err }

// oneLine makes foreign text fit for a sentence: one line, at most so many bytes.
func oneLine(text string, most int) string {
	if len(text) > 4*most {
		text = text[:4*most]
	}
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), isBlank), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// isBlank reports whether a character separates words: control characters do too.
func isBlank(r rune) bool {
	return r <= ' ' || r >= 0x7f && r <= 0xa0 || r == '\u2028' || r == '\u2029' || isBidi(r)
}

// isBidi reports whether a character turns the direction of what follows it.
func isBidi(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\u061c'
}
