package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// routes puts each handler behind the same door: counted, timed, and its panics
// answered.
type routes struct {
	mux      *http.ServeMux
	log      *slog.Logger
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
}

func newRoutes(registry prometheus.Registerer, log *slog.Logger) *routes {
	const namespace, subsystem = "collector", "http"
	r := &routes{
		mux: http.NewServeMux(), log: log,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "requests_total",
			Help: "Requests by handler and status code, without those that were refused for want of a password.",
		}, []string{"handler", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "request_duration_seconds",
			Help:    "Time from a request's header to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"handler"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "requests_in_flight",
			Help: "Requests that are being answered.",
		}, []string{"handler"}),
	}
	registry.MustRegister(r.requests, r.duration, r.inFlight)
	return r
}

func (r *routes) get(path string, h http.Handler) { r.handle(http.MethodGet, path, h) }

// post refuses browsers: no page of collector's posts to it, see form. A page of another site could
// otherwise use the password that the browser remembers, or that nobody asks for on
// loopback; also one that had its own name resolved to this machine, which is of the
// same origin.
func (r *routes) post(path string, h http.Handler) {
	r.handle(http.MethodPost, path, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if fromBrowser(req) {
			http.Error(w, "this is not for browsers", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, req)
	}))
}

// fromBrowser is true of every POST of a browser: all send its Origin.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

func (r *routes) handle(method, path string, h http.Handler) {
	name := prometheus.Labels{"handler": path}
	h = r.recovered(path, h)
	h = promhttp.InstrumentHandlerCounter(r.requests.MustCurryWith(name), h)
	h = promhttp.InstrumentHandlerDuration(r.duration.MustCurryWith(name), h)
	h = promhttp.InstrumentHandlerInFlight(r.inFlight.With(name), h)
	r.mux.Handle(method+" "+path, h)
}

// recovered answers 500 for a handler that panics, so that Alertmanager tries
// again and everything else goes on.
func (r *routes) recovered(path string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v) // the server's own way to cut a connection
			default:
				r.log.Error("a request's handler panicked", "handler", path, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				http.Error(w, "collector failed at this request; its log says where", http.StatusInternalServerError)
			}
		}()
		h.ServeHTTP(w, req)
	})
}
