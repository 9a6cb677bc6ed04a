package alertrules

import (
	"math"
	"testing"
	"time"

	"collector/internal/timeline"
)

// noon is where the recorded values of all fixtures begin.
func noon() time.Time { return time.Date(2024, 7, 12, 12, 0, 0, 0, time.UTC) }

// recorded is a series of values that were asked for every so often.
func recorded(query string, every time.Duration, labels map[string]string, values ...float64) timeline.Series {
	s := timeline.Series{Source: "prometheus", Target: "db1", Query: query, Step: every, Labels: labels, Baseline: 6, Low: 0, High: 18}
	for i, v := range values {
		s.Points = append(s.Points, timeline.Point{T: noon().Add(time.Duration(i) * every), V: v})
	}
	return s
}

func db1() map[string]string { return map[string]string{"instance": "db1:9104", "job": "mysql"} }

// steps are n times each value.
func steps(pairs ...float64) (out []float64) {
	for i := 0; i < len(pairs); i += 2 {
		for range int(pairs[i]) {
			out = append(out, pairs[i+1])
		}
	}
	return out
}

// left is a departure between two indices of a series.
func left(s timeline.Series, edge float64, up bool, first, after int) Departure {
	d := Departure{Series: s, Edge: edge, Up: up, End: s.Points[min(after, len(s.Points)-1)].T}
	at := s.Points[first].T
	d.Start = timeline.Between(at.Add(time.Millisecond-s.Step), at)
	return d
}

func metric(signal string, departures ...Departure) Metric {
	return Metric{Prometheus: "main", Signal: signal, Unit: "threads", Target: "db1", Severity: "warning", Departures: departures}
}

func mustRule(t *testing.T, m Metric) Rule {
	t.Helper()
	r, err := For(m, Interval([]Metric{m}))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// staged are the metrics of a staged incident, one of each sort that a rule meets.
func staged() map[string]Metric {
	const every = 15 * time.Second
	gauge := recorded("mysql_global_status_threads_running{cluster=~\"shop|\"}", every, db1(), steps(20, 6, 40, 212, 20, 6)...)
	rate := recorded(`sum without (error) (rate(errors_total{cluster=~"shop|"}[1m]))`, every, db1(), steps(20, 0, 40, 33.25, 20, 0)...)
	rate.Baseline, rate.High = 0, 1e-9
	lag := recorded("mysql_slave_status_seconds_behind_source or mysql_slave_status_seconds_behind_master", every,
		map[string]string{"instance": "db2:9104", "master_host": "db1", "channel_name": "a\"b"}, steps(20, 0, 8, math.NaN(), 40, 65, 10, 0)...)
	up := recorded("mysql_up", every, db1(), steps(20, 1, 9, 0, 9, 1)...)
	fell := recorded("rate(queries_total[1m])", every, map[string]string{}, steps(20, 900, 30, 12.5, 9, 900)...)
	hole := recorded("mysql_global_status_threads_running", every, db1(), steps(20, 6, 40, 212)...)
	hole.Points = append(hole.Points[:24:24], hole.Points[32:]...)
	one, two := recorded(`disk_busy`, every, map[string]string{"device": "sda"}, steps(20, 0.1, 40, 0.98)...), recorded(`disk_busy`, every, map[string]string{"device": "sdb"}, steps(30, 0.2, 30, 1)...)
	odd := recorded("sum(x) by (y)\n", every, map[string]string{"path": "C:\\{{ . }}\n\"", "user": "account-1f3c", "bad-name": "x"}, steps(20, 1e6, 40, 3.5e9)...)
	odd.Baseline, odd.High = 1e6, 2e6
	foreign := Metric{Prometheus: "a {{b}}", Signal: "9 {{ $value }}: \"x\"\n# y", Unit: "{{", Target: "{{ printf }}: db\n1", Severity: "warning", Departures: []Departure{left(odd, 2e6, true, 20, 60)}}
	return map[string]Metric{
		"foreign names":                    foreign,
		"a gauge":                          metric("threads_running", left(gauge, 18, true, 20, 60)),
		"a rate from a flat zero":          metric("shop errors/s", left(rate, 1e-9, true, 20, 60)),
		"either of two metrics":            metric("replication_lag", left(lag, 10, true, 28, 68)),
		"a switch":                         metric("mysql_up", left(up, 0.5, false, 20, 29)),
		"a fall, a series with no labels":  metric("queries", left(fell, 360, false, 20, 50)),
		"points are missing":               metric("threads_running", left(hole, 18, true, 20, 51)),
		"abnormal from the first point on": metric("threads_running", left(recorded("mysql_threads", every, db1(), steps(40, 212, 20, 6)...), 18, true, 0, 40)),
		"two series":                       metric("disk_busy", left(one, 0.4, true, 20, 60), left(two, 0.5, true, 30, 60)),
	}
}
