package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v2"

	"collector/internal/report/alertrules"
	"collector/lab/servers"
)

// ruleTests is a file of unit tests for promtool.
type ruleTests struct {
	RuleFiles []string   `yaml:"rule_files"`
	Every     string     `yaml:"evaluation_interval"`
	Tests     []ruleTest `yaml:"tests"`
}

type ruleTest struct {
	Name   string       `yaml:"name"`
	Every  string       `yaml:"interval"`
	Series []ruleSeries `yaml:"input_series"`
	Alerts []firesAt    `yaml:"alert_rule_test"`
}

type ruleSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type firesAt struct {
	Time      string          `yaml:"eval_time"`
	Alertname string          `yaml:"alertname"`
	Expect    []yaml.MapSlice `yaml:"exp_alerts"`
}

// TestRulesOnRawMetrics drafts an incident from a real Prometheus and takes the rules that
// the draft has for what moved with no alert, as they are, to real promtools with what
// that Prometheus has of the raw metrics: the recording rules with their rates, sums,
// quotients and quantiles give what the draft recorded, so that each alert fires at the
// evaluation that the draft names, with the same labels, and at none before.
func TestRulesOnRawMetrics(t *testing.T) {
	servers.Need(t, servers.KindPromtool, servers.KindPrometheus2)
	begin := time.Now().UTC().AddDate(0, 0, -1).Truncate(24 * time.Hour).Add(8 * time.Hour)
	prom, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{StorageDir: backfillRaw(t, begin)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := prom.Close(); err != nil {
			t.Error(err)
		}
	}()
	dir := draftOfRaw(t, "http://"+prom.Addr, begin)
	document := string(fileOf(t, filepath.Join(dir, "postmortem.md")))
	var asDrafted ruleTests
	if err := yaml.Unmarshal(fileOf(t, filepath.Join(dir, alertrules.TestFile)), &asDrafted); err != nil {
		t.Fatal(err)
	}
	raw := ruleTest{Name: "raw metrics", Every: "1s", Series: rawSeries(t, "http://"+prom.Addr, begin)}
	every := durationOf(t, asDrafted.Every)
	var names []string
	for _, drafted := range asDrafted.Tests {
		last := drafted.Alerts[len(drafted.Alerts)-1]
		names = append(names, last.Alertname)
		fires := startOf(t, drafted).Add(durationOf(t, last.Time))
		if said := "The rule " + last.Alertname + " would have fired at " + fires.Format("15:04:05") + " UTC"; !strings.Contains(document, said) {
			t.Errorf("the document does not say: %s", said)
		}
		if onset := begin.Add(rawOnset); fires.Before(onset) || fires.After(onset.Add(5*time.Minute)) {
			t.Errorf("%s fires at %s, the trouble began at %s", last.Alertname, fires, onset)
		}
		fires = onGrid(t, fires, every)
		for at := begin; at.Before(fires); at = at.Add(every) {
			raw.Alerts = append(raw.Alerts, firesAt{at.Sub(begin).String(), last.Alertname, []yaml.MapSlice{}})
		}
		raw.Alerts = append(raw.Alerts, firesAt{fires.Sub(begin).String(), last.Alertname, last.Expect})
	}
	slices.Sort(names)
	if want := []string{
		"ConnectionErrorsHigh", "ConnectionsUsedHigh", "FailedRequestsHigh", "P99High", "QueriesLow", "RowLockTimeHigh", "RowLockWaitsHigh",
		"RowsScannedHigh", "SlowQueriesHigh", "ThreadsRunningHigh",
	}; !slices.Equal(names, want) {
		t.Errorf("rules: %q, want %q", names, want)
	}
	asDrafted.Tests = []ruleTest{raw}
	checkRaw(t, dir, asDrafted)
}

