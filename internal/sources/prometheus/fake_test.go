package prometheus

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"

	promconfig "github.com/prometheus/common/config"
)

// The fake's story, at a scrape and evaluation every 15 s.
var (
	storyFrom = time.Date(2024, 7, 12, 9, 0, 0, 0, time.UTC)
	story     = timeline.Window{From: storyFrom, To: storyFrom.Add(time.Hour)}
	idle      = timeline.Window{From: storyFrom.Add(24 * time.Hour), To: storyFrom.Add(25 * time.Hour)}
)

const fakeEvery = 15

// fakePrometheus answers the query API for the story: threads_running is 100
// from 09:10 to 09:30, the alert TooBusy pends at 09:11 and fires 09:12 to 09:30.
func fakePrometheus() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) {
		start, end, step := floatForm(r, "start"), floatForm(r, "end"), floatForm(r, "step")
		if (end-start)/step >= 11000 {
			fail(w, "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
			return
		}
		result := []any{}
		for _, c := range fakeCurves(r.FormValue("query")) {
			var values [][2]any
			for t := start; t <= end+1e-6; t += step {
				if v, ok := c.value(t); ok {
					values = append(values, [2]any{t, strconv.FormatFloat(v, 'f', -1, 64)})
				}
			}
			if len(values) > 0 {
				result = append(result, map[string]any{"metric": c.labels, "values": values})
			}
		}
		succeed(w, map[string]any{"resultType": "matrix", "result": result})
	})
	mux.HandleFunc("/api/v1/query", func(w http.ResponseWriter, r *http.Request) {
		now := float64(time.Now().UnixMilli()) / 1000
		switch {
		case r.FormValue("query") == "time()":
			succeed(w, map[string]any{"resultType": "scalar", "result": []any{now, fmt.Sprint(now)}})
		case strings.Contains(r.FormValue("query"), "failed_requests"):
			succeed(w, map[string]any{"resultType": "vector", "result": []any{map[string]any{"metric": map[string]string{}, "value": []any{now, "4711"}}}})
		default:
			succeed(w, map[string]any{"resultType": "vector", "result": []any{}})
		}
	})
	mux.HandleFunc("/api/v1/rules", func(w http.ResponseWriter, _ *http.Request) {
		succeed(w, map[string]any{"groups": []any{map[string]any{"name": "g", "file": "f", "interval": fakeEvery, "rules": []any{map[string]any{
			"type": "alerting", "name": "TooBusy", "query": "x", "duration": 60, "labels": map[string]string{"severity": "critical"},
			"annotations": map[string]string{"summary": "{{ $labels.instance }} is busy: {{ $value }}", "runbook_url": "https://runbooks.example/TooBusy"},
			"alerts":      []any{}, "health": "ok", "evaluationTime": 0.1, "lastEvaluation": "2024-07-12T09:00:00Z", "state": "inactive",
		}}}}})
	})
	mux.HandleFunc("/api/v1/status/buildinfo", func(w http.ResponseWriter, _ *http.Request) {
		succeed(w, map[string]string{"version": "3.5.0"})
	})
	return mux
}

type fakeCurve struct {
	labels map[string]string
	value  func(t float64) (float64, bool)
}

func fakeCurves(query string) []fakeCurve {
	minute := func(m float64) float64 { return float64(storyFrom.Unix()) + 60*m }
	within := func(from, to float64, value func(float64) float64) func(float64) (float64, bool) {
		return func(t float64) (float64, bool) { return value(t), t >= minute(from) && t < minute(to) }
	}
	alert := map[string]string{"alertname": "TooBusy", "severity": "critical", "instance": "db1:9104", "job": "mysql", "cluster": "shop"}
	state := func(s string) map[string]string {
		labels := map[string]string{"alertstate": s}
		for k, v := range alert {
			labels[k] = v
		}
		return labels
	}
	switch {
	case strings.Contains(query, "label_replace"):
		return []fakeCurve{{map[string]string{"window": "2"}, func(float64) (float64, bool) { return 40, true }}}
	case strings.HasPrefix(query, "count_over_time(ALERTS"):
		one := func(float64) float64 { return 1 }
		return []fakeCurve{{state("pending"), within(11, 12, one)}, {state("firing"), within(12, 30, one)}}
	case strings.HasPrefix(query, "last_over_time(ALERTS_FOR_STATE"):
		return []fakeCurve{{alert, within(11, 30, func(float64) float64 { return minute(11) })}}
	case strings.HasPrefix(query, "max(count_over_time(up"):
		return []fakeCurve{{map[string]string{}, func(float64) (float64, bool) { return 3, true }}}
	case strings.HasPrefix(query, "mysql_global_status_threads_running"):
		return []fakeCurve{{map[string]string{"instance": "db1:9104", "job": "mysql", "cluster": "shop"}, func(t float64) (float64, bool) {
			if t >= minute(10) && t < minute(30) {
				return 100, true
			}
			return 2 + float64(int64(t)/fakeEvery%3), true
		}}}
	}
	return nil
}

func floatForm(r *http.Request, name string) float64 {
	v, err := strconv.ParseFloat(r.FormValue(name), 64)
	if err != nil {
		return 0
	}
	return v
}

func succeed(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data})
}

func fail(w http.ResponseWriter, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "error", "errorType": "bad_data", "error": reason})
}

const (
	testPassword = "hunter2-password"
	testUser     = "scraper-login"
	testTenant   = "tenant-token-77"
)

// fakeSource is a source with credentials over the server at url.
func fakeSource(t *testing.T, url string) sources.Source {
	t.Helper()
	cfg := Config{URL: strings.Replace(url, "http://", "http://"+testUser+":"+testPassword+"@", 1)}
	cfg.SetDefaults()
	cfg.HTTPClient = httpclient.Config{HTTPClientConfig: promconfig.DefaultHTTPClientConfig}
	cfg.HTTPClient.HTTPHeaders = &promconfig.Headers{Headers: map[string]promconfig.Header{"X-Scope-Orgid": {Secrets: []promconfig.Secret{testTenant}}}}
	cfg.Impact = []ImpactConfig{{Name: "failed_requests", Query: "sum(increase(failed_requests[$window]))", Unit: "requests"}}
	src, err := newSource(cfg, sources.Targets{{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104"}}}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{
		New: func(t *testing.T) sources.Source {
			return fakeSource(t, sourcetest.Serve(t, fakePrometheus()))
		},
		Interpret: Interpret, Window: story, Idle: idle,
		Now:     func() time.Time { return time.Now() },
		Secrets: []string{testPassword, testUser, testTenant},
		HTTP:    &sourcetest.HTTP{New: fakeSource, Handler: fakePrometheus(), MaxBody: 1 << 20},
	})
}
