package prometheus

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// TestVanishedSeries: the replication metrics of a replica that was promoted end,
// while the server is still scraped. Their departure has not "still gone on". Where
// everything of the target ends, nobody knows, and it stays open.
func TestVanishedSeries(t *testing.T) {
	const step = 15000
	from := story.From.Add(-time.Hour).UnixMilli()
	series := func(n, low int) []stretch { // n samples, from low on at 0
		values := make([]number, n)
		for i := range values {
			if i < low {
				values[i] = 1
			}
		}
		return []stretch{{From: from, Step: step, Values: values}}
	}
	all := int(story.To.UnixMilli()-from) / step
	low := int(time.Hour.Milliseconds()/step) + 20
	record := func(signal string, points []stretch) timeline.Evidence {
		q := signalQuestion{
			asked:  asked{Kind: kindSignal, Prometheus: "main", From: story.From.Add(-time.Hour), To: story.To, StepMS: step},
			Signal: signal, Window: story.From, Detector: detectorName, Rule: Rule{Direction: "down", MinChange: 0.5, Samples: 2}, SpanMS: step, ScrapedMS: step,
		}
		e, err := sources.Answer(sources.Ask{Source: Kind, Target: "main", Query: signal, Question: q, Observed: story},
			signalAnswer{Series: []signalSeries{{Target: "db2", Labels: map[string]string{}, Points: points}}}, story.To)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for name, scraped := range map[string]bool{"scraped on": true, "gone with its target": false} {
		t.Run(name, func(t *testing.T) {
			records := []timeline.Evidence{record("io_running", series(low+10, low))}
			if scraped {
				records = append(records, record("threads", series(all, all)))
			}
			f, err := Interpret(story, records)
			if err != nil || len(f.Events) != 1 {
				t.Fatalf("%d events, %v", len(f.Events), err)
			}
			e := f.Events[0]
			if (e.End != nil) != scraped || strings.Contains(e.Summary, "gone") != scraped {
				t.Errorf("end %v: %s", e.End, e.Summary)
			}
			if scraped && e.End.At.UnixMilli()-from > int64(low+11)*step {
				t.Errorf("it ended at %v", e.End)
			}
		})
	}
}
