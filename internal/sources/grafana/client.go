package grafana

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"
	promconfig "github.com/prometheus/common/config"

	"collector/internal/sources/httpclient"
)

// parallel is how many questions may be in flight at once: less than the browser
// of one person who looks at the dashboard.
const parallel = 4

// client asks one Grafana. It is safe for concurrent use.
type client struct {
	*httpclient.Client
	within   time.Duration // how long all questions of one draft may take, for messages
	unusable error         // why nothing can be asked
	secret   []byte        // nobody else knows it; makes the keys of snapshots unguessable
}

func newClient(cfg Config, maxBody int64) (*client, error) {
	// The library prints requests, answers and URLs when this is set; what a
	// dashboard asks may hold SQL literals.
	_ = os.Unsetenv("GF_LOG")
	c := &client{within: time.Duration(cfg.Timeout)}
	token := ""
	if cfg.TokenEnv != "" {
		if token = strings.TrimSpace(os.Getenv(cfg.TokenEnv)); token == "" {
			c.unusable = fmt.Errorf("the environment variable %s (token_env) is not set", cfg.TokenEnv)
		}
	}
	switch {
	case token != "":
		cfg.HTTPClient.Authorization = &promconfig.Authorization{Type: "Bearer", Credentials: promconfig.Secret(token)}
	case cfg.TokenFile != "":
		cfg.HTTPClient.Authorization = &promconfig.Authorization{Type: "Bearer", CredentialsFile: cfg.TokenFile}
	}
	var err error
	c.Client, err = httpclient.New(httpclient.Options{Name: Kind, URL: cfg.URL, Config: cfg.HTTPClient, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	c.secret = secretOf(cfg)
	return c, nil
}

// secretOf is whatever credential there is; nil when there is none that we hold.
func secretOf(cfg Config) []byte {
	file := func(path string) string {
		data, err := os.ReadFile(path) //nolint:gosec // the configuration names it
		if path == "" || err != nil {
			return ""
		}
		return strings.TrimSpace(string(data))
	}
	var found []string
	if a := cfg.HTTPClient.Authorization; a != nil {
		found = append(found, string(a.Credentials), file(a.CredentialsFile))
	}
	if b := cfg.HTTPClient.BasicAuth; b != nil {
		found = append(found, string(b.Password), file(b.PasswordFile))
	}
	if u, err := url.Parse(cfg.URL); err == nil && u.User != nil {
		password, _ := u.User.Password()
		found = append(found, password)
	}
	for _, s := range found {
		if s != "" {
			return []byte(s)
		}
	}
	return nil
}

// apiError is an answer that says no.
type apiError struct {
	Status  int
	Message string // what Grafana says about it; may be empty
}

func (e *apiError) Error() string {
	text := fmt.Sprintf("HTTP status %d", e.Status)
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// statusOf is the HTTP status of a refusal, 0 for any other error.
func statusOf(err error) int {
	var refused *apiError
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// refusal makes the error of an answer with a status of 400 or more.
func refusal(status int, body []byte) error {
	var said struct{ Message string }
	if json.Unmarshal(body, &said) != nil {
		return &apiError{Status: status}
	}
	return &apiError{status, said.Message}
}

// errNotGrafana is the error of an answer in a form that Grafana never gives.
var errNotGrafana = errors.New("the answer is not one of Grafana's: is the URL right, with its path prefix?")

// session asks on behalf of one Gather or Check: at most parallel questions at once.
type session struct {
	*client
	slots chan struct{}
}

func (c *client) session() *session { return &session{c, make(chan struct{}, parallel)} }

// library is the API client for questions within ctx. The library knows no
// contexts and tells errors by their text only: both are mended by its transport.
func (s *session) library(ctx context.Context) (*gapi.Client, error) {
	if s.unusable != nil {
		return nil, s.unusable
	}
	return gapi.New(s.URL.String(), gapi.Config{Client: &http.Client{
		Transport: bound{ctx, s}, CheckRedirect: s.HTTP.CheckRedirect, Timeout: s.within,
	}})
}

// bound is a transport whose requests end with a context and whose refusals are errors.
type bound struct {
	ctx context.Context // the library's methods take none
	*session
}

// RoundTrip sends a request of the library.
func (b bound) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := req.Clone(b.ctx)
	if req.Method != http.MethodGet {
		sent.GetBody = nil // a creation that is sent twice happens twice
	}
	release, err := b.slot(b.ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	resp, err := b.HTTP.Transport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode >= http.StatusBadRequest:
		return nil, refusal(resp.StatusCode, body)
	case resp.StatusCode < 300 && (len(bytes.TrimSpace(body)) == 0 || bytes.Equal(bytes.TrimSpace(body), []byte("null"))):
		return nil, errNotGrafana // the library would take it for an empty answer, or fall over it
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// slot waits for leave to ask; release gives it back.
func (s *session) slot(ctx context.Context) (release func(), err error) {
	if s.unusable != nil {
		return nil, s.unusable
	}
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask puts a question that the library does not know. The answer is returned
// with any status; err speaks of a connection that failed.
func (s *session) ask(ctx context.Context, method, path string, query url.Values, body any) (status int, answer []byte, err error) {
	release, err := s.slot(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer release()
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(data)
	}
	address := s.URL.JoinPath(path)
	address.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, address.String(), payload)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := s.HTTP.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// get reads an object; a refusal is an *apiError.
func (s *session) get(ctx context.Context, path string, query url.Values, into any) error {
	status, answer, err := s.ask(ctx, http.MethodGet, path, query, nil)
	switch {
	case err != nil:
		return err
	case status >= http.StatusBadRequest:
		return refusal(status, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%w (%w)", errNotGrafana, err)
	}
	return nil
}

// explain puts an error into words that may stand in a document: without
// credentials, in one line, with the limit that was hit.
func (c *client) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return errors.New("the question was cancelled")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within the time limit (timeout: %s)", c.within)
	}
	return errors.New(clip(c.Error(err).Error(), maxReason))
}

// maxReason is how many characters of a foreign error are kept.
const maxReason = 200

// clip keeps a text to one line of bearable length.
func clip(text string, most int) string {
	if len(text) > 8*most {
		text = text[:8*most]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
