// Package web is collector's HTTP side: Alertmanager's webhook, the drafts for those
// who read them in a browser, reload, metrics and health of the daemon.
//
// It is written for strangers: every request is bounded in time, bytes and number,
// a handler that panics answers 500, and who can be reached from other machines
// must ask for a password or say that it does not (Access).
package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options are what the server of `collector serve` is made of.
type Options struct {
	Listen      string // host:port, for the server's own messages
	Door        Door   // as Listen said
	ExternalURL string // how people reach the pages; empty: only by an address of this machine
	Metrics     *prometheus.Registry
	Ready       func() error   // nil when the store is open and the recorders run
	Intake      Intake         // nil while nobody takes alerts: the webhook answers 503
	Journal     Journal        // nil while nobody keeps changes and notes: they are answered 503
	Notes       NoteRules      // its functions are never nil where there is a Journal
	Drafts      Drafts         // nil while nobody writes drafts: whoever asks for one is answered 503
	Incidents   Incidents      // nil: there are no pages
	Live        Live           // nil: nobody can follow an incident
	Stories     Stories        // nil: pages draw nothing
	Location    *time.Location // in which pages without a draft tell times; nil is UTC
	Reload      func() error   // logs its own errors; nil when the daemon cannot reload: /-/reload answers 403
	Log         *slog.Logger
	Limits      Limits
}

// New is the server of `collector serve`: POST /api/v1/alertmanager, /api/v1/changes, /api/v1/notes and
// /api/v1/drafts, the drafts below /incidents/, /metrics, /-/healthy (the process lives), /-/ready and POST /-/reload. Serve it on the
// listener of Listen, and end it with Stop.
func New(opts Options) *http.Server {
	limits := opts.Limits.withDefaults()
	routes := newRoutes(opts.Metrics, opts.Log)
	routes.get("/metrics", promhttp.HandlerFor(opts.Metrics, promhttp.HandlerOpts{}))
	routes.get("/-/healthy", http.HandlerFunc(healthy))
	routes.get("/-/ready", readiness(opts.Ready))
	routes.post("/-/reload", newReload(opts))
	routes.post("/api/v1/alertmanager", newWebhook(opts, limits))
	routes.pushes(opts, limits)
	server := &http.Server{
		Addr:              opts.Listen,
		Handler:           routes.mux,
		ReadHeaderTimeout: limits.Header,
		ReadTimeout:       limits.Read,
		WriteTimeout:      limits.Write,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug), // broken clients, one line each
	}
	if opts.Incidents != nil {
		routes.pages(opts, limits, server)
	}
	return server
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "collector is healthy")
}

// readiness answers 503 while the daemon starts or stops.
func readiness(ready func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, "collector is not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "collector is ready")
	})
}

var (
	errNoReload  = errors.New("this collector cannot reload its configuration: restart it")
	errUnguarded = errors.New("anybody who reaches this port could ask for it: send SIGHUP, or set server.web_config_file")
)
