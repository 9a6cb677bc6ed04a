package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"collector/internal/timeline"
)

// clockAt is a time on the day of the fixtures, in UTC: "07:14:03".
func clockAt(t testing.TB, hms string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, "2024-07-12 "+hms)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// fixture builds the findings of a staged incident record by record.
type fixture struct {
	t      testing.TB
	window timeline.Window
	found  timeline.Findings
}

func newFixture(t testing.TB, from, to string) *fixture {
	f := &fixture{t: t, window: timeline.Window{From: clockAt(t, from), To: clockAt(t, to)}}
	f.record("collector", "", "draft", map[string]any{"window": f.window, "template": "postmortem", "version": "0.1.0"})
	return f
}

// record adds a record whose body holds the question and an answer.
func (f *fixture) record(source, target, query string, answer any) string {
	f.t.Helper()
	body, err := json.Marshal(map[string]any{"question": map[string]any{"kind": query, "target": target}, "answer": answer})
	if err != nil {
		f.t.Fatal(err)
	}
	e := timeline.Evidence{
		Source: source, Target: target, Query: query, CollectedAt: f.window.To.Add(time.Minute),
		ObservedFrom: f.window.From, ObservedTo: f.window.To, MediaType: "application/json", Body: string(body),
	}.Seal()
	f.found.Evidence = append(f.found.Evidence, e)
	return e.ID
}

func (f *fixture) sampled(hms string) timeline.Instant {
	at := clockAt(f.t, hms)
	return timeline.Between(at.Add(-2*time.Second), at)
}

func (f *fixture) exactly(hms string) timeline.Instant { return timeline.Exactly(clockAt(f.t, hms)) }

func (f *fixture) around(hms string, err time.Duration) timeline.Instant {
	return timeline.Around(clockAt(f.t, hms), err)
}

func (f *fixture) event(kind timeline.Kind, grade timeline.Grade, source, target string, start timeline.Instant, end *timeline.Instant, summary string, attributes map[string]string, ids ...string) {
	f.found.Events = append(f.found.Events, timeline.Event{
		Kind: kind, Grade: grade, Source: source, Target: target, Start: start, End: end,
		Summary: summary, Attributes: attributes, Evidence: ids, Key: summary,
	})
}

func (f *fixture) draft() Draft {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.t.Fatal(err)
	}
	return Draft{
		Timeline: timeline.Build(f.window, timeline.Scope{Clusters: []string{"shop"}}, f.found),
		Location: zone, Version: "0.1.0",
	}
}