// draftOfRaw drafts the story of the raw metrics and returns the draft's directory.
func draftOfRaw(t *testing.T, prometheus string, begin time.Time) string {
	t.Helper()
	b := newBench(t)
	b.now = time.Now()
	path := filepath.Join(b.dir, "raw.yaml")
	text := fmt.Sprintf(`timezone: UTC
storage: {path: %s}
prometheus:
  - name: main
    url: '%s'
    baseline: 45m
    packs: [mysqld_exporter]
    signals:
      - {name: failed_requests, unit: ratio, direction: up, query: 'sum(rate(http_requests_total{job="shop",code=~"5.."}[$__rate_interval])) / sum(rate(http_requests_total{job="shop"}[$__rate_interval]))'}
      - {name: p99, unit: s, direction: up, query: 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="shop"}[2m])))'}
mysql:
  - {name: db1, cluster: shop, address: '127.0.0.1:1', user: collector, labels: {instance: 'db1:9104'}}
  - {name: db2, cluster: shop, address: '127.0.0.1:1', user: collector, labels: {instance: 'db2:9104'}}
report: {out: %s}
`, b.storage, prometheus, filepath.Join(b.dir, "out"))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, dir, stderr := b.collector(t, "draft", "--config", path,
		"--from", begin.Add(time.Hour).Format(time.RFC3339), "--to", begin.Add(rawLength).Format(time.RFC3339))
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	return dir
}

// rawSeries asks a Prometheus for the samples of all that it has, as they were scraped,
// and writes them as promtool's input, one value or a hole for each second.
func rawSeries(t *testing.T, prometheus string, begin time.Time) []ruleSeries {
	t.Helper()
	question := url.Values{"query": {fmt.Sprintf(`{__name__=~".+"}[%ds]`, int(rawLength.Seconds()))}, "time": {begin.Add(rawLength).Format(time.RFC3339)}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, prometheus+"/api/v1/query?"+question.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	var all []ruleSeries
	for _, s := range body.Data.Result {
		var labels, values []string
		for name, v := range s.Metric {
			if name != "__name__" {
				labels = append(labels, name+"="+strconv.Quote(v))
			}
		}
		next := begin.Unix()
		for _, v := range s.Values {
			at := int64(v[0].(float64))
			if at > next {
				values = append(values, fmt.Sprintf("_x%d", at-next))
			}
			values, next = append(values, v[1].(string)), at+1
		}
		all = append(all, ruleSeries{s.Metric["__name__"] + "{" + strings.Join(labels, ",") + "}", strings.Join(values, " ")})
	}
	if len(all) != len(rawMetrics()) {
		t.Fatalf("%d raw series, want %d", len(all), len(rawMetrics()))
	}
	return all
}

// checkRaw lets promtools test the rules of a draft on raw metrics; a recording rule with
// another window fails there.
func checkRaw(t *testing.T, dir string, tests ruleTests) {
	t.Helper()
	rules := fileOf(t, filepath.Join(dir, alertrules.RulesFile))
	text, err := yaml.Marshal(tests)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.ReplaceAll(rules, []byte("[1m]"), []byte("[10m]"))
	if bytes.Equal(other, rules) {
		t.Fatalf("the rules have no rate over a minute:\n%s", rules)
	}
	for version, program := range servers.Promtools() {
		for what, content := range map[string][]byte{"as drafted": rules, "with another window": other} {
			t.Run(version+" "+what, func(t *testing.T) {
				here := t.TempDir()
				for name, data := range map[string][]byte{alertrules.RulesFile: content, "raw.test.yaml": text} {
					if err := os.WriteFile(filepath.Join(here, name), data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				cmd := exec.CommandContext(t.Context(), program, "test", "rules", "raw.test.yaml")
				cmd.Dir = here
				out, err := cmd.CombinedOutput()
				if failed := err != nil; failed != (what == "with another window") {
					t.Errorf("promtool: %v\n%s", err, out[:min(len(out), 4000)])
				}
			})
		}
	}
}

// startOf is when the values of a drafted test begin.
func startOf(t *testing.T, drafted ruleTest) time.Time {
	t.Helper()
	_, text, _ := strings.Cut(drafted.Name, ", values from ")
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// onGrid is the evaluation of Prometheus that a time of the draft speaks of: those lie on
// multiples of the interval, and the draft's times are corrected by the clocks' difference.
func onGrid(t *testing.T, at time.Time, every time.Duration) time.Time {
	t.Helper()
	evaluation := at.Round(every)
	if away := at.Sub(evaluation).Abs(); away > 3*time.Second {
		t.Errorf("%s is %s away from an evaluation", at, away)
	}
	return evaluation
}

func durationOf(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fileOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
