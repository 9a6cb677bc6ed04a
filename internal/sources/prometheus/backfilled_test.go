package prometheus

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

var db1 = sources.Target{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}}

// TestBackfilled asks real servers about a story of a day ago: an alert of 20 s
// that nearly hides in four hours, one that fired since before anybody looked, one
// that flaps, a hole in the observation, a failed target, another cluster.
func TestBackfilled(t *testing.T) {
	servers.Need(t, servers.KindPromtool, servers.KindPrometheus2, servers.KindPrometheus3)
	const every = time.Second // 4 h and a baseline of 1 h: 18,000 evaluations, two requests
	begin := time.Now().Add(-30 * time.Hour).Truncate(time.Hour).UTC()
	w := timeline.Window{From: begin.Add(2 * time.Hour), To: begin.Add(6 * time.Hour)}
	minute := func(m float64) time.Time { return w.From.Add(time.Duration(m * float64(time.Minute))) }

	var h history
	holeFrom, holeTo := minute(200), minute(210)
	observed := func(v float64) func(time.Time) (float64, bool) {
		return func(x time.Time) (float64, bool) { return v, x.Before(holeFrom) || !x.Before(holeTo) }
	}
	up := h.family("up", "gauge")
	up.series(`{instance="db1:9104",job="mysql",cluster="shop"}`, begin, w.To, every, observed(1))
	up.series(`{instance="app:8080",job="app",cluster="shop"}`, begin, w.To, every, func(x time.Time) (float64, bool) {
		v, ok := observed(1)(x)
		if !x.Before(minute(50)) && x.Before(minute(52)) {
			v = 0
		}
		return v, ok
	})
	brief := `{alertname="Brief",severity="page",instance="db1:9104",cluster="shop",alertstate="%"}`
	state := func(s string) string { return strings.Replace(brief, "%", s, 1) }
	noState := func(labels string) string { return strings.Replace(labels, `,alertstate="%"`, "", 1) }
	alerts := h.family("ALERTS", "gauge")
	alerts.series(state("pending"), begin, w.To, every, between(minute(100), minute(100).Add(10*time.Second), 1))
	alerts.series(state("firing"), begin, w.To, every, between(minute(100).Add(10*time.Second), minute(100).Add(30*time.Second), 1))
	old := strings.Replace(brief, "db1:9104", "old:9104", 1)
	alerts.series(strings.Replace(old, "%", "firing", 1), begin, w.To, every, between(begin, minute(5), 1))
	flappy := strings.Replace(brief, "Brief", "Flappy", 1)
	for _, m := range []float64{30, 40, 60} {
		alerts.series(strings.Replace(flappy, "%", "firing", 1), minute(m), minute(m+2), every, always(1))
	}
	through := strings.Replace(brief, "Brief", "Through", 1)
	alerts.series(strings.Replace(through, "%", "firing", 1), begin, w.To, every, func(x time.Time) (float64, bool) {
		return 1, !x.Before(minute(190)) && x.Before(minute(220)) && (x.Before(holeFrom) || !x.Before(holeTo))
	})
	alerts.series(`{alertname="Elsewhere",alertstate="firing",cluster="billing",instance="x:1"}`, minute(10), minute(20), every, always(1))
	since := h.family("ALERTS_FOR_STATE", "gauge")
	since.series(noState(brief), begin, w.To, every, between(minute(100), minute(100).Add(30*time.Second), float64(minute(100).Unix())))
	oldSince := begin.Add(-3 * time.Hour)
	since.series(noState(old), begin, w.To, every, between(begin, minute(5), float64(oldSince.Unix())))
	since.series(noState(through), minute(190), holeFrom, every, always(float64(minute(190).Unix())))
	since.series(noState(through), holeTo, minute(220), every, always(float64(minute(190).Unix())))
	data := h.store(t)

	for version := range versions {
		t.Run(version, func(t *testing.T) {
			url := startPrometheus(t, servers.PrometheusOptions{Version: version, StorageDir: copyDir(t, data), Rules: rulesEvery("1s"), Retention: "10y"})
			src := realSource(t, Config{URL: url, Packs: []string{}}, db1)
			f := draftOf(t, src, w, timeline.Scope{Clusters: []string{"shop"}})
			byName := map[string]timeline.Event{}
			for _, e := range eventsOf(f, timeline.Alert) {
				byName[e.Attributes["alertname"]+" "+e.Attributes["label_instance"]] = e
			}
			if len(byName) != 4 {
				t.Errorf("%d alerts, want 4: %v", len(byName), byName)
			}
			checkAlert(t, byName["Brief db1:9104"], minute(100).Add(10*time.Second), minute(100).Add(30*time.Second), map[string]string{
				"severity": "page", "pending_at": timeline.FormatTime(minute(100)), "for": "10s",
				"annotation_summary": "db1:9104 blinked", "runbook_url": "https://runbooks.example/Brief",
			})
			checkAlert(t, byName["Brief old:9104"], oldSince.Add(10*time.Second), minute(5), nil)
			checkAlert(t, byName["Flappy db1:9104"], minute(30), minute(62), map[string]string{"flaps": "3"})
			checkAlert(t, byName["Through db1:9104"], minute(190), minute(220), map[string]string{"flaps": ""})
			if e := byName["Brief db1:9104"]; e.Target != "db1" {
				t.Errorf("target %q, want db1", e.Target)
			}
			downs := eventsOf(f, timeline.ScrapeDown)
			if len(downs) != 1 || downs[0].Target != "app:8080" || downs[0].End == nil {
				t.Fatalf("failed scrapes: %+v", downs)
			}
			near(t, "scrape fails", downs[0].Start, minute(50), every)
			near(t, "scrape works again", *downs[0].End, minute(52), every)
			checkHole(t, f, holeFrom, holeTo)
			for _, e := range f.Evidence {
				if len(e.Body) > 4<<10 {
					t.Errorf("%s: %d bytes for so little", e.Query, len(e.Body))
				}
			}
		})
	}
}

func checkAlert(t *testing.T, e timeline.Event, start, end time.Time, attributes map[string]string) {
	t.Helper()
	if e.Kind == "" {
		t.Errorf("alert at %s not found", start)
		return
	}
	near(t, e.Summary+": start", e.Start, start, 3*time.Second)
	if e.End == nil {
		t.Errorf("%s: no end", e.Summary)
	} else {
		near(t, e.Summary+": end", *e.End, end, time.Second)
	}
	for k, v := range attributes {
		if e.Attributes[k] != v {
			t.Errorf("%s: %s is %q, want %q", e.Summary, k, e.Attributes[k], v)
		}
	}
}

func checkHole(t *testing.T, f timeline.Findings, from, to time.Time) {
	t.Helper()
	for _, g := range f.Gaps {
		if strings.Contains(g.Reason, "no target was scraped") {
			if d := g.From.Sub(from).Abs() + g.To.Sub(to).Abs(); d > 3*time.Second {
				t.Errorf("gap %s to %s, want %s to %s", g.From, g.To, from, to)
			}
			return
		}
	}
	t.Errorf("no gap for the hole: %+v", f.Gaps)
}