// rich is the schema-change incident of the seeds, with everything in it.
func rich(t testing.TB) Draft {
	f := newFixture(t, "07:00:00", "10:45:00")
	f.found.Series = nil
	deploys := f.record("deploylog", "releases", "/var/log/deploy/shop.log", "2 lines")
	alerts := f.record("prometheus", "main", `ALERTS{alertstate="firing"}`, "2 series")
	errors := f.record("prometheus", "main", "rate(http_errors_total[1m])", "points")
	threads := f.record("prometheus", "main", "mysql_global_status_threads_running", "points")
	replica := f.record("mysql", "db2", "SHOW ALL REPLICAS STATUS", "samples")
	sessions := f.record("mysql", "db1", "information_schema.processlist", "samples")
	failed := f.record("mysql", "db1", "performance_schema.error_log", "failed")
	beats := f.record("mysql", "db2", "heartbeat", "ticks")
	impact := f.record("prometheus", "main", "sum(increase(http_errors_total[225m]))", "41823")
	at := func(i timeline.Instant) *timeline.Instant { return &i }

	f.event(timeline.Deploy, timeline.Logged, "deploylog", "shop", f.exactly("07:12:10"), at(f.exactly("07:13:25")),
		"deploy of shop 1.4.2 finished", map[string]string{"service": "shop", "version": "1.4.2", "outcome": "finished", "commit": "9f1c2ab"}, deploys)
	f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db1", f.around("07:13:20", 500*time.Millisecond), at(f.around("07:13:20", 500*time.Millisecond)),
		"ALTER TABLE shop.orders dropped column customer_ref", map[string]string{"operation": "drop_column", "schema": "shop", "table": "orders", "column": "customer_ref"}, sessions)
	f.event(timeline.MySQLReplicationStopped, timeline.Measured, "mysql", "db2", f.sampled("07:14:03"), at(f.sampled("07:40:10")),
		"replication SQL thread stopped with error 1054 on channel default", map[string]string{"thread": "sql", "error_code": "1054", "channel": ""}, replica)
	f.event(timeline.Signal, timeline.Measured, "prometheus", "db1", f.around("07:14:15", 15*time.Second), at(f.around("10:41:00", 15*time.Second)),
		"checkout_errors rose to 84 errors/s, normally 0.4", map[string]string{
			"signal": "checkout_errors", "unit": "errors/s", "baseline": "0.4", "threshold": "2", "peak": "84", "peak_at": "2024-07-12T07:31:00Z", "direction": "up",
		}, errors)
	f.event(timeline.Signal, timeline.Measured, "prometheus", "db1", f.around("07:15:00", 15*time.Second), nil,
		"threads_running rose to 212, normally 6", map[string]string{
			"signal": "threads_running", "unit": "", "baseline": "6", "threshold": "18", "peak": "212", "peak_at": "2024-07-12T07:58:00Z", "direction": "up",
		}, threads)
	f.event(timeline.Alert, timeline.Measured, "prometheus", "db1", f.around("07:16:00", 7500*time.Millisecond), at(f.around("10:44:00", 7500*time.Millisecond)),
		"alert CheckoutErrorsHigh fired", map[string]string{
			"alertname": "CheckoutErrorsHigh", "severity": "page", "pending_at": "2024-07-12T07:15:00Z", "for": "60", "annotation_summary": "checkout fails for many users",
		}, alerts)
	f.event(timeline.Alert, timeline.Measured, "prometheus", "db2", f.around("07:19:00", 7500*time.Millisecond), at(f.around("07:42:00", 7500*time.Millisecond)),
		"alert ReplicaStopped fired", map[string]string{"alertname": "ReplicaStopped", "severity": "critical", "flaps": "3"}, alerts)
	f.event(timeline.MySQLLongStatement, timeline.Measured, "mysql", "db1", f.sampled("07:20:30"), at(f.sampled("07:31:12")),
		"a statement ran for 642 s: SELECT * FROM orders WHERE note LIKE ?", map[string]string{"session": "4711", "seconds": "642"}, sessions)
	f.event(timeline.Rollback, timeline.Logged, "deploylog", "shop", f.exactly("08:00:00"), at(f.exactly("08:04:30")),
		"rollback of shop to 1.4.1 failed: column customer_ref does not exist", map[string]string{"service": "shop", "version": "1.4.1", "outcome": "failed"}, deploys)
	f.event(timeline.MySQLSchemaChange, timeline.Logged, "mysql", "db1", f.around("09:01:00", 500*time.Millisecond), at(f.around("09:01:00", 500*time.Millisecond)),
		"ALTER TABLE shop.orders added column customer_ref", map[string]string{"operation": "add_column", "schema": "shop", "table": "orders"}, sessions)
	f.event(timeline.MySQLMetadataLockWait, timeline.Measured, "mysql", "db1", f.sampled("09:01:04"), at(f.sampled("09:01:40")),
		"14 sessions waited for a metadata lock", nil, sessions)
	f.event(timeline.Note, timeline.Reported, "collector", "", f.exactly("07:50:00"), at(f.exactly("07:50:00")),
		"status page set to degraded", nil, deploys)

	f.found.Impact = []timeline.Impact{{Name: "failed_requests", Value: 41823, Unit: "requests", Evidence: []string{impact}}}
	f.found.Checks = []timeline.Check{
		{Source: "mysql", Target: "db1", LookedFor: "restarts", Evidence: []string{sessions}},
		{Source: "mysql", Target: "db2", LookedFor: "restarts", Evidence: []string{beats}},
		{Source: "mysql", Target: "db1", LookedFor: "refused connections", Evidence: []string{sessions}},
		{Source: "prometheus", Target: "main", LookedFor: "failed scrapes", Evidence: []string{alerts}},
	}
	f.found.Gaps = []timeline.Gap{
		{Source: "mysql", Target: "db1", From: f.window.From, To: f.window.To, Reason: "the error log could not be read: SELECT is denied on performance_schema.error_log", Evidence: []string{failed}},
		{Source: "mysql", Target: "db2", From: clockAt(t, "08:10:00"), To: clockAt(t, "08:24:20"), Reason: "no heartbeat: the recorder was not running", Evidence: []string{beats}},
	}
	f.found.Series = []timeline.Series{
		wave(f.window, "checkout_errors", "errors/s", 0.4, 84, clockAt(t, "07:14:15"), clockAt(t, "10:41:00"), clockAt(t, "07:31:00"), errors),
		wave(f.window, "threads_running", "", 6, 212, clockAt(t, "07:15:00"), f.window.To, clockAt(t, "07:58:00"), threads),
	}
	f.found.Remarks = []timeline.Remark{{
		Source: "mysql", Target: "db2", Evidence: []string{beats},
		Text: "recording db2 took 50,560 queries in 12,640 ticks, 30,336 ms of waiting for answers in all, at most 812 ms in one tick",
	}}
	return f.draft()
}

