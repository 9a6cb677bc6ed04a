package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
)

// incidentStates counts the incidents by state when it is scraped.
type incidentStates struct {
	desc   *prometheus.Desc
	states func() map[string]int // with a zero for a state that no incident is in; nil when nobody knows
}

func newIncidentStates(states func() map[string]int) incidentStates {
	return incidentStates{prometheus.NewDesc(namespace+"_incidents", "Incidents by state.", []string{"state"}, nil), states}
}

// Describe is prometheus.Collector's.
func (i incidentStates) Describe(out chan<- *prometheus.Desc) { out <- i.desc }

// Collect is prometheus.Collector's.
func (i incidentStates) Collect(out chan<- prometheus.Metric) {
	for state, n := range i.states() {
		out <- prometheus.MustNewConstMetric(i.desc, prometheus.GaugeValue, float64(n), state)
	}
}

// countLimit bounds how long a scrape may wait for the book of incidents.
const countLimit = 2 * time.Second

// countIncidents looks into the book. One that cannot be read has no numbers: that is
// not the same as none.
func countIncidents(b *incident.Book) map[string]int {
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	all, err := b.Incidents(ctx, time.Now())
	if err != nil {
		return nil
	}
	states := map[string]int{string(incident.StateOpen): 0, string(incident.StateSettling): 0, string(incident.StateClosed): 0}
	for _, i := range all {
		states[string(i.State)]++
	}
	return states
}

// damagedRows is how much of the book is set aside because it cannot be read.
func damagedRows(count func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Subsystem: "incidents", Name: "damaged_rows",
		Help: "Rows of incidents.db that cannot be read and are set aside; the log names each."}, func() float64 { return float64(count()) })
}
