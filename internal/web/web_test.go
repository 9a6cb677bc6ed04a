package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestEndpoints(t *testing.T) {
	registry := prometheus.NewRegistry()
	ticks := prometheus.NewCounter(prometheus.CounterOpts{Name: "collector_test_total", Help: "A counter."})
	registry.MustRegister(ticks)
	ticks.Add(3)
	var notReady error
	handler := New("127.0.0.1:0", registry, func() error { return notReady }).Handler

	get := func(path string) (int, string) {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return rec.Code, rec.Body.String()
	}
	for _, tt := range []struct {
		name, path string
		notReady   error
		code       int
		says       string
	}{
		{"metrics", "/metrics", nil, 200, "collector_test_total 3"},
		{"healthy", "/-/healthy", errors.New("store closed"), 200, "healthy"},
		{"ready", "/-/ready", nil, 200, "ready"},
		{"not ready", "/-/ready", errors.New("store closed"), 503, "store closed"},
		{"unknown", "/nothing", nil, 404, "not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			notReady = tt.notReady
			code, body := get(tt.path)
			if code != tt.code || !strings.Contains(body, tt.says) {
				t.Errorf("%d %q, want %d and %q", code, body, tt.code, tt.says)
			}
		})
	}
}
