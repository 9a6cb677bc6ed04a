package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
	"collector/internal/sources/sourcetest"
)

const secret = "hunter-of-tokens"

// clientOf asks a URL with a secret in it, in a second and for half a MiB at most.
func clientOf(t *testing.T, url string) *Client {
	t.Helper()
	c, err := newClient(Config{URL: strings.Replace(url, "://", "://me:"+secret+"@", 1) + "?token=" + secret, Timeout: model.Duration(time.Second)}, 512<<10)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBadServers: servers that are not what they should be; no real Alertmanager
// answers like this. Whatever comes, it is an error and never "nothing fires".
func TestBadServers(t *testing.T) {
	text := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const alert = `{"fingerprint":"a","startsAt":"2026-11-21T09:00:00Z","updatedAt":"2026-11-21T09:00:00Z","status":{"state":"active"}}`
	hang := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, body)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"nothing":          {text(200, "application/json", ""), "not one of Alertmanager's"},
		"null":             {text(200, "application/json", "null"), "not one of Alertmanager's"},
		"an object":        {text(200, "application/json", `{"status":"success","data":{"alerts":[]}}`), "not one of Alertmanager's"},
		"other JSON":       {text(200, "application/json", `[1, "two", null]`), "not one of Alertmanager's"},
		"an empty alert":   {text(200, "application/json", `[{}]`), "not one of Alertmanager's"},
		"null as an alert": {text(200, "application/json", `[null]`), "not one of Alertmanager's"},
		"a broken time":    {text(200, "application/json", strings.Replace("["+alert+"]", "2026-11-21T09", "yesterday", 1)), "not one of Alertmanager's"},
		"cut off":          {text(200, "application/json", "["+alert+","), "reading the answer"},
		"not closed":       {text(200, "application/json", "["+alert), "reading the answer"},
		"a login page":     {text(200, "text/html", "<html>Sign in</html>"), "HTML page"},
		"a page as JSON":   {text(200, "application/json", "<html>Sign in</html>"), "not one of Alertmanager's"},
		"binary":           {text(200, "application/octet-stream", "\x00\x01\xff\xfe"), "not one of Alertmanager's"},
		"created":          {text(201, "application/json", "[]"), "HTTP status 201"},
		"refused":          {text(403, "application/json", `"`+secret+`"`), "HTTP status 403"},
		"a gateway":        {text(502, "text/html", "<html>Bad Gateway</html>"), "HTTP status 502"},
		"endless":          {text(200, "application/json", "["+strings.Repeat(alert+",", 10_000)), "too large"},
		"a cut connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"hanging":          {hang(""), "no answer within the time limit (timeout: 1s)"},
		"hanging half-way": {hang("[" + alert + ","), "no answer within the time limit (timeout: 1s)"},
		"a redirect loop":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }, "redirect"},
		"an echo":          {func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "[%q,%q]", r.URL, r.Header) }, "not one of Alertmanager's"},
		"another server":   {http.NotFound, "HTTP status 404"},
		"a redirect abroad": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientOf(t, sourcetest.Serve(t, tt.answer))
			held, err := c.Active(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || held.Len() > 0 {
				t.Errorf("got %d alerts, %v, want %q", held.Len(), err, tt.want)
			}
			if _, err := c.Status(t.Context()); err == nil {
				t.Error("its status is taken for one")
			}
			lines := (&Source{Client: c}).Check(t.Context())
			if len(lines) != 1 || lines[0].Level != sources.Failed || len(lines[0].Fix) == 0 {
				t.Errorf("the check says %+v", lines)
			}
			if said := fmt.Sprint(err, lines); strings.Contains(said, secret) || strings.Contains(said, "\n") {
				t.Errorf("it says %s", said)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	c := clientOf(t, "http://127.0.0.1:1")
	if _, err := c.Active(t.Context()); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Active(ctx); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// TestFailsOnce: an Alertmanager that is busy for a moment is asked again.
func TestFailsOnce(t *testing.T) {
	asked := 0
	c := clientOf(t, sourcetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if q := r.URL.Query(); q.Get("token") != secret || q.Get("silenced") != "true" || r.URL.Path != "/api/v2/alerts" {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = io.WriteString(w, "[]")
	})))
	if held, err := c.Active(t.Context()); err != nil || held.Len() != 0 {
		t.Errorf("got %d, %v", held.Len(), err)
	}
}

func TestNewRefuses(t *testing.T) {
	_, err := New(Config{URL: "mailto:" + secret})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, httpclient.ErrNotAPI) {
		t.Error("nothing was asked")
	}
}
