package prometheus

import (
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// FuzzInterpret feeds bodies that no Gather wrote: a bundle is a file on disk, and
// anything may stand in it.
func FuzzInterpret(f *testing.F) {
	w := `"prometheus":"main","from":"2024-07-12T08:00:00Z","to":"2024-07-12T10:00:00Z","step_ms":15000`
	runs := `{"series":[{"target":"db1","labels":{"alertname":"A","alertstate":"firing"},"runs":[{"first":1720774800000,"last":1720774900000,"n":7}]}]}`
	for _, body := range []string{
		`{"question":{"kind":"alerts",` + w + `},"answer":` + runs + `}`,
		`{"question":{"kind":"scrapes",` + w + `,"scraped_every_ms":15000},"answer":` + runs + `}`,
		`{"question":{"kind":"coverage",` + w + `},"answer":` + runs + `}`,
		`{"question":{"kind":"collectors",` + w + `},"answer":` + runs + `}`,
		`{"question":{"kind":"alerts_for_state",` + w + `},"answer":` + runs + `}`,
		`{"question":{"kind":"clock",` + w + `},"answer":{"sent_ms":1,"server_ms":5000,"received_ms":3}}`,
		`{"question":{"kind":"impact",` + w + `,"name":"x"},"answer":{"series":1,"value":3}}`,
		`{"question":{"kind":"signal",` + w + `,"signal":"s","detector":"baseline band v1","window_from":"2024-07-12T09:00:00Z","detector_rule":{"samples":1}},` +
			`"answer":{"series":[{"target":"x","labels":{},"points":[{"from":1720771200000,"step":15000,"values":[1,1,1,1,1,1,1,1,1,"NaN",2e9]}]}]}}`,
		`{"question":{"kind":"rules",` + w + `},"error":"connection refused"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e := timeline.Evidence{Source: Kind, Target: "main", Body: body, CollectedAt: story.To, ObservedFrom: story.From, ObservedTo: story.To}.Seal()
		found, err := Interpret(story, []timeline.Evidence{e})
		if err != nil {
			return
		}
		for _, ev := range found.Events {
			if err := ev.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestClockIsCorrected shows times of a server whose clock is 90 s ahead in ours.
func TestClockIsCorrected(t *testing.T) {
	q := asked{Kind: kindClock, Prometheus: "main", From: story.From, To: story.To}
	clock, err := sources.Answer(sources.Ask{Source: Kind, Target: "main", Query: "time()", Question: q, Observed: story},
		clockAnswer{SentMS: 1000, ServerMS: 91010, ReceivedMS: 1020}, story.To)
	if err != nil {
		t.Fatal(err)
	}
	aq := alertsQuestion{asked: asked{Kind: kindAlerts, Prometheus: "main", From: story.From.Add(-time.Hour), To: story.To, StepMS: 15000}}
	fired := story.From.Add(10 * time.Minute)
	alerts, err := sources.Answer(sources.Ask{Source: Kind, Target: "main", Query: "ALERTS", Question: aq, Observed: story},
		runsAnswer{[]runSeries{{"db1", map[string]string{"alertname": "A", "alertstate": "firing"},
			[]run{{First: fired.UnixMilli(), Last: fired.Add(5 * time.Minute).UnixMilli(), N: 21}}}}}, story.To)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(story, []timeline.Evidence{clock, alerts})
	if err != nil || len(f.Events) != 1 {
		t.Fatalf("%+v, %v", f.Events, err)
	}
	e := f.Events[0]
	if want := fired.Add(-90 * time.Second); !e.Start.At.Equal(want) || e.Start.Latest.Sub(want) != 11*time.Millisecond {
		t.Errorf("start %+v, want %s ± 11 ms", e.Start, want)
	}
	if len(e.Evidence) != 2 {
		t.Errorf("evidence %v lacks the clock", e.Evidence)
	}
}

// TestExpand has the templates that rules really use.
func TestExpand(t *testing.T) {
	labels := map[string]string{"instance": "db1:9104"}
	tests := []struct{ text, want string }{
		{"down", "down"},
		{"{{ $labels.instance }} down", "db1:9104 down"},
		{"{{$labels.instance}} at {{ $value | humanize }}", "db1:9104 at …"},
		{"{{- .Labels.instance -}}", "db1:9104"},
		{"{{ $labels.nothing }}", "…"},
		{"broken {{ $labels", "broken …"},
	}
	for _, tt := range tests {
		if got := expand(tt.text, labels); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestRoundDown has scrape intervals and the bounds that they are found by.
func TestRoundDown(t *testing.T) {
	tests := []struct{ bound, want time.Duration }{
		{600 * time.Second / 40, 15 * time.Second}, {600 * time.Second / 39, 15 * time.Second}, {10 * time.Second / 9, time.Second},
		{60 * time.Second / 59, time.Second}, {600 * time.Second / 9, time.Minute}, {0, fallbackInterval}, {7 * time.Second, 5 * time.Second},
	}
	for _, tt := range tests {
		if got := roundDown(tt.bound); got.every != tt.want || got.assumed != (tt.bound == 0) {
			t.Errorf("bound %s gives %+v, want %s", tt.bound, got, tt.want)
		}
	}
}
