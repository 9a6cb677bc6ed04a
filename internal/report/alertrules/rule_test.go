package alertrules

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

func TestBetween(t *testing.T) {
	for name, c := range map[string]struct {
		edge, level float64
		up          bool
		want        float64
		none        bool
	}{
		"far above the band":        {edge: 18, level: 212, up: true, want: 40},
		"a flat baseline of zero":   {edge: 1e-9, level: 33.25, up: true, want: 4},
		"a share":                   {edge: 0.5, level: 0.95, up: true, want: 0.6},
		"a fall":                    {edge: 360, level: 12.5, up: false, want: 300},
		"a fall to zero":            {edge: 0.5, level: 0, up: false, want: 0.4},
		"a fall below zero":         {edge: -5, level: -105, up: false, want: -20},
		"a rise to zero":            {edge: -100, level: 0, up: true, want: -90},
		"large numbers":             {edge: 2e9, level: 9e9, up: true, want: 3e9},
		"the level is in the band":  {edge: 18, level: 17, up: true, none: true},
		"the level is on the edge":  {edge: 18, level: 18, up: true, none: true},
		"a fall that is none":       {edge: 5, level: 6, up: false, none: true},
		"hardly beyond is no level": {edge: 1, level: 1 + 1e-9, up: true, none: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := between(c.edge, c.level, c.up)
			if ok == c.none || ok && got != c.want {
				t.Fatalf("got %v, %t; want %v", got, ok, c.want)
			}
			if ok && (height(got, c.up) <= height(c.edge, c.up) || height(got, c.up) >= height(c.level, c.up)) {
				t.Errorf("%v does not lie between %v and %v", got, c.edge, c.level)
			}
		})
	}
}

