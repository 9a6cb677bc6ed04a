package scoring

import (
	"math"
	"testing"
	"time"

	"collector/lab/incidents"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func event(kind, target, severity string, start float64, attributes map[string]string) Event {
	return Event{
		Kind: kind, Target: target, Severity: severity, Attributes: attributes, Evidence: []string{"x-00000000"},
		Start: Instant{At: at(start), Earliest: at(start - 1), Latest: at(start)},
	}
}

func TestMatch(t *testing.T) {
	version := func(v string) map[string]string { return map[string]string{"version": v} }
	truths := []incidents.Truth{
		{Kind: "deploy", Target: "shop", Attributes: version("2"), Start: at(0)},
		{Kind: "deploy", Target: "shop", Attributes: version("3"), Start: at(40)},
		{Kind: "mysql.long_statement", Target: "db1", Start: at(10)},
	}
	events := []Event{
		event("deploy", "shop", "info", 0, version("2")),
		event("mysql.long_statement", "db1", "warning", 14, nil),
		event("mysql.long_statement", "db1", "warning", 10.5, nil),
		event("mysql.long_statement", "db2", "warning", 10, nil),
		event("signal", "db1", "warning", 12, nil),
		event("deploy", "shop", "info", 140, version("3")), // too far away
	}
	pairs, missed, left := match(truths, events)
	r := Result{}
	r.count(pairs, missed)
	if r.Found != 2 || r.Total != 3 || len(r.Missed) != 1 {
		t.Errorf("found %d of %d, missed %v", r.Found, r.Total, r.Missed)
	}
	if r.StartWorst != 0.5 || r.StartMedian != 0.5 || r.Within != 2 {
		t.Errorf("worst %v, median %v, within %d", r.StartWorst, r.StartMedian, r.Within)
	}
	measured := event("mysql.lock_wait", "db1", "warning", 11.2, nil)
	measured.Grade = "measured"
	sampled := Result{}
	sampled.count([]pair{{incidents.Truth{Kind: "mysql.lock_wait", Target: "db1", Start: at(10), Fuzz: 500 * time.Millisecond}, measured}}, nil)
	if math.Abs(sampled.Sampled-0.7) > 1e-6 || r.Sampled != 0 {
		t.Errorf("a sampled event is off by %v beyond the truth's own error, no sampled event by %v", sampled.Sampled, r.Sampled)
	}
	story := incidents.Story{Break: at(0), Recovered: at(50)}
	incident := incidents.Incident{Expected: []incidents.Effect{{Kind: "signal", Targets: []string{"db1"}}}}
	if got := falseEvents(incident, story, left); len(got) != 2 {
		t.Errorf("false events: %v, want the two long statements", got)
	}
	incident.Quiet = true
	if got := falseEvents(incident, story, left); len(got) != 3 {
		t.Errorf("false events of a quiet run: %v, want also the signal", got)
	}
}

func TestExpectedOnlyDuringTheIncident(t *testing.T) {
	story := incidents.Story{Break: at(0), Recovered: at(50)}
	effects := []incidents.Effect{{Kind: "signal"}}
	for start, want := range map[float64]bool{-10: false, -1: true, 25: true, 52: true, 60: false} {
		if got := expected(effects, story, event("signal", "db1", "warning", start, nil)); got != want {
			t.Errorf("a signal at %v s is expected: %t, want %t", start, got, want)
		}
	}
}

func TestJudge(t *testing.T) {
	for name, tt := range map[string]struct {
		result Result
		quiet  bool
		fails  int
	}{
		"good":                 {Result{Citations: 1}, false, 0},
		"one false event":      {Result{Citations: 1, False: []string{"x"}}, false, 0},
		"two false events":     {Result{Citations: 1, False: []string{"x", "y"}}, false, 1},
		"one in a quiet run":   {Result{Citations: 1, False: []string{"x"}}, true, 1},
		"late":                 {Result{Citations: 1, StartWorst: 2.01}, false, 1},
		"sampled late":         {Result{Citations: 1, StartWorst: 1.01, Sampled: 1.01}, false, 1},
		"missed, and a canary": {Result{Citations: 1, Missed: []string{"x"}, Canaries: []string{"y"}}, false, 2},
		"nothing cited":        {Result{}, false, 1},
		"broken citation":      {Result{Citations: 1, Broken: []string{"x"}}, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.result.Judge(tt.quiet); len(tt.result.Failures) != tt.fails {
				t.Errorf("failures: %v, want %d", tt.result.Failures, tt.fails)
			}
		})
	}
}
