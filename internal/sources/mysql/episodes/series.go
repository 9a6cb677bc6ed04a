package episodes

import (
	"fmt"
	"math"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// seriesBuckets is into how many equal parts of the window a long series is
// down-sampled; each keeps its smallest and its largest sample.
const seriesBuckets = 200

// The rules that the question of a series names.
const (
	ruleAll    = "all samples"
	ruleMinMax = "the smallest and the largest sample of each of 200 equal parts of the window"
)

// seriesAnswer is the answer of a mysql.series record. A null value is a hole:
// nothing was sampled, or the server said NULL.
type seriesAnswer struct {
	Samples int           `json:"samples"`
	Points  []seriesPoint `json:"points"`
}

// seriesPoint is [milliseconds since the window's start, value or null].
type seriesPoint [2]*float64

func (p seriesPoint) at(w timeline.Window) time.Time {
	if p[0] == nil {
		return w.From
	}
	return w.From.Add(time.Duration(*p[0] * float64(time.Millisecond)))
}

// curve collects one series.
type curve struct {
	name, unit, channel string
	window              timeline.Window
	samples             int
	last                time.Time
	all                 []reading // as long as they are few
	buckets             []bucket
}

// reading is one value; NaN for a hole.
type reading struct {
	at time.Time
	v  float64
}

type bucket struct {
	low, high reading
	used      bool
	holes     []reading
}

func (c *curve) add(at time.Time, v float64, pause time.Duration) {
	if !c.window.Contains(at) {
		return
	}
	if c.samples > 0 && at.Sub(c.last) > pause {
		c.put(reading{c.last.Add(at.Sub(c.last) / 2).Truncate(time.Millisecond), math.NaN()})
	}
	c.put(reading{at, v})
	c.samples++
	c.last = at
}

func (c *curve) put(r reading) {
	if len(c.all) <= 2*seriesBuckets {
		c.all = append(c.all, r)
	}
	if c.buckets == nil {
		c.buckets = make([]bucket, seriesBuckets)
	}
	i := int(r.at.Sub(c.window.From) * seriesBuckets / c.window.Duration())
	b := &c.buckets[min(i, seriesBuckets-1)]
	switch {
	case math.IsNaN(r.v):
		if len(b.holes) == 0 {
			b.holes = append(b.holes, r)
		}
	case !b.used:
		b.low, b.high, b.used = r, r, true
	case r.v < b.low.v:
		b.low = r
	case r.v > b.high.v:
		b.high = r
	}
}

// points are the kept readings in the order of time, and the rule that kept them.
func (c *curve) points() ([]reading, string) {
	if len(c.all) <= 2*seriesBuckets {
		return c.all, ruleAll
	}
	var out []reading
	for _, b := range c.buckets {
		part := b.holes
		if b.used {
			part = append(part, b.low)
			if !b.high.at.Equal(b.low.at) {
				part = append(part, b.high)
			}
		}
		sortReadings(part)
		out = append(out, part...)
	}
	return out, ruleMinMax
}

func sortReadings(r []reading) { // at most three
	for i := range r {
		for j := i; j > 0 && r[j].at.Before(r[j-1].at); j-- {
			r[j], r[j-1] = r[j-1], r[j]
		}
	}
}

func (c *curve) answer() (seriesAnswer, string) {
	kept, rule := c.points()
	a := seriesAnswer{Samples: c.samples, Points: make([]seriesPoint, 0, len(kept))}
	for _, r := range kept {
		ms := float64(r.at.Sub(c.window.From).Milliseconds())
		p := seriesPoint{&ms, nil}
		if !math.IsNaN(r.v) {
			v := math.Round(r.v*1000) / 1000
			p[1] = &v
		}
		a.Points = append(a.Points, p)
	}
	return a, rule
}

// seriesScan makes the curves of a server's status.
type seriesScan struct {
	running, connected, questions curve
	count                         int64 // Questions
	countAt                       time.Time
}

func newSeriesScan(w timeline.Window) seriesScan {
	return seriesScan{
		running:   curve{name: "threads_running", unit: "threads", window: w},
		connected: curve{name: "threads_connected", unit: "connections", window: w},
		questions: curve{name: "questions", unit: "questions/s", window: w},
	}
}

func (s *seriesScan) status(at time.Time, status store.Status, pause time.Duration) {
	if v, ok := status["Threads_running"]; ok {
		s.running.add(at, float64(v), pause)
	}
	if v, ok := status[statusConnected]; ok {
		s.connected.add(at, float64(v), pause)
	}
	n, ok := status["Questions"]
	if !ok {
		return
	}
	// A counter that fell was reset by a restart: there is no rate across it.
	if step := at.Sub(s.countAt); !s.countAt.IsZero() && n >= s.count && step > 0 && step <= pause {
		s.questions.add(at, float64(n-s.count)/step.Seconds(), pause)
	}
	s.count, s.countAt = n, at
}

// interpretSeries makes the series of a record. It has no baseline: the samples
// before the window are too few for one.
func interpretSeries(q question, e timeline.Evidence) (timeline.Series, error) {
	a, err := read[seriesAnswer](e)
	if err != nil {
		return timeline.Series{}, err
	}
	s := timeline.Series{
		Source: sourceKind, Target: q.Server, Name: q.Series, Unit: q.Unit,
		Baseline: math.NaN(), Low: math.NaN(), High: math.NaN(), Evidence: []string{e.ID},
	}
	if q.Channel != "" {
		s.Labels = map[string]string{"channel": q.Channel}
	}
	for i, p := range a.Points {
		if p[0] == nil {
			return timeline.Series{}, fmt.Errorf("evidence %s: point %d has no time", e.ID, i)
		}
		v := math.NaN()
		if p[1] != nil {
			v = *p[1]
		}
		s.Points = append(s.Points, timeline.Point{T: p.at(q.Window), V: v})
	}
	return s, nil
}