// recovered is the same incident, over before the window closed: the column came
// back, and a kill was the last action before the metrics calmed down.
func recovered(t testing.TB) Draft {
	d := rich(t)
	f := &fixture{t: t, window: d.Timeline.Window}
	events := slices.Clone(d.Timeline.Events)
	for i, e := range events {
		if e.Attributes["signal"] == "threads_running" {
			end := f.around("10:20:00", 15*time.Second)
			events[i].End = &end
		}
	}
	series := slices.Clone(d.Timeline.Series)
	calm := series[1]
	series[1] = wave(d.Timeline.Window, calm.Name, calm.Unit, 6, 212, clockAt(t, "07:15:00"), clockAt(t, "10:20:00"), clockAt(t, "07:58:00"), calm.Evidence[0])
	id := f.record("mysql", "db1", "Com_kill", "1")
	end := f.sampled("10:39:30")
	f.event(timeline.MySQLKill, timeline.Measured, "mysql", "db1", f.sampled("10:39:30"), &end, "1 session killed", nil, id)
	d.Timeline = timeline.Build(d.Timeline.Window, d.Timeline.Scope, timeline.Findings{
		Events: append(events, f.found.Events...), Evidence: append(d.Timeline.Evidence, f.found.Evidence...),
		Checks: d.Timeline.Checks, Impact: d.Timeline.Impact, Series: series,
	})
	return d
}

// wave is a made-up metric on db1: flat, up to its peak, down again, with a hole.
func wave(w timeline.Window, name, unit string, normal, peak float64, from, to, top time.Time, id string) timeline.Series {
	s := timeline.Series{
		Source: "prometheus", Target: "db1", Name: name, Unit: unit, Labels: map[string]string{"instance": "db1:9104"},
		Baseline: normal, Low: normal * 0.5, High: normal * 3, Evidence: []string{id},
	}
	for at, i := w.From, 0; at.Before(w.To); at, i = at.Add(15*time.Second), i+1 {
		v := normal * (1 + 0.2*math.Sin(float64(i)/3))
		if at.After(from) && at.Before(to) {
			v = peak * (0.75 + 0.15*math.Sin(float64(i)/9))
		}
		if at.Equal(top) {
			v = peak
		}
		if i%331 == 330 {
			v = math.NaN()
		}
		s.Points = append(s.Points, timeline.Point{T: at, V: v})
	}
	return s
}

// poor is a window that no source could answer about.
func poor(t testing.TB) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	one := f.record("prometheus", "main", "ALERTS", "connection refused")
	two := f.record("mysql", "db1", "store", "no recording")
	f.found.Gaps = []timeline.Gap{
		{Source: "prometheus", Target: "main", From: f.window.From, To: f.window.To, Reason: "connection refused", Evidence: []string{one}},
		{Source: "mysql", Target: "db1", From: f.window.From, To: f.window.To, Reason: "nothing was recorded in this window, and what sessions did can no longer be known", Evidence: []string{two}},
	}
	d := f.draft()
	d.Location = time.UTC
	return d
}

// quiet is a window in which everybody looked and nothing was wrong.
func quiet(t testing.TB) Draft {
	f := newFixture(t, "07:00:00", "08:00:00")
	alerts := f.record("prometheus", "main", "ALERTS", "none")
	deploys := f.record("deploylog", "releases", "/var/log/deploy/shop.log", "no lines")
	for _, db := range []string{"db1", "db2"} {
		id := f.record("mysql", db, "samples", "3600 ticks")
		for _, what := range []string{"restarts", "replication errors", "long statements"} {
			f.found.Checks = append(f.found.Checks, timeline.Check{Source: "mysql", Target: db, LookedFor: what, Evidence: []string{id}})
		}
	}
	f.found.Checks = append(f.found.Checks,
		timeline.Check{Source: "prometheus", Target: "main", LookedFor: "alerts", Evidence: []string{alerts}},
		timeline.Check{Source: "prometheus", Target: "main", LookedFor: "metrics outside of their baseline", Evidence: []string{alerts}},
		timeline.Check{Source: "deploylog", Target: "releases", LookedFor: "deploys, rollbacks and changes", Evidence: []string{deploys}})
	return f.draft()
}

// many has n events of several kinds.
func many(t testing.TB, n int) Draft {
	f := newFixture(t, "07:00:00", "10:45:00")
	id := f.record("mysql", "db1", "samples", "many")
	kinds := []timeline.Kind{timeline.Change, timeline.MySQLLongStatement, timeline.Log, timeline.MySQLLockWait, timeline.Alert}
	for i := range n {
		at := timeline.Between(f.window.From.Add(time.Duration(i)*time.Second), f.window.From.Add(time.Duration(i+1)*time.Second))
		end := at.Shift(30 * time.Second)
		f.event(kinds[i%len(kinds)], timeline.Measured, "mysql", fmt.Sprintf("db%d", i%10), at, &end,
			fmt.Sprintf("thing %d happened", i), map[string]string{"alertname": fmt.Sprintf("A%d", i)}, id)
	}
	return f.draft()
}
