package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"collector/internal/incident"
)

// Intake keeps notifications. When Receive returns nil, everything is on disk and
// will be acted on; it may be called again with the same.
type Intake interface {
	Receive(context.Context, incident.Notification) error
}

// webhook is POST /api/v1/alertmanager. Alertmanager repeats a notification that
// was answered 5xx, or not at all, and gives it up after any 4xx, 429 too. So 4xx
// says that this body will never be valid, and everything that may pass is 503.
type webhook struct {
	intake  Intake
	limits  Limits
	log     *slog.Logger
	places  chan struct{} // one for each call at once
	bodies  *budget
	failing atomic.Bool    // the last Receive failed
	refused rate.Sometimes // bounds the log lines that a stranger can cause
	metrics webhookMetrics
}

// refusedLines is how many refused bodies are logged before it is one a minute.
const refusedLines = 5

func newWebhook(opts Options, limits Limits) *webhook {
	h := &webhook{
		intake: opts.Intake, limits: limits, log: opts.Log,
		places: make(chan struct{}, limits.Requests), bodies: &budget{},
		refused: rate.Sometimes{First: refusedLines, Interval: time.Minute},
		metrics: newWebhookMetrics(opts.Metrics),
	}
	h.bodies.left.Store(limits.Bodies)
	return h
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.intake == nil {
		later(w, "collector is not ready to take alerts")
		return
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		later(w, "too many notifications at once")
		return
	}
	if code, err := h.checkHeader(r); err != nil {
		h.refuse(w, r, code, err)
		return
	}
	received := time.Now().UTC()
	b := &body{from: r.Body, left: h.limits.Body, shared: h.bodies}
	defer b.release()
	n, err := decodeNotification(b)
	switch {
	case errors.Is(b.err, errTooLarge):
		h.refuse(w, r, http.StatusRequestEntityTooLarge, h.tooLarge())
	case errors.Is(b.err, errCrowded):
		later(w, errCrowded.Error())
	case b.err != nil: // the client stalled or went away
		later(w, "the body did not come in whole")
	case err != nil:
		h.refuse(w, r, http.StatusBadRequest, err)
	default:
		n.ReceivedAt = received
		h.keep(w, r, n)
	}
}

// checkHeader refuses a body of another type, which also keeps the forms of other
// sites out: without asking first, a browser sends no application/json.
func (h *webhook) checkHeader(r *http.Request) (code int, err error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return http.StatusUnsupportedMediaType, errors.New("the Content-Type is not application/json")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return http.StatusUnsupportedMediaType, errors.New("the body is compressed: send it as it is")
	}
	if r.ContentLength > h.limits.Body {
		return http.StatusRequestEntityTooLarge, h.tooLarge()
	}
	return 0, nil
}

func (h *webhook) tooLarge() error {
	return fmt.Errorf("%w of %d MiB (server.max_body): set max_alerts in Alertmanager's webhook_configs, or group by more labels", errTooLarge, h.limits.Body>>20)
}

// keep answers 200 only when the notification is kept.
func (h *webhook) keep(w http.ResponseWriter, r *http.Request, n incident.Notification) {
	ctx, cancel := context.WithTimeout(r.Context(), h.limits.Keep)
	defer cancel()
	err := h.intake.Receive(ctx, n)
	if errors.Is(err, incident.ErrInvalid) {
		h.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	if err != nil {
		if !h.failing.Swap(true) {
			h.log.Error("alerts cannot be kept; Alertmanager will send them again", "err", err)
		}
		later(w, "the alerts could not be kept; collector's log says why")
		return
	}
	if h.failing.Swap(false) {
		h.log.Info("alerts are kept again")
	}
	h.metrics.kept(n)
	w.WriteHeader(http.StatusOK)
}

// longestAnswer bounds what an answer quotes of a body, in bytes.
const longestAnswer = 500

// refuse answers a 4xx with the reason, which Alertmanager logs. Our own log gets
// none: it may quote the body.
func (h *webhook) refuse(w http.ResponseWriter, r *http.Request, code int, err error) {
	reason := err.Error()
	if len(reason) > longestAnswer {
		reason = reason[:longestAnswer] + "..."
	}
	h.refused.Do(func() {
		h.log.Warn("a notification was refused; the answer, which Alertmanager logs, says why", "code", code, "remote", r.RemoteAddr)
	})
	http.Error(w, reason, code)
}

// later answers 503: the same may be accepted soon.
func later(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// webhookMetrics count alerts, not requests.
type webhookMetrics struct {
	alerts    *prometheus.CounterVec
	truncated prometheus.Counter
}

func newWebhookMetrics(registry prometheus.Registerer) webhookMetrics {
	const namespace, subsystem = "collector", "webhook"
	m := webhookMetrics{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "alerts_total",
			Help: "Alerts of notifications that were kept, repeats included, by status.",
		}, []string{"status"}),
		truncated: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "truncated_alerts_total",
			Help: "Alerts that Alertmanager left out of notifications because of max_alerts.",
		}),
	}
	m.alerts.WithLabelValues("firing") // so that rate() sees the first
	m.alerts.WithLabelValues("resolved")
	registry.MustRegister(m.alerts, m.truncated)
	return m
}

func (m webhookMetrics) kept(n incident.Notification) {
	for _, a := range n.Alerts {
		m.alerts.WithLabelValues(a.Status).Inc()
	}
	m.truncated.Add(float64(n.Truncated))
}
