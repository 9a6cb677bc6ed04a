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

// The retries of a notification: after a second, then twice as long each time. One
// that could not be delivered for so long is old news.
const (
	firstPause = time.Second
	maxPause   = time.Minute
	giveUp     = time.Hour
	queueLimit = 100   // notifications that wait; the next one is dropped
	answerKept = 1_000 // bytes of a refusal that are read
)

// webhook is one address that is told.
type webhook struct {
	config  Config
	body    body
	client  *http.Client
	log     *slog.Logger
	metrics *Metrics
	told    func(notifier string, s Step)
	pause   func(attempt int) time.Duration

	queue  chan Step
	unsent []Step // what was under way when the worker ended
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
	client.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.Method != http.MethodPost || !c.HTTPClient.FollowRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &webhook{config: c, body: b, client: client, log: opts.Log.With("notifier", c.Name), metrics: opts.Metrics,
		told: opts.Delivered, pause: backOff, queue: make(chan Step, queueLimit)}, nil
}

// backOff is how long to wait after so many failed attempts.
func backOff(attempt int) time.Duration {
	return min(firstPause<<min(attempt-1, 10), maxPause)
}

func (w *webhook) wants(s Step) bool { return slices.Contains(w.config.On, s.Kind) }

// put queues a step and never waits.
func (w *webhook) put(s Step) error {
	select {
	case w.queue <- s:
		w.metrics.queued.WithLabelValues(w.config.Name).Set(float64(len(w.queue)))
		return nil
	default:
		w.metrics.notifications.WithLabelValues(w.config.Name, dropped).Inc()
		return fmt.Errorf("%s: %w", w.config.Name, ErrFull)
	}
}

// run delivers what is queued, one after the other, until the context ends.
func (w *webhook) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-w.queue:
			w.metrics.queued.WithLabelValues(w.config.Name).Set(float64(len(w.queue)))
			if !w.deliver(ctx, s) {
				w.unsent = append(w.unsent, s)
				return
			}
		}
	}
}

// deliver tries until it is done with a step: false when the context ended first.
func (w *webhook) deliver(ctx context.Context, s Step) bool {
	text, err := w.body.render(s)
	if err != nil {
		w.ended(s, fmt.Errorf("template: %w", err))
		return true
	}
	began := time.Now()
	for attempt := 1; ; attempt++ {
		after, err := w.post(ctx, text)
		if ctx.Err() != nil && err != nil {
			return false
		}
		if err != nil {
			w.metrics.failures.WithLabelValues(w.config.Name).Inc()
		}
		var final refused
		if err == nil || errors.As(err, &final) || time.Since(began) > giveUp {
			w.ended(s, err)
			return true
		}
		if attempt == 1 {
			w.log.Warn("a notification was not delivered; it is tried again", "step", s.Kind, "incident", s.Incident.ID, "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(max(w.pause(attempt), min(after, maxPause))):
		}
	}
}

// ended counts and logs how a notification ended.
func (w *webhook) ended(s Step, err error) {
	if err != nil {
		w.metrics.notifications.WithLabelValues(w.config.Name, failed).Inc()
		w.log.Error("a notification is given up", "step", s.Kind, "incident", s.Incident.ID, "err", err)
		return
	}
	w.metrics.notifications.WithLabelValues(w.config.Name, delivered).Inc()
	if w.told != nil {
		w.told(w.config.Name, s)
	}
}

// refused is an answer that another attempt would get again.
type refused struct{ error }

// post makes one attempt. after is how long the receiver asks us to wait. No error
// holds the address.
func (w *webhook) post(ctx context.Context, text []byte) (after time.Duration, err error) {
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
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, unaddressed(err, address)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, answerKept)) // it only explains the status
	if resp.StatusCode/100 == 2 {
		return 0, nil
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		after = min(time.Duration(seconds)*time.Second, maxPause)
	}
	err = fmt.Errorf("answered %d: %s", resp.StatusCode, blank(shorten(200, oneLine(string(said))), address))
	switch {
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return after, err
	}
	return 0, refused{err}
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
