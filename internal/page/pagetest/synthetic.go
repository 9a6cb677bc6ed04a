package pagetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// The size of the largest incident that the page must show smoothly.
const (
	LargeEvents  = 5000
	LargeServers = 20
	LargeCurves  = 20
)

// staged is a draft that grows event by event.
type staged struct {
	window timeline.Window
	found  timeline.Findings
	random *rand.Rand
}

func newStaged(t testing.TB) *staged {
	t.Helper()
	from := time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC)
	i := &staged{window: timeline.Window{From: from, To: from.Add(225 * time.Minute)}, random: rand.New(rand.NewPCG(5, 2026))} //nolint:gosec // reproducible
	i.record(report.RequestSource, "draft", "collector draft --from 07:00 --to 10:45", `{"question":{"kind":"draft"},"answer":{}}`)
	return i
}

func (i *staged) record(source, target, query, body string) string {
	e := timeline.Evidence{
		Source: source, Target: target, Query: query, CollectedAt: i.window.To.Add(time.Minute),
		ObservedFrom: i.window.From, ObservedTo: i.window.To, MediaType: "application/json", Body: body,
	}.Seal()
	i.found.Evidence = append(i.found.Evidence, e)
	return e.ID
}

// event adds an episode that began some time into the window. A length below 0 has no
// end, 0 is an instant.
func (i *staged) event(kind timeline.Kind, source, target string, after, length, spread time.Duration, summary string, attributes map[string]string, id string) {
	e := timeline.Event{
		Kind: kind, Grade: timeline.Measured, Source: source, Target: target, Start: timeline.Around(i.window.From.Add(after), spread),
		Summary: summary, Attributes: attributes, Evidence: []string{id}, Key: strconv.Itoa(len(i.found.Events)),
	}
	if length == 0 {
		end := e.Start
		e.End = &end
	} else if length > 0 {
		end := timeline.Around(e.Start.At.Add(length), spread)
		e.End = &end
	}
	i.found.Events = append(i.found.Events, e)
}

func (i *staged) draft(title string) report.Draft {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	return report.Draft{Timeline: timeline.Build(i.window, timeline.Scope{Clusters: []string{"shop"}}, i.found), Title: title, Location: zone, Version: "test"}
}

// Large is an incident of LargeEvents events.
func Large(t testing.TB) report.Draft { return Cascade(t, LargeEvents) }

// Cascade is an incident of so many events of LargeServers servers, with LargeCurves
// curves that left their band: lock waits after a deploy.
func Cascade(t testing.TB, events int) report.Draft {
	i := newStaged(t)
	deploys := i.record("deploylog", "releases", "/var/log/deploy/shop.log", `{"question":{},"answer":["deploy_started","deploy_finished"]}`)
	alerts := i.record("prometheus", "main", `ALERTS{alertstate="firing"}`, `{"question":{"kind":"alerts"},"answer":[]}`)
	i.event(timeline.Deploy, "deploylog", "shop", 31*time.Minute, 95*time.Second, 0, "deploy of shop 4.2.0 to production finished after 95 s",
		map[string]string{"service": "shop", "version": "4.2.0", "outcome": "finished"}, deploys)
	i.event(timeline.Rollback, "deploylog", "shop", 95*time.Minute, 4*time.Minute, 0, "rollback of shop to 4.1.9 in production finished after 4 min",
		map[string]string{"service": "shop", "version": "4.1.9", "outcome": "finished"}, deploys)
	i.event(timeline.Alert, "prometheus", "db1", 37*time.Minute, 75*time.Minute, 7*time.Second, "alert CheckoutErrorsHigh fired: checkout fails for many users",
		map[string]string{"alertname": "CheckoutErrorsHigh", "severity": "page"}, alerts)
	for n := range LargeCurves {
		i.curve(fmt.Sprintf("db%d", n%LargeServers+1), n)
	}
	records := make([]string, LargeServers)
	for n := range LargeServers {
		body := `{"question":{"kind":"lock_waits"},"answer":["` + strings.Repeat("sample ", 300) + `"]}`
		records[n] = i.record("mysql", fmt.Sprintf("db%d", n+1), fmt.Sprintf("performance_schema.data_lock_waits %d", n), body)
	}
	for len(i.found.Events) < events {
		i.storm(len(i.found.Events), records)
	}
	i.found.Impact = append(i.found.Impact, timeline.Impact{Name: "failed_requests", Value: 182_311, Unit: "requests", Evidence: []string{alerts}})
	i.found.Gaps = append(i.found.Gaps, timeline.Gap{
		Source: "mysql", Target: "db7", From: i.window.From.Add(50 * time.Minute), To: i.window.From.Add(58 * time.Minute),
		Reason: "no tick was recorded: the server did not answer", Evidence: []string{records[6]},
	})
	return i.draft("Checkout fails behind lock waits on twenty servers")
}

