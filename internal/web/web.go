// Package web is collector's HTTP side: metrics and health of the daemon.
package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// headerLimit is how long a client may take to send its request's header.
const headerLimit = 10 * time.Second

// New is the server of `collector serve`: /metrics, /-/healthy (the process
// lives) and /-/ready (the store is open and the recorders run, as ready says).
func New(listen string, metrics prometheus.Gatherer, ready func() error) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "collector is healthy")
	})
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, "collector is not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "collector is ready")
	})
	return &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: headerLimit}
}
