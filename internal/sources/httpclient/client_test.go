package httpclient

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	promconfig "github.com/prometheus/common/config"
)

func TestConfigFromYAML(t *testing.T) {
	tests := []struct{ name, text, err string }{
		{"empty", "{}", ""},
		{"tenant header", "{http_headers: {X-Scope-OrgID: {values: [shop]}}}", ""},
		{"unknown key", "{tsl_config: {}}", "field tsl_config not found"},
		{"two ways to log in", "{basic_auth: {username: u}, bearer_token: t}", "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"},
		{"wrong type", "[1]", "cannot unmarshal !!seq into config.plain"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Config
			if err := yaml.Unmarshal([]byte(tt.text), &c); err != nil {
				t.Fatalf("decoding: %v, a mistake waits for Validate", err)
			}
			c.SetDefaults()
			err := c.Validate()
			if tt.err == "" {
				if err != nil || !c.FollowRedirects || !c.EnableHTTP2 {
					t.Errorf("error %v, %+v", err, c.HTTPClientConfig)
				}
				return
			}
			if err == nil || err.Error() != tt.err {
				t.Errorf("error %q, want %q", err, tt.err)
			}
		})
	}
}

func TestURLErrorsHideTheURL(t *testing.T) {
	for _, raw := range []string{"", "http://user:pa ss@host", "ftp://user:hunter2@host", "http://user:hunter2@", "host:9090"} {
		_, err := ParseURL(raw)
		if err == nil {
			t.Errorf("%q is taken for a URL", raw)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "pa ss") {
			t.Errorf("%v has the password", err)
		}
	}
}

func open(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(ctx context.Context, t *testing.T, c *Client) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Address, strings.NewReader("question"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// TestUserOfURL shows that user and password of the URL log in, and are seen nowhere.
func TestUserOfURL(t *testing.T) {
	var asked atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked.Store(user + "/" + password + " " + r.URL.String())
	}))
	defer srv.Close()
	c := open(t, Options{URL: strings.Replace(srv.URL, "://", "://scraper:hunter2@", 1) + "/prefix/?token=abcdef#x"})
	if _, _, err := get(t.Context(), t, c); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != "scraper/hunter2 /prefix?token=abcdef" {
		t.Errorf("the server was asked %q", asked.Load())
	}
	if c.URL.String() != srv.URL+"/prefix" {
		t.Errorf("shown as %s", c.URL)
	}
	echo := "401 for scraper hunter2 abcdef " + base64.StdEncoding.EncodeToString([]byte("scraper:hunter2"))
	if got := c.Text(echo); got != "401 for <secret> <secret> <secret> <secret>" {
		t.Errorf("redacted to %q", got)
	}
}

// TestSecretsOfFiles shows that credentials are known although they come from a
// file that the client reads at each request.
func TestSecretsOfFiles(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Header.Get("Authorization"))
	}))
	defer srv.Close()
	cfg := promconfig.DefaultHTTPClientConfig
	cfg.Authorization = &promconfig.Authorization{Type: "Bearer", CredentialsFile: writeFile(t, "file-token-1")}
	c := open(t, Options{URL: srv.URL, Config: Config{HTTPClientConfig: cfg}})
	_, body, err := get(t.Context(), t, c)
	if err != nil || body != "Bearer file-token-1" {
		t.Fatalf("%q, %v", body, err)
	}
	if got := c.Error(fmt.Errorf("denied: %s", body)).Error(); got != "denied: <secret>" {
		t.Errorf("redacted to %q", got)
	}
}

func TestRetries(t *testing.T) {
	tests := []struct {
		name    string
		answers []int // 0 cuts the connection
		want    int   // status, 0 for an error
		asked   int32
	}{
		{"first answer", []int{200}, 200, 1},
		{"after an overload", []int{429, 503, 200}, 200, 3},
		{"after a cut connection", []int{0, 200}, 200, 2},
		{"gives up", []int{500, 500, 500, 200}, 500, 3},
		{"a refusal is an answer", []int{403, 200}, 403, 1},
		{"a 501 is final", []int{501, 200}, 501, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, _ := io.ReadAll(r.Body); string(body) != "question" {
					t.Errorf("asked with body %q", body)
				}
				code := tt.answers[n.Add(1)-1]
				if code == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(code)
			}))
			defer srv.Close()
			got, _, err := get(t.Context(), t, open(t, Options{URL: srv.URL}))
			if got != tt.want || (err != nil) != (tt.want == 0) || n.Load() != tt.asked {
				t.Errorf("status %d, error %v, asked %d times; want %d after %d", got, err, n.Load(), tt.want, tt.asked)
			}
		})
	}
}

// TestRetryAfterBeyondTheDeadline shows that a pause that does not fit is not made.
func TestRetryAfterBeyondTheDeadline(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	began := time.Now()
	status, _, err := get(ctx, t, open(t, Options{URL: srv.URL}))
	if status != http.StatusServiceUnavailable || err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("status %d, %v after %s", status, err, time.Since(began))
	}
}

func TestLimits(t *testing.T) {
	const limit = 1 << 20
	serve := func(media string, size int, announced bool) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			if announced {
				w.Header().Set("Content-Length", fmt.Sprint(size))
			}
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		}))
	}
	tests := []struct {
		name      string
		media     string
		size      int
		announced bool
		want      error
	}{
		{"exactly the limit", "application/json", limit, false, nil},
		{"one byte more", "application/json", limit + 1, false, ErrTooLarge},
		{"one byte more, announced", "application/json", limit + 1, true, ErrTooLarge},
		{"HTML", "text/html; charset=utf-8", 10, false, ErrNotAPI},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(tt.media, tt.size, tt.announced)
			defer srv.Close()
			_, body, err := get(t.Context(), t, open(t, Options{URL: srv.URL, MaxBody: limit}))
			if !errors.Is(err, tt.want) || tt.want == nil && len(body) != tt.size {
				t.Errorf("%d bytes, error %v, want %v", len(body), err, tt.want)
			}
		})
	}
}

// TestSpentLimit: a server whose limit is used up is not asked again.
func TestSpentLimit(t *testing.T) {
	for _, header := range []string{"X-RateLimit-Remaining", "RateLimit-Remaining"} {
		t.Run(header, func(t *testing.T) {
			var n atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n.Add(1)
				w.Header().Set(header, "0")
				w.WriteHeader(http.StatusTooManyRequests)
			}))
			defer srv.Close()
			if status, _, err := get(t.Context(), t, open(t, Options{URL: srv.URL})); status != http.StatusTooManyRequests || err != nil || n.Load() != 1 {
				t.Errorf("status %d, %v after %d attempts", status, err, n.Load())
			}
		})
	}
}