func TestFiringBeginsAnew(t *testing.T) {
	const every = 15 * time.Second
	above := condition{10, true}
	for name, c := range map[string]struct {
		values []float64
		drop   int // index of a point that is missing, -1 none
		want   string
	}{
		"it waits":                          {steps(2, 0, 4, 20), -1, "--..!!"},
		"a counter's reset makes it pause":  {[]float64{20, 20, 0, 20, 20, 20}, -1, "..-..!"},
		"a missing point makes it pause":    {[]float64{20, 20, 20, 20, 20, 20, 20}, 2, "..-..!!"},
		"exactly the threshold is not over": {[]float64{10, 10, 10, 10}, -1, "----"},
	} {
		t.Run(name, func(t *testing.T) {
			s := recorded("x", every, nil, c.values...)
			g := resample(s.Points, noon(), s.Points[len(s.Points)-1].T, every)
			if c.drop >= 0 {
				g.values[c.drop] = value{}
			}
			states := above.firing(g, 30*time.Second)
			got := ""
			for i, fires := range states {
				switch {
				case fires:
					got += "!"
				case above.holds(g.values[i]):
					got += "."
				default:
					got += "-"
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestResample(t *testing.T) {
	s := recorded("x", 10*time.Second, nil, 1, 2, 3, 4, 5, 6, 7)
	s.Points = append(s.Points[:2:2], s.Points[5:]...) // 1 and 2, then nothing for 40 s
	g := resample(s.Points, noon(), noon().Add(time.Minute), 5*time.Second)
	if got, want := notation(g.values), "1 1 2+0x2 stale _x4 6 6 7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRule(t *testing.T) {
	want := map[string]struct {
		expr    string
		wait    time.Duration
		record  string
		onset   int // index of the last evaluation before it
		latency time.Duration
	}{
		"foreign names":                    {`collector:signal:9_value_x_y{path="C:\\{{ . }}\n\""} > 400000000`, 2 * time.Minute, "collector:signal:9_value_x_y", 19, 2 * time.Minute},
		"a gauge":                          {`mysql_global_status_threads_running{instance="db1:9104",job="mysql"} > 40`, 2 * time.Minute, "", 19, 2 * time.Minute},
		"a rate from a flat zero":          {`collector:signal:shop_errors_s{instance="db1:9104",job="mysql"} > 4`, 2 * time.Minute, "collector:signal:shop_errors_s", 19, 2 * time.Minute},
		"either of two metrics":            {`(mysql_slave_status_seconds_behind_source{channel_name="a\"b",instance="db2:9104"} or mysql_slave_status_seconds_behind_master{channel_name="a\"b",instance="db2:9104"}) > 20`, 2 * time.Minute, "", 27, 2 * time.Minute},
		"a switch":                         {`mysql_up{instance="db1:9104",job="mysql"} < 0.5`, 30 * time.Second, "", 19, 30 * time.Second},
		"a fall, a series with no labels":  {`collector:signal:queries < 300`, time.Minute, "collector:signal:queries", 19, time.Minute},
		"points are missing":               {`mysql_global_status_threads_running{instance="db1:9104",job="mysql"} > 40`, 2 * time.Minute, "", 19, 5 * time.Minute},
		"abnormal from the first point on": {`mysql_threads{instance="db1:9104",job="mysql"} > 40`, 2 * time.Minute, "", -1, 2 * time.Minute},
		"two series":                       {`disk_busy{device="sda"} > 0.5 or disk_busy{device="sdb"} > 0.6`, time.Minute, "", 19, time.Minute},
	}
	for name, m := range staged() {
		t.Run(name, func(t *testing.T) {
			r, w := mustRule(t, m), want[name]
			if r.Expr != w.expr || r.For != w.wait || r.Record != w.record || r.first != w.onset || r.Before != 0 {
				t.Errorf("expr %s for %s, record %q, last evaluation before the onset %d, fired before %d times", r.Expr, r.For, r.Record, r.first, r.Before)
			}
			if got := r.FiresAt.Sub(m.Departures[0].Start.At); got != w.latency {
				t.Errorf("it fires after %s, want %s", got, w.latency)
			}
		})
	}
}

// TestNamesTheMinuteOfPrometheus: the times of recorded values are a little off, by what
// is known of the clocks, and the evaluation that is named is still Prometheus's.
func TestNamesTheMinuteOfPrometheus(t *testing.T) {
	m := staged()["a gauge"]
	want := mustRule(t, m).FiresAt
	for _, off := range []time.Duration{-19 * time.Millisecond, 19 * time.Millisecond} {
		shifted := m
		shifted.Departures = slices.Clone(m.Departures)
		d := &shifted.Departures[0]
		d.Series.Points = slices.Clone(d.Series.Points)
		for i := range d.Series.Points {
			d.Series.Points[i].T = d.Series.Points[i].T.Add(off)
		}
		d.Start, d.End = timeline.Exactly(d.Start.At.Add(off)), d.End.Add(off)
		r := mustRule(t, shifted)
		if name := r.test().Name; !r.FiresAt.Equal(want) || !r.BeforeSince.Equal(noon()) || !strings.HasSuffix(name, noon().Format(time.RFC3339)) {
			t.Errorf("off by %s: fires at %s, values since %s, test %q", off, r.FiresAt, r.BeforeSince, name)
		}
	}
}

func TestNoRule(t *testing.T) {
	quiet := recorded("x", time.Second, nil, steps(30, 6)...)
	for name, m := range map[string]Metric{
		"no departure":             metric("x"),
		"never beyond the edge":    metric("x", left(quiet, 18, true, 20, 25)),
		"no points":                metric("x", Departure{Series: recorded("x", time.Second, nil), Edge: 1, Up: true}),
		"no number":                metric("x", left(recorded("x", time.Second, nil, steps(30, nan())...), 18, true, 20, 25)),
		"its query is not known":   metric("x", left(recorded("", time.Second, nil, steps(9, 1, 20, 99)...), 18, true, 9, 20)),
		"one point, before the on": metric("x", left(recorded("x", time.Second, nil, 99, 1), 18, true, 1, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			if r, err := For(m, time.Second); err == nil {
				t.Errorf("a rule: %s", r.Expr)
			} else if name != "its query is not known" && !errors.Is(err, ErrNever) {
				t.Error(err)
			}
		})
	}
}

// TestCountsWhatItWouldHaveCost: a storm in the hour before is told, not hidden.
func TestCountsWhatItWouldHaveCost(t *testing.T) {
	s := recorded("x", 15*time.Second, db1(), steps(20, 6, 20, 99, 20, 6, 40, 212, 5, 6)...)
	if r := mustRule(t, metric("x", left(s, 18, true, 60, 100))); r.Before != 1 {
		t.Errorf("it would have fired %d times before", r.Before)
	}
}

// TestValuesThatReachTooFar: a series with times that somebody made up does not keep
// anybody waiting.
func TestValuesThatReachTooFar(t *testing.T) {
	s := recorded("x", 15*time.Second, nil, 1, 2, 30, 30)
	s.Query = "x"
	s.Points[0].T = noon().AddDate(-400, 0, 0)
	m := Metric{Signal: "x", Departures: []Departure{{Series: s, Start: timeline.Exactly(s.Points[2].T), End: s.Points[3].T, Edge: 5, Up: true}}}
	if _, err := For(m, time.Second); !errors.Is(err, errLong) {
		t.Errorf("%v", err)
	}
}
