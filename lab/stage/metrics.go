package stage

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// buckets are the upper bounds of the latency histogram, in seconds.
var buckets = [...]float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}

// metrics counts requests and prints them in Prometheus' text format.
type metrics struct {
	mu         sync.Mutex
	operations map[string]*counts
	failures   []time.Time
	slow       []time.Time // ends of requests over slowRequest
}

// slowRequest is far more than any request takes on an undisturbed stage.
const slowRequest = time.Second

type counts struct {
	ok, failed int
	seconds    float64
	buckets    [len(buckets)]int
}

func newMetrics() *metrics {
	m := &metrics{operations: map[string]*counts{}}
	for _, o := range operations { // a counter that starts at 0 has a rate from the first failure on
		m.operations[o.name] = &counts{}
	}
	return m
}

func (m *metrics) observe(operation string, start, end time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.operations[operation]
	if err != nil {
		c.failed++
		m.failures = append(m.failures, end)
	} else {
		c.ok++
	}
	if end.Sub(start) > slowRequest {
		m.slow = append(m.slow, end)
	}
	seconds := end.Sub(start).Seconds()
	c.seconds += seconds
	for i, bound := range buckets {
		if seconds <= bound {
			c.buckets[i]++
		}
	}
}

func (m *metrics) failuresSince(since time.Time) (first, last time.Time, count int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.failures {
		if t.Before(since) {
			continue
		}
		if count == 0 {
			first = t
		}
		last = t
		count++
	}
	return first, last, count
}

func (m *metrics) slowSince(since time.Time) (count int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.slow {
		if !t.Before(since) {
			count++
		}
	}
	return count
}

// ServeHTTP prints the metrics.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	names := []string{"browse", "history", "order", "pay"}
	fmt.Fprint(w, "# HELP shop_requests_total Requests by operation and outcome.\n# TYPE shop_requests_total counter\n")
	for _, name := range names {
		fmt.Fprintf(w, "shop_requests_total{operation=%q,outcome=\"ok\"} %d\n", name, m.operations[name].ok)
		fmt.Fprintf(w, "shop_requests_total{operation=%q,outcome=\"error\"} %d\n", name, m.operations[name].failed)
	}
	fmt.Fprint(w, "# HELP shop_request_duration_seconds Latency by operation.\n# TYPE shop_request_duration_seconds histogram\n")
	for _, name := range names {
		c := m.operations[name]
		for i, bound := range buckets {
			fmt.Fprintf(w, "shop_request_duration_seconds_bucket{operation=%q,le=%q} %d\n", name, strconv.FormatFloat(bound, 'g', -1, 64), c.buckets[i])
		}
		fmt.Fprintf(w, "shop_request_duration_seconds_bucket{operation=%q,le=\"+Inf\"} %d\n", name, c.ok+c.failed)
		fmt.Fprintf(w, "shop_request_duration_seconds_sum{operation=%q} %g\n", name, c.seconds)
		fmt.Fprintf(w, "shop_request_duration_seconds_count{operation=%q} %d\n", name, c.ok+c.failed)
	}
}