// storm adds one event of many: most of them within the incident, few of them grave.
func (i *staged) storm(n int, records []string) {
	kinds := []struct {
		kind    timeline.Kind
		summary string
		longest time.Duration
	}{
		{timeline.MySQLLockWait, "12 sessions waited behind session 4711 for rows of shop.orders", 3 * time.Minute},
		{timeline.MySQLLongTransaction, "a transaction was open for 95 s", 5 * time.Minute},
		{timeline.MySQLLongStatement, "a statement ran for 31 s: SELECT * FROM orders WHERE note LIKE ?", time.Minute},
		{timeline.MySQLErrorLog, "a connection was aborted while it was read from", 0},
		{timeline.MySQLDeadlock, "two transactions deadlocked over shop.orders", 0},
		{timeline.MySQLMetadataLockWait, "9 sessions waited for the metadata lock of shop.customers", 2 * time.Minute},
	}
	server := i.random.IntN(LargeServers)
	k := kinds[i.random.IntN(len(kinds))]
	after := time.Duration((34 + math.Min(70, math.Abs(i.random.NormFloat64())*30)) * float64(time.Minute))
	var length time.Duration
	if k.longest > 0 {
		length = time.Second + time.Duration(i.random.Float64()*float64(k.longest))
	}
	attributes := map[string]string{"session": strconv.Itoa(i.random.IntN(9000)), "level": []string{"warning", "warning", "error"}[n%3]}
	kind, summary := k.kind, k.summary
	if n%7 == 0 { // what is there on any day
		kind, summary, length = timeline.MySQLErrorLog, "a table was opened for the first time", 0
		attributes["level"] = "note"
		after = time.Duration(i.random.Float64() * float64(i.window.Duration()))
	}
	if n%400 == 0 {
		kind, summary, length = timeline.MySQLConnectionsExhausted, "logins were refused: too many connections", 2*time.Minute
		after = max(after, 34*time.Minute)
	}
	i.event(kind, "mysql", fmt.Sprintf("db%d", server+1), after, length, time.Second, summary, attributes, records[server])
}

// curve adds a series that leaves its band, and the event that says so.
func (i *staged) curve(target string, n int) {
	names := []string{"threads_running", "innodb_row_lock_waits", "queries", "replication_lag"}
	units := []string{"", "waits/s", "queries/s", "s"}
	name := fmt.Sprintf("%s_%d", names[n%len(names)], n)
	id := i.record("prometheus", "main", name, `{"question":{"kind":"signal"},"answer":"`+name+`"}`)
	peak, base := 80+10*float64(n), 6+float64(n)
	s := timeline.Series{
		Source: "prometheus", Target: target, Name: name, Unit: units[n%len(units)], Baseline: base, Low: base * 0.6, High: base * 1.6,
		Evidence: []string{id},
	}
	highest := 0.0
	for at := i.window.From; at.Before(i.window.To); at = at.Add(10 * time.Second) {
		minutes := at.Sub(i.window.From).Minutes()
		v := base * (0.8 + 0.4*i.random.Float64())
		if d := minutes - 38; d > 0 {
			v += peak * math.Exp(-d/35) * (0.7 + 0.6*i.random.Float64())
		}
		if n == 3 && minutes > 50 && minutes < 58 {
			v = math.NaN()
		} else {
			highest = math.Max(highest, v)
		}
		s.Points = append(s.Points, timeline.Point{T: at, V: v})
	}
	i.found.Series = append(i.found.Series, s)
	i.event(timeline.Signal, "prometheus", target, time.Duration(37+n%5)*time.Minute, 70*time.Minute, 10*time.Second,
		fmt.Sprintf("%s rose from its normal %.4g to %.4g", name, base, highest), map[string]string{
			"signal": name, "unit": s.Unit, "baseline": fmt.Sprintf("%.4g", base), "peak": fmt.Sprintf("%.4g", highest), "direction": "up",
		}, id)
}
