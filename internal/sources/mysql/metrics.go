package mysql

import (
	"time"

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
	read     *prometheus.GaugeVec
	failures *prometheus.CounterVec
	hurried  *prometheus.GaugeVec
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
		read: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "part_last_read_timestamp_seconds",
			Help: "Unix time of the last tick at which a part was read.",
		}, []string{"server", "part"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "part_failures_total",
			Help: "Parts of answered ticks that could not be read.",
		}, []string{"server", "part"}),
		hurried: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "incident_tempo",
			Help: "1 while statements and plans are read more often because of an incident.",
		}, []string{"server"}),
	}
	registry.MustRegister(m.ticks, m.duration, m.answered, m.lost, m.rests, m.read, m.failures, m.hurried)
	return m
}

// Forget ends the metrics of a server that is not recorded any more.
func (m *Metrics) Forget(name string) {
	of := prometheus.Labels{"server": name}
	for _, vec := range []interface {
		DeletePartialMatch(labels prometheus.Labels) int
	}{m.ticks, m.duration, m.answered, m.lost, m.rests, m.read, m.failures, m.hurried} {
		vec.DeletePartialMatch(of)
	}
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
	m.hurried.WithLabelValues(name)
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

// follow makes a part's counters visible from the start.
func (m serverMetrics) follow(part string) {
	m.all.rests.WithLabelValues(m.name, part)
	m.all.failures.WithLabelValues(m.name, part)
}

// asked takes how a part of a tick ended.
func (m serverMetrics) asked(part string, at time.Time, err error) {
	if err != nil {
		m.all.failures.WithLabelValues(m.name, part).Inc()
		return
	}
	m.all.read.WithLabelValues(m.name, part).Set(float64(at.UnixMilli()) / 1000)
}

func (m serverMetrics) tempo(hurried bool) {
	value := 0.0
	if hurried {
		value = 1
	}
	m.all.hurried.WithLabelValues(m.name).Set(value)
}

func label(o store.Outcome) string {
	if o == store.TimedOut {
		return "timed_out"
	}
	return o.String()
}
