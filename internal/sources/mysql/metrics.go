package mysql

import (
	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/store"
)

// Metrics are what all recorders tell about themselves.
type Metrics struct {
	ticks    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	answered *prometheus.GaugeVec
	lost     *prometheus.CounterVec
	rests    *prometheus.CounterVec
}

// NewMetrics registers the recorders' metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	const namespace, subsystem = "collector", "recorder"
	m := &Metrics{
		ticks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "ticks_total",
			Help: "Sampling ticks by how they ended.",
		}, []string{"server", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "tick_duration_seconds",
			Help:    "Time that all queries of a tick took together.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"server"}),
		answered: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "last_answered_timestamp_seconds",
			Help: "Unix time of the last tick that the server answered.",
		}, []string{"server"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "lost_ticks_total",
			Help: "Ticks that the store refused.",
		}, []string{"server"}),
		rests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "rested_parts_total",
			Help: "Parts of ticks that were left out because they cost the server too much.",
		}, []string{"server", "part"}),
	}
	registry.MustRegister(m.ticks, m.duration, m.answered, m.lost, m.rests)
	return m
}

// serverMetrics are the metrics of one server.
type serverMetrics struct {
	all  *Metrics
	name string
	lost prometheus.Counter
}

// server makes all outcomes visible from the start, so that rate() sees the first.
func (m *Metrics) server(name string) serverMetrics {
	for _, o := range []store.Outcome{store.Answered, store.Refused, store.Denied, store.Unreachable, store.TimedOut, store.Skipped} {
		m.ticks.WithLabelValues(name, label(o))
	}
	return serverMetrics{all: m, name: name, lost: m.lost.WithLabelValues(name)}
}

func (m serverMetrics) observe(beat store.Heartbeat) {
	m.all.ticks.WithLabelValues(m.name, label(beat.Outcome)).Inc()
	if beat.Outcome == store.Skipped {
		return
	}
	m.all.duration.WithLabelValues(m.name).Observe(beat.Spent.Seconds())
	if beat.Outcome == store.Answered {
		m.all.answered.WithLabelValues(m.name).Set(float64(beat.At.UnixMilli()) / 1000)
	}
}

func (m serverMetrics) rested(part string) { m.all.rests.WithLabelValues(m.name, part).Inc() }

func label(o store.Outcome) string {
	if o == store.TimedOut {
		return "timed_out"
	}
	return o.String()
}
