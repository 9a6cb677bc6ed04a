package episodes

import (
	"fmt"
	"math"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// hurriedWorld reads the digests every 10 s, and every 2 s within the given time,
// as a recorder does during an incident.
func hurriedWorld(w world, hurry duration, list ...behaviour) world {
	last := math.NaN()
	w.tweak = func(t float64, tick *store.Tick) {
		n := int(math.Round(t))
		due := (n-4)%10 == 0 || in(t, []duration{hurry}) && n%2 == 0
		if !due || tick.Heartbeat.Outcome != store.Answered {
			return
		}
		tick.Digests = []store.Digest{}
		for _, b := range list {
			if d := b.between(last, t); d.Count > 0 && !math.IsNaN(last) {
				tick.Digests = append(tick.Digests, d)
			}
		}
		last = t
	}
	return w
}

// TestRegressionsAtAnyTempo: the same regression is found whether the recorder
// hurries all the time, from some time into it on, or never; and a hurry that was
// there before it says more exactly when it began.
func TestRegressionsAtAnyTempo(t *testing.T) {
	normal := phase{-1e6, 20, 0.001, 10, false}
	for _, tc := range []struct {
		rule  string
		start float64
		one   behaviour
	}{
		{"rows examined", 1001.3, behaviour{id: "b", sql: history, phases: []phase{normal, {1001.3, 20, 0.004, 5000, true}, {1061.2, 20, 0.001, 10, false}}}},
		{"latency", 1003.1, behaviour{id: "b", sql: history, phases: []phase{normal, {1003.1, 20, 0.2, 10, false}, {1061.2, 20, 0.001, 10, false}}}},
	} {
		for _, hurry := range []struct {
			name  string
			when  duration
			width time.Duration // of the start, at most
		}{
			{"never", duration{}, 20*time.Second + 500*time.Millisecond},
			{"from some time into it on", duration{1017, 1300}, 20*time.Second + 500*time.Millisecond},
			{"all the time", duration{900, 1500}, 5 * time.Second},
		} {
			t.Run(fmt.Sprintf("%s, hurried %s", tc.rule, hurry.name), func(t *testing.T) {
				w := hurriedWorld(world{}, hurry.when, append(usual(), tc.one)...)
				e := only(t, findings(t, w.record(0, 1500), 900, 1500), timeline.MySQLStatementRegression)
				attribute(t, e, "rule", tc.rule)
				if s := at(tc.start); s.Before(e.Start.Earliest) || s.After(e.Start.Latest) {
					t.Errorf("it began at %v, which is not within %v and %v", s, e.Start.Earliest, e.Start.Latest)
				}
				if width := e.Start.Latest.Sub(e.Start.Earliest); width > hurry.width {
					t.Errorf("the start is known to %v, want %v", width, hurry.width)
				}
				if e.End == nil {
					t.Error("it has no end")
				}
			})
		}
	}
}

// TestQuietAtAnyTempo: what is normal at one reading in ten seconds is no
// regression at five: a slow execution among few, a report now and then.
func TestQuietAtAnyTempo(t *testing.T) {
	list := append(usual(),
		behaviour{id: "r", sql: "SELECT SUM ( `amount` ) FROM `orders`", phases: []phase{{-1e6, 0.4, 0.05, 60_000, false}, {1000, 0.4, 0.3, 60_000, false}, {1004, 0.4, 0.05, 60_000, false}}},
		behaviour{id: "n", sql: "SELECT * FROM `orders` LIMIT ?", first: 1010, phases: []phase{{0, 0, 0, 0, false}, {1010, 1, 0.08, 100, false}, {1013, 0, 0, 0, false}}})
	w := hurriedWorld(world{}, duration{950, 1300}, list...)
	for _, e := range findings(t, w.record(0, 1500), 900, 1500).Events {
		if e.Kind == timeline.MySQLStatementRegression {
			t.Errorf("%s", e.Summary)
		}
	}
}

// TestDigestFold: what was read in parts is judged as one, and none is lost.
func TestDigestFold(t *testing.T) {
	var f digestFold
	since := at(0)
	row := func(id string, n int64) store.Digest {
		return store.Digest{ID: id, Count: n, Errors: n, Time: time.Duration(n) * time.Millisecond, RowsExamined: 10 * n, NoIndex: n}
	}
	if whole, full := f.add(since, look{At: at(10)}, []store.Digest{row("a", 1)}); !full || len(whole) != 1 || f.begun() {
		t.Errorf("a reading of ten seconds: %v, %v", whole, full)
	}
	since = at(10)
	for _, s := range []float64{12, 14, 18} {
		if _, full := f.add(since, look{At: at(s)}, []store.Digest{row("a", 1), row(fmt.Sprint(s), 2)}); full || !f.begun() {
			t.Errorf("%v s is a whole one", s-10)
		}
	}
	whole, full := f.add(since, look{At: at(20)}, nil)
	if !full || len(whole) != 4 || whole[0].Count != 3 || whole[0].Errors != 3 || whole[0].Time != 3*time.Millisecond || whole[0].RowsExamined != 30 || whole[0].NoIndex != 3 || whole[3].Count != 2 {
		t.Errorf("%+v, %v", whole, full)
	}
	if whole, full = f.add(at(20), look{At: at(30)}, []store.Digest{row("a", 5)}); !full || len(whole) != 1 || whole[0].Count != 5 || f.fine != nil {
		t.Errorf("the next one: %+v", whole)
	}
}
