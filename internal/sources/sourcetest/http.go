package sourcetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"collector/internal/sources"
)

// http runs the parts that need a server that misbehaves.
func (s Suite) http(t *testing.T) {
	h := s.HTTP
	over := func(t *testing.T, handler http.HandlerFunc) sources.Source { return h.New(t, Serve(t, handler)) }

	for _, code := range []int{429, 500, 502, 503, 504} {
		t.Run(fmt.Sprintf("retries %d", code), func(t *testing.T) {
			s.recovers(t, over(t, firstFails(h.Handler, func(w http.ResponseWriter) { w.WriteHeader(code) })))
		})
	}
	t.Run("retries a broken connection", func(t *testing.T) {
		s.recovers(t, over(t, firstFails(h.Handler, func(http.ResponseWriter) { panic(http.ErrAbortHandler) })))
	})
	for _, code := range []int{400, 401, 403, 404, 422} {
		t.Run(fmt.Sprintf("does not retry %d", code), func(t *testing.T) { s.once(t, code) })
	}
	t.Run("nobody listens", func(t *testing.T) {
		srv := httptest.NewServer(http.NotFoundHandler())
		srv.Close()
		s.failing(t, h.New(t, srv.URL))
	})
	t.Run("huge answer", s.huge)
	t.Run("hanging", func(t *testing.T) {
		hung := s
		hung.Hanging = func(t *testing.T) sources.Source {
			return over(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			})
		}
		hung.hangingParts(t)
	})
	t.Run("body hangs", func(t *testing.T) {
		src := over(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"status":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		s.late(ctx, t, src)
	})
	for name, answer := range brokenAnswers() {
		t.Run("broken/"+name, func(t *testing.T) {
			src := over(t, answer)
			s.failing(t, src)
			for _, d := range s.diagnose(t.Context(), t, src) {
				if d.Level == sources.Failed {
					return
				}
			}
			t.Error("Check finds nothing wrong")
		})
	}
}

// Serve starts a server for the time of the test and returns its URL. It does not
// wait for hung handlers when it stops.
func Serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		both, stop := context.WithCancel(r.Context())
		defer stop()
		defer context.AfterFunc(ctx, stop)()
		handler.ServeHTTP(w, r.WithContext(both))
	}))
	t.Cleanup(func() {
		cancel()
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}

// firstFails lets the first attempt of every distinct request fail.
func firstFails(next http.Handler, fail func(http.ResponseWriter)) http.HandlerFunc {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(w http.ResponseWriter, r *http.Request) {
		key := identify(r)
		mu.Lock()
		again := seen[key]
		seen[key] = true
		mu.Unlock()
		if !again {
			fail(w)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// identify reads a request's identity and puts its body back.
func identify(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return r.Method + " " + r.URL.String() + "\n" + string(body)
}

// recovers checks that a source whose every first attempt failed sees as much as ever.
func (s Suite) recovers(t *testing.T, src sources.Source) {
	t.Helper()
	calm := s.HTTP.New(t, Serve(t, s.HTTP.Handler))
	want := s.interpret(t, s.Window, s.gather(t.Context(), t, calm, s.Window).records)
	g := s.gather(t.Context(), t, src, s.Window)
	if g.err != nil {
		t.Fatal(g.err)
	}
	f := s.interpret(t, s.Window, g.records)
	if len(f.Gaps) > len(want.Gaps) || len(f.Events) != len(want.Events) {
		t.Errorf("with one failure before each answer: %d events and %d gaps, without: %d and %d: %+v",
			len(f.Events), len(f.Gaps), len(want.Events), len(want.Gaps), f.Gaps)
	}
}

// once checks that a refusal is taken for an answer: no request comes twice. A
// source may ask again in another form (POST, then GET).
func (s Suite) once(t *testing.T, code int) {
	var mu sync.Mutex
	times := map[string]int{}
	src := s.HTTP.New(t, Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := identify(r)
		mu.Lock()
		times[key]++
		mu.Unlock()
		w.WriteHeader(code)
	})))
	s.failing(t, src)
	mu.Lock()
	defer mu.Unlock()
	if len(times) == 0 {
		t.Error("the source asked nothing")
	}
	for request, n := range times {
		if n > 1 {
			t.Errorf("asked %d times after status %d: %.200s", n, code, request)
		}
	}
}

func (s Suite) huge(t *testing.T) {
	var sent atomic.Int64
	src := s.HTTP.New(t, Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"success","data":"`)
		chunk := []byte(strings.Repeat("x", 64<<10))
		for r.Context().Err() == nil {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil || sent.Load() > 1<<32 {
				return
			}
		}
	})))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	g := s.gather(ctx, t, src, s.Window)
	if ctx.Err() != nil {
		t.Error("an endless answer was read until the deadline")
	}
	if g.err == nil {
		sound(t, src, g.records)
		if f := s.interpret(t, s.Window, g.records); len(f.Gaps) == 0 {
			t.Error("an endless answer left no gap")
		}
	}
}

// brokenAnswers are answers of servers that are not what they should be.
func brokenAnswers() map[string]http.HandlerFunc {
	text := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	return map[string]http.HandlerFunc{
		"an empty answer":   text(200, "application/json", ""),
		"an HTML page":      text(200, "text/html; charset=utf-8", "<html><title>Sign in</title></html>"),
		"HTML called JSON":  text(200, "application/json", "<html><title>Sign in</title></html>"),
		"truncated JSON":    text(200, "application/json", `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"alertname`),
		"other JSON":        text(200, "application/json", `[1, "two", null]`),
		"null":              text(200, "application/json", `null`),
		"binary":            text(200, "application/octet-stream", "\x00\x01\xff\xfe\x80"),
		"a bad gateway":     text(502, "text/html", "<html>502 Bad Gateway</html>"),
		"a redirect loop":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"an echo":           echo,
		"a cut connection":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an error with 200": text(200, "application/json", `{"status":"error","errorType":"internal","error":"out of cheese"}`),
	}
}

// echo repeats the request, with all of its headers and its URL, as an error:
// some proxies do, and so credentials come back in error messages.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user, password, _ := r.BasicAuth()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":%q}`,
		fmt.Sprintf("%s %s %v %s %s %.300s", r.Method, r.URL, r.Header, user, password, body))
}
