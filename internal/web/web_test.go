package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
)

// intake is the Intake of tests: it keeps what it is told in memory.
type intake struct {
	mu   sync.Mutex
	kept []incident.Notification
	fail func(call int) error // nil: never
	call int
}

func (i *intake) Receive(_ context.Context, n incident.Notification) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.call++
	if i.fail != nil {
		if err := i.fail(i.call); err != nil {
			return err
		}
	}
	i.kept = append(i.kept, n)
	return nil
}

// notifications are those that were kept so far.
func (i *intake) notifications() []incident.Notification {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]incident.Notification(nil), i.kept...)
}

// newServer is New with what every test needs; the log goes to the test's.
func newServer(t testing.TB, opts Options) *http.Server {
	t.Helper()
	if opts.Metrics == nil {
		opts.Metrics = prometheus.NewRegistry()
	}
	if opts.Ready == nil {
		opts.Ready = func() error { return nil }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return New(opts)
}

// start serves on a loopback address of its own and returns it.
func start(t testing.TB, server *http.Server) string {
	t.Helper()
	listener, _, err := Listen(t.Context(), Access{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, server, listener)
	return listener.Addr().String()
}

func serveOn(t testing.TB, server *http.Server, listener net.Listener) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := Stop(context.Background(), server); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving ended with %v", err)
		}
	})
}

// ask sends one request to a handler; header holds pairs.
func ask(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func TestEndpoints(t *testing.T) {
	registry := prometheus.NewRegistry()
	ticks := prometheus.NewCounter(prometheus.CounterOpts{Name: "collector_test_total", Help: "A counter."})
	registry.MustRegister(ticks)
	ticks.Add(3)
	var notReady error
	handler := newServer(t, Options{Metrics: registry, Ready: func() error { return notReady }}).Handler
	for _, tt := range []struct {
		name, method, path string
		notReady           error
		code               int
		says               string
	}{
		{"metrics", "GET", "/metrics", nil, 200, "collector_test_total 3"},
		{"healthy", "GET", "/-/healthy", errors.New("store closed"), 200, "healthy"},
		{"ready", "GET", "/-/ready", nil, 200, "ready"},
		{"not ready", "GET", "/-/ready", errors.New("store closed"), 503, "store closed"},
		{"unknown", "GET", "/nothing", nil, 404, "not found"},
		{"reload is no page", "GET", "/-/reload", nil, 405, "Method Not Allowed"},
		{"the webhook is no page", "GET", "/api/v1/alertmanager", nil, 405, "Method Not Allowed"},
		{"a path that climbs", "GET", "/-/../../etc/passwd", nil, 307, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			notReady = tt.notReady
			rec := ask(handler, tt.method, tt.path, "")
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.says) {
				t.Errorf("%d %q, want %d and %q", rec.Code, rec.Body, tt.code, tt.says)
			}
		})
	}
}

// TestRequestMetrics: what was asked is counted by handler and code.
func TestRequestMetrics(t *testing.T) {
	handler := newServer(t, Options{Intake: &intake{}}).Handler
	ask(handler, "GET", "/-/healthy", "")
	ask(handler, "POST", "/api/v1/alertmanager", "{", "Content-Type", "application/json")
	ask(handler, "POST", "/api/v1/alertmanager", firing(t, 3), "Content-Type", "application/json")
	text := ask(handler, "GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`collector_http_requests_total{code="200",handler="/-/healthy"} 1`,
		`collector_http_requests_total{code="400",handler="/api/v1/alertmanager"} 1`,
		`collector_http_requests_total{code="200",handler="/api/v1/alertmanager"} 1`,
		`collector_http_request_duration_seconds_count{handler="/api/v1/alertmanager"} 2`,
		`collector_http_requests_in_flight{handler="/metrics"} 1`,
		`collector_webhook_alerts_total{status="firing"} 3`,
		`collector_webhook_alerts_total{status="resolved"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

// TestStopCutsOff: a client that is still sending does not keep the daemon alive.
func TestStopCutsOff(t *testing.T) {
	server := newServer(t, Options{Intake: &intake{}})
	addr := start(t, server)
	stalled := dial(t, addr)
	send(t, stalled, "POST /api/v1/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
	awaitInFlight(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := Stop(ctx, server); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if got := readAll(t, stalled); strings.Contains(got, "200 OK") {
		t.Errorf("half a notification was answered %q", got)
	}
}
