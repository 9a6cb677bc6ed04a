package notify

import "github.com/prometheus/client_golang/prometheus"

// How a notification ends, as the metrics name it.
const (
	delivered  = "delivered"
	failed     = "failed"     // given up, or refused for good
	dropped    = "dropped"    // too many waited
	superseded = "superseded" // a newer step says it better
)

// Metrics are what all webhooks tell about themselves.
type Metrics struct {
	notifications *prometheus.CounterVec
	failures      *prometheus.CounterVec
	queued        *prometheus.GaugeVec
}

// NewMetrics registers the webhooks' metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	const namespace = "collector"
	m := &Metrics{
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "notifications_total",
			Help: "Notifications about steps of incidents by how they ended."}, []string{"notifier", "outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "notification_failed_attempts_total",
			Help: "Attempts to deliver a notification that failed; most are repeated."}, []string{"notifier"}),
		queued: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "notification_queue_length",
			Help: "Notifications that wait to be delivered."}, []string{"notifier"}),
	}
	registry.MustRegister(m.notifications, m.failures, m.queued)
	return m
}

// follow makes all outcomes visible from the start, so that rate() sees the first.
func (m *Metrics) follow(notifier string) {
	for _, outcome := range []string{delivered, failed, dropped, superseded} {
		m.notifications.WithLabelValues(notifier, outcome)
	}
	m.failures.WithLabelValues(notifier)
	m.queued.WithLabelValues(notifier)
}

// ended counts how a notification ended.
func (m *Metrics) ended(notifier, outcome string) {
	m.notifications.WithLabelValues(notifier, outcome).Inc()
}

func (m *Metrics) forget(notifier string) {
	of := prometheus.Labels{"notifier": notifier}
	m.notifications.DeletePartialMatch(of)
	m.failures.DeletePartialMatch(of)
	m.queued.DeletePartialMatch(of)
}
