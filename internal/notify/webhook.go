package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"collector/internal/sources/httpclient"
)

// answerKept is how many bytes of a refusal are read.
const answerKept = 1_000

// webhook is one address that is told.
type webhook struct {
	config  Config
	body    body
	client  *http.Client
	log     *slog.Logger
	metrics *Metrics
	pause   func(attempts int) time.Duration
	news    chan struct{} // there is something new to tell

	// Of the worker alone.
	outbox Outbox
	spent  map[int64]bool // done, but perhaps still in the outbox
	failed int            // attempts in a row that may succeed later
	resume time.Time      // before then the receiver is left alone
	ailing bool           // the outbox could not be read at the last look
}

func newWebhook(c Config, opts Options) (*webhook, error) {
	text := c.Template
	if c.TemplateFile != "" {
		read, err := os.ReadFile(c.TemplateFile)
		if err != nil {
			return nil, fmt.Errorf("template_file: %w", err)
		}
		text = string(read)
	}
	b, err := compile(text)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	client, err := promconfig.NewClientFromConfig(c.HTTPClient.HTTPClientConfig, "notify/"+c.Name, promconfig.WithUserAgent("collector"))
	if err != nil {
		return nil, fmt.Errorf("http_client: %w", err)
	}
	// A redirect that turns a POST into a GET would look like a delivery.
	client.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if next.Method != http.MethodPost || !c.HTTPClient.FollowRedirects || len(before) > mostRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &webhook{config: c, body: b, client: client, log: opts.Log.With("notifier", c.Name), metrics: opts.Metrics,
		pause: backOff, news: make(chan struct{}, 1), spent: map[int64]bool{}}, nil
}

func (w *webhook) wants(s Step) bool { return slices.Contains(w.config.On, s.Kind) }

// wake makes the worker look at once.
func (w *webhook) wake() {
	select {
	case w.news <- struct{}{}:
	default: // it will look anyway
	}
}

// mostRedirects is how many of them one attempt follows.
const mostRedirects = 5

// refused is an answer that another attempt would get again.
type refused struct{ error }

// post makes one attempt. The key is the same at each, so that a receiver can tell
// a repetition. after is how long the receiver asks us to wait. No error holds the address.
func (w *webhook) post(ctx context.Context, text []byte, key string) (after time.Duration, err error) {
	address, err := w.address()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(w.config.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return 0, refused{errors.New("the address cannot be used")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, unaddressed(err, address)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, answerKept)) // it only explains the status
	if resp.StatusCode/100 == 2 {
		return 0, nil
	}
	err = fmt.Errorf("answered %d: %s", resp.StatusCode, blank(shorten(200, oneLine(string(said))), address))
	switch {
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return retryAfter(resp.Header.Get("Retry-After"), time.Now()), err
	}
	return 0, refused{err}
}

// retryAfter is how long a receiver asks us to wait: so many seconds, or until a date.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// address is where to post. A file is read each time, because it may be replaced.
func (w *webhook) address() (string, error) {
	address := string(w.config.URL)
	if w.config.URLFile != "" {
		text, err := os.ReadFile(w.config.URLFile)
		if err != nil {
			return "", fmt.Errorf("url_file: %w", err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		address = strings.TrimSpace(line)
	}
	if _, err := httpclient.ParseURL(address); err != nil {
		return "", fmt.Errorf("url_file %s: %w", w.config.URLFile, err)
	}
	return address, nil
}

// unaddressed is an error without the address, and still what errors.Is sees.
func unaddressed(err error, address string) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if text := blank(err.Error(), address); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// blank removes an address, and the parts of it that may be a token, from a text.
func blank(text, address string) string {
	text = strings.ReplaceAll(text, address, hidden)
	u, err := url.Parse(address)
	if err != nil {
		return text
	}
	parts := []string{u.RequestURI(), u.Path, u.RawQuery}
	if u.User != nil {
		password, _ := u.User.Password()
		parts = append(parts, u.User.String(), password)
	}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	for _, part := range strings.Split(u.Path, "/") {
		if len(part) >= tokenLength {
			parts = append(parts, part)
		}
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	for _, part := range parts {
		if len(part) > 1 {
			text = strings.ReplaceAll(text, part, hidden)
		}
	}
	return text
}

// tokenLength is from which length on a part of a path may be a token.
const tokenLength = 8
