package loki

import (
	"strings"
	"testing"
	"time"

	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
	"collector/lab/standin"
)

func TestDeploys(t *testing.T) {
	deploys := queries()[1]
	logfmt := deploys
	logfmt.Format = "logfmt"
	mapped := deploys
	mapped.Fields, mapped.Events = map[string]string{"service": "app", "version": "tag"}, map[string]string{"Synced": "deploy_finished"}
	for name, c := range map[string]struct {
		query QueryConfig
		lines []string
		want  string
	}{
		"Loki's time": {deploys, []string{`09:10:00 {"service":"shop","version":"2","event":"deploy_started"}`, `09:10:43 {"service":"shop","version":"2","event":"deploy_finished"}`},
			"09:10:00–09:10:43 shop deploy of shop 2 finished after 43 s\n"},
		"its own time": {deploys, []string{`09:10:07 {"time":"2024-07-12T09:10:00Z","service":"shop","version":"2","event":"deploy_started"}`, `09:10:50 {"time":"2024-07-12T09:10:43Z","service":"shop","version":"2","event":"deploy_finished"}`},
			"09:10:00–09:10:43 shop deploy of shop 2 finished after 43 s\n"},
		"logfmt": {logfmt, []string{"09:10:00 service=shop version=2 event=rollback_started", "09:10:43 service=shop version=2 event=rollback_finished"},
			"09:10:00–09:10:43 shop rollback of shop to 2 finished after 43 s\n"},
		"mapped":         {mapped, []string{`09:10:00 {"app":"shop","tag":"2","event":"Synced"}`}, "09:10:00–09:10:00 shop deploy of shop 2 finished, its start was not logged\n"},
		"a change":       {deploys, []string{`09:10:00 {"service":"shop","event":"change","message":"max_connections to 500"}`}, "09:10:00–09:10:00 shop change of shop: max_connections to 500\n"},
		"over the edges": {deploys, []string{`08:50:00 {"service":"shop","version":"2","event":"deploy_started"}`, `10:20:00 {"service":"shop","version":"2","event":"deploy_finished"}`}, "08:50:00–10:20:00 shop deploy of shop 2 finished after 90 min\n"},
		"only before": {deploys, []string{`08:10:00 {"service":"shop","version":"1","event":"deploy_finished"}`},
			"none: deploys, rollbacks and changes of shipped in Loki: {job=\"deploy\"} (last before the window: deploy of shop 1 finished at 2024-07-12T08:10:00.000Z)\n"},
		"other lines": {deploys, []string{`09:10:00 {"service":"shop","event":"test_passed"}`}, "none: deploys, rollbacks and changes of shipped in Loki: {job=\"deploy\"}\n"},
		"bad lines": {deploys, []string{"09:05:00 what is this", "09:06:00 {", `09:10:00 {"service":"shop","version":"2","event":"change"}`},
			"09:10:00–09:10:00 shop change of shop 2\ngap 09:05:00–09:06:00 deploys of shipped: 2 lines could not be read (not JSON: wrong at byte 1)\n"},
		"bad lines before": {deploys, []string{"07:05:00 what is this", `09:10:00 {"service":"shop","version":"2","event":"change"}`}, "09:10:00–09:10:00 shop change of shop 2\n"},
		"only bad lines":   {deploys, []string{"09:05:00 what is this"}, "gap 09:00:00–10:00:00 deploys of shipped: none of 1 line can be read (not JSON: wrong at byte 1): correct format, time_layout or fields, or make the query narrower\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &standin.Loki{}
			say(l, deployer, c.lines...)
			if got := told(findings(t, l, c.query)); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

// TestDeployTimes: a line without a time of its own is as exact as Loki's clock.
func TestDeployTimes(t *testing.T) {
	l := &standin.Loki{}
	say(l, deployer, `09:10:00 {"service":"shop","version":"2","event":"deploy_started"}`)
	e := findings(t, l, queries()[1]).Events[0]
	if !e.Start.Earliest.Equal(at("09:09:59")) || !e.Start.Latest.Equal(at("09:10:01")) || e.Grade != timeline.Logged || e.Source != Kind {
		t.Errorf("%+v", e)
	}
}

// TestOneDeployTwoWitnesses: what a deploy log and Loki both tell is one event.
func TestOneDeployTwoWitnesses(t *testing.T) {
	l := &standin.Loki{}
	say(l, deployer, `09:10:00 {"service":"shop","version":"2","event":"deploy_finished"}`)
	f := findings(t, l, queries()[1])
	other := f.Events[0]
	other.Source, other.Evidence = "deploylog", []string{"deploylog-0"}
	f.Events = append(f.Events, other)
	if tl := timeline.Build(window, timeline.Scope{}, f); len(tl.Events) != 1 || len(tl.Events[0].Evidence) != 2 {
		t.Errorf("%+v", tl.Events)
	}
}

// TestDeployIDsAreStable: the same deploy is the same record in another draft.
func TestDeployIDsAreStable(t *testing.T) {
	s := over(t, sourcetest.Serve(t, incident()), queries()[1])
	first := ask(t, s, request(t, window)).Events[0].Evidence
	later := timeline.Window{From: window.From, To: window.To.Add(5 * time.Minute)}
	if second := ask(t, s, request(t, later)).Events[0].Evidence; first[0] != second[0] {
		t.Errorf("%v, then %v", first, second)
	}
}

// TestBadLinesAreMasked: the excerpt of a line that nobody understood holds no secret.
func TestBadLinesAreMasked(t *testing.T) {
	l := &standin.Loki{}
	say(l, deployer, "09:10:00 deployed by mallory with password=swordfish: UPDATE t SET a='x4711'")
	for _, e := range findings(t, l, queries()[1]).Evidence {
		for _, private := range []string{"mallory", "swordfish", "4711"} {
			if strings.Contains(e.Body, private) {
				t.Errorf("%s in %s", private, e.Body)
			}
		}
	}
}
