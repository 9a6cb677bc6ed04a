package main

import (
	"os"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
)

const namespace = "collector"

// How a draft ends, as the metrics name it.
const (
	outcomeWritten, outcomeFailed = "written", "failed"
)

// How asking a source about a window ends, as the metrics name it.
const (
	gatherComplete = "complete"
	gatherWithGaps = "with_gaps"
)

// daemonMetrics are what the daemon tells about itself; the recorders have their
// own. A source is named as in progress and gaps: prometheus/main.
type daemonMetrics struct {
	reloadOK, reloadAt prometheus.Gauge
	drafts             *prometheus.CounterVec
	draftDuration      *prometheus.HistogramVec
	gathers            *prometheus.CounterVec
	gatherDuration     *prometheus.GaugeVec
	gatherComplete     *prometheus.GaugeVec
	gaps               *prometheus.GaugeVec
	up, degraded       *prometheus.GaugeVec
	checkDuration      *prometheus.GaugeVec
	checkedAt          *prometheus.GaugeVec
}

// newDaemonMetrics registers them. The configuration that the daemon starts with
// counts as loaded at that time.
func newDaemonMetrics(registry prometheus.Registerer, now time.Time) *daemonMetrics {
	gauge := func(subsystem, name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help})
	}
	perSource := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "source", Name: name, Help: help}, []string{"source"})
	}
	m := &daemonMetrics{
		reloadOK: gauge("config", "last_reload_successful", "1 if the last reload of the configuration succeeded, else 0."),
		reloadAt: gauge("config", "last_reload_success_timestamp_seconds", "Unix time at which the configuration was last loaded."),
		drafts: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "drafts_total",
			Help: "Drafts by the incident's step, or asked for by people, and how they ended."}, []string{"step", "outcome"}),
		draftDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "draft_duration_seconds",
			Help: "Time from the beginning of a draft until it was on disk, or failed.", Buckets: []float64{.5, 1, 2.5, 5, 10, 20, 30, 60, 120}}, []string{"step"}),
		gathers: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: "source", Name: "gathers_total",
			Help: "How often drafts asked a source, by whether the answer had gaps."}, []string{"source", "outcome"}),
		gatherDuration: perSource("last_gather_duration_seconds", "Time that a source took to answer the last draft."),
		gatherComplete: perSource("last_complete_gather_timestamp_seconds", "Unix time at which a source last answered a draft without gaps."),
		gaps:           perSource("last_gather_gaps", "Gaps that a source left in the last draft."),
		up:             perSource("up", "1 if the last check of a source found it working, else 0."),
		degraded:       perSource("degraded", "1 if the last check found that a source works with less than it could, else 0."),
		checkDuration:  perSource("last_check_duration_seconds", "Time that the last check of a source took."),
		checkedAt:      perSource("last_check_timestamp_seconds", "Unix time of the last check of a source."),
	}
	registry.MustRegister(m.reloadOK, m.reloadAt, m.drafts, m.draftDuration, m.gathers, m.gatherDuration, m.gatherComplete, m.gaps,
		m.up, m.degraded, m.checkDuration, m.checkedAt, buildInfo())
	for _, step := range []string{string(incident.FirstDraft), string(incident.RefreshDraft), string(incident.FinalDraft), askedStep} {
		m.draftDuration.WithLabelValues(step)
		for _, outcome := range []string{outcomeWritten, outcomeFailed} {
			m.drafts.WithLabelValues(step, outcome)
		}
	}
	m.reloaded(nil, now)
	return m
}

func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: "build_info",
		Help:        "1, labelled by the version of collector and of Go.",
		ConstLabels: prometheus.Labels{"version": version(), "goversion": runtime.Version()}}, func() float64 { return 1 })
}

// reloaded takes how a reload ended.
func (m *daemonMetrics) reloaded(err error, at time.Time) {
	if err != nil {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadAt.Set(unixTime(at))
}

// drafted takes how a draft ended.
func (m *daemonMetrics) drafted(step string, took time.Duration, err error) {
	outcome := outcomeWritten
	if err != nil {
		outcome = outcomeFailed
	}
	m.drafts.WithLabelValues(step, outcome).Inc()
	m.draftDuration.WithLabelValues(step).Observe(took.Seconds())
}

// follow makes the counters of the sources visible from the start, so that rate()
// sees the first, and ends the metrics of sources that are there no more.
func (m *daemonMetrics) follow(before, now prepared) {
	for _, w := range now.witnesses {
		m.gathers.WithLabelValues(w.label(), gatherComplete)
		m.gathers.WithLabelValues(w.label(), gatherWithGaps)
	}
	names := map[string]bool{}
	for _, t := range now.trials() {
		names[t.label()] = true
	}
	for _, t := range before.trials() {
		if names[t.label()] {
			continue
		}
		of := prometheus.Labels{"source": t.label()}
		m.gathers.DeletePartialMatch(of)
		for _, vec := range []*prometheus.GaugeVec{m.gatherDuration, m.gatherComplete, m.gaps, m.up, m.degraded, m.checkDuration, m.checkedAt} {
			vec.DeletePartialMatch(of)
		}
	}
}

// measuredProgress is a progress that also counts what the sources answered.
type measuredProgress struct {
	progress
	metrics *daemonMetrics
	now     func() time.Time
}

func (p measuredProgress) answered(label string, c counts, took time.Duration) {
	p.progress.answered(label, c, took)
	if c.records == 0 {
		return // it was not asked
	}
	p.metrics.gatherDuration.WithLabelValues(label).Set(took.Seconds())
	p.metrics.gaps.WithLabelValues(label).Set(float64(len(c.gaps)))
	if len(c.gaps) > 0 {
		p.metrics.gathers.WithLabelValues(label, gatherWithGaps).Inc()
		return
	}
	p.metrics.gathers.WithLabelValues(label, gatherComplete).Inc()
	p.metrics.gatherComplete.WithLabelValues(label).Set(unixTime(p.now()))
}

// storeMetrics are how much the store may take, and takes: the files of its
// directory, looked at when it is scraped.
func storeMetrics(registry prometheus.Registerer, dir string, limit int64) {
	registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "store", Name: "size_bytes",
			Help: "Size of all files in the store's directory."}, func() float64 { return float64(sizeOfDir(dir)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "store", Name: "max_size_bytes",
			Help: "Size beyond which the store deletes its oldest samples."}, func() float64 { return float64(limit) }),
	)
}

func sizeOfDir(dir string) (total int64) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return total
}

func unixTime(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
