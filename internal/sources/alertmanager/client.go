package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"collector/internal/sources/httpclient"
)

// Kind is the short name of this kind of source.
const Kind = "alertmanager"

// maxBody is the largest single answer that is read: about 50,000 alerts.
const maxBody = 64 << 20

// Client asks one configured Alertmanager. It is safe for concurrent use.
type Client struct {
	cfg    Config
	client *httpclient.Client
}

// New makes the client; it asks nothing yet. The configuration is valid. It fails
// when a file that the configuration names cannot be read.
func New(cfg Config) (*Client, error) { return newClient(cfg, maxBody) }

func newClient(cfg Config, limit int64) (*Client, error) {
	cfg.SetDefaults()
	c, err := httpclient.New(httpclient.Options{Name: Kind + "/" + cfg.Name, URL: cfg.URL, Config: cfg.HTTPClient, MaxBody: limit})
	if err != nil {
		return nil, fmt.Errorf("alertmanager %s: %w", cfg.Name, err)
	}
	return &Client{cfg, c}, nil
}

// Kind is "alertmanager".
func (c *Client) Kind() string { return Kind }

// Name is the name in the configuration.
func (c *Client) Name() string { return c.cfg.Name }

// Timeout is how long one question may take.
func (c *Client) Timeout() time.Duration { return time.Duration(c.cfg.Timeout) }

// errNotAlertmanager is the error of an answer in a form that Alertmanager never gives.
var errNotAlertmanager = errors.New("the answer is not one of Alertmanager's API v2: is the URL right, with its path prefix?")

// refusal is an answer with another status than 200.
type refusal int

func (r refusal) Error() string { return fmt.Sprintf("HTTP status %d", int(r)) }

// get asks for a path below /api/v2 and hands the answer to read, with the server's
// own time, or zero where it does not tell. The error holds no secret.
func (c *Client) get(ctx context.Context, path string, query url.Values, read func(body io.Reader, date time.Time) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout())
	defer cancel()
	return c.explain(ctx, c.try(ctx, path, query, read))
}

func (c *Client) try(ctx context.Context, path string, query url.Values, read func(io.Reader, time.Time) error) error {
	address, err := url.Parse(c.client.Address) // its query may hold a token
	if err != nil {
		return err
	}
	address = address.JoinPath("api", "v2", path)
	given := address.Query()
	for name, values := range query {
		given[name] = values
	}
	address.RawQuery = given.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.client.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode)
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		date = time.Time{}
	}
	return read(resp.Body, date)
}

// explain puts an error into words that anybody may read: without credentials, in one
// line, with the limit that was hit.
func (c *Client) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within the time limit (timeout: %s)", c.cfg.Timeout)
	}
	return oneLine{c.client.Error(err)}
}

// oneLine is an error whose text has no line break and a bearable length.
type oneLine struct{ error }

func (e oneLine) Error() string {
	const most = 300
	text := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(e.error.Error(), "\uFFFD")), " "))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

func (e oneLine) Unwrap() error { return e.error }
