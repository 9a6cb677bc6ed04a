package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/sources"
	"collector/internal/timeline"
)

// afterADraft is a daemon's registry after everything happened once that makes a
// metric: a draft with and without gaps, a check, incidents.
func afterADraft(t *testing.T) *prometheus.Registry {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte("mysql: [{name: db1, address: 'db1:3306', user: c}]\nstorage: {path: "+t.TempDir()+"}\nnotify: [{name: chat, url: 'http://127.0.0.1:1'}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDaemon(c, nil, newLog(io.Discard))
	p, err := d.prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	d.adopt(p)
	book, err := incident.Open(t.Context(), incident.Options{Path: c.Storage.Path, Config: c.Incidents})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	p.notifiers.Start(t.Context(), book)
	t.Cleanup(func() { _ = p.notifiers.Stop(context.Background()) })
	show := measuredProgress{newProgress(io.Discard), d.metrics, time.Now}
	show.answered("mysql/db1", counts{records: 3, events: 1}, time.Second)
	show.answered("prometheus/main", counts{records: 1, gaps: []string{"down"}}, time.Second)
	d.probed("mysql/db1", sources.Degraded, time.Now())
	d.metrics.drafted("first", time.Second, nil)
	d.metrics.drafted("final", time.Second, errors.New("no space"))
	d.registry.MustRegister(newIncidentStates(func() map[string]int { return map[string]int{"open": 2, "closed": 0} }), damagedRows(func() int { return 0 }))
	return d.registry
}

// ours are the metrics that are collector's own. It takes what Gather returns.
func ours[F interface{ GetName() string }](families []F, err error) []F {
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(families, func(f F) bool { return !strings.HasPrefix(f.GetName(), namespace+"_") })
}

func TestMetricNames(t *testing.T) {
	problems, err := promlint.NewWithMetricFamilies(ours(afterADraft(t).Gather())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestMeasuredProgress: what was not asked is not counted, and what has gaps is not
// complete.
func TestMeasuredProgress(t *testing.T) {
	values := map[string]float64{}
	for _, f := range ours(afterADraft(t).Gather()) {
		for _, m := range f.Metric {
			key := f.GetName()
			for _, l := range m.Label {
				key += " " + l.GetValue()
			}
			values[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for key, want := range map[string]float64{
		"collector_source_gathers_total complete mysql/db1":        1,
		"collector_source_gathers_total with_gaps mysql/db1":       0,
		"collector_source_gathers_total with_gaps prometheus/main": 1,
		"collector_source_last_gather_gaps prometheus/main":        1,
		"collector_source_last_gather_duration_seconds mysql/db1":  1,
		"collector_source_up mysql/db1":                            1,
		"collector_source_degraded mysql/db1":                      1,
		"collector_drafts_total failed final":                      1,
		"collector_drafts_total written first":                     1,
		"collector_drafts_total failed first":                      0,
		"collector_draft_duration_seconds first":                   1,
		"collector_incidents open":                                 2,
		"collector_incidents closed":                               0,
		"collector_config_last_reload_successful":                  1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	if _, there := values["collector_source_last_complete_gather_timestamp_seconds prometheus/main"]; there {
		t.Error("an answer with gaps counts as complete")
	}
}

// TestSourceMetricsEnd: a source that a reload removed has no metrics any more.
func TestSourceMetricsEnd(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := newDaemonMetrics(registry, time.Now())
	c, err := config.Parse("test.yaml", []byte("mysql: [{name: db1, address: 'db1:3306', user: c}, {name: db2, address: 'db2:3306', user: c}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	both, err := witnesses(c)
	if err != nil {
		t.Fatal(err)
	}
	m.follow(prepared{}, prepared{witnesses: both})
	m.follow(prepared{witnesses: both}, prepared{witnesses: both[:1]})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range families {
		text += f.String()
	}
	if strings.Contains(text, "mysql/db2") || !strings.Contains(text, "mysql/db1") {
		t.Errorf("%s", text)
	}
}

// TestStoreSize: the metric is the size of the files.
func TestStoreSize(t *testing.T) {
	dir := t.TempDir()
	for name, n := range map[string]int{"a": 100, "b": 23} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := sizeOfDir(dir); got != 123 {
		t.Errorf("%d bytes", got)
	}
}

var metricName = regexp.MustCompile(`\bcollector_[a-z_]+`)

// TestMetricsAreDocumented: the table of docs/operations.md has them all, and none
// that there is not. Those of the recorders and of the HTTP server, the journal's among
// them, which are not running here, are held against it by TestContribMetricsExist.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := metricName.FindAllString(string(text), -1)
	known := map[string]bool{}
	for _, f := range ours(afterADraft(t).Gather()) {
		known[f.GetName()] = true
		if !slices.Contains(documented, f.GetName()) {
			t.Errorf("docs/operations.md lacks %s", f.GetName())
		}
	}
	for _, name := range documented {
		if !known[name] && !strings.HasPrefix(name, "collector_recorder_") && !strings.HasPrefix(name, "collector_http_") && !strings.HasPrefix(name, "collector_webhook_") && !strings.HasPrefix(name, "collector_journal_") {
			t.Errorf("docs/operations.md has %s, which there is not", name)
		}
	}
}

// scope is a cluster's.
func scope(cluster string) timeline.Scope { return timeline.Scope{Clusters: []string{cluster}} }

// TestIncidentHurries: the servers that an open incident is about are read more
// often, also those that a reload adds meanwhile.
func TestIncidentHurries(t *testing.T) {
	c, err := config.Parse("test.yaml", []byte("mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: c}, {name: db2, cluster: blog, address: '127.0.0.1:1', user: c}, {name: db3, cluster: shop, address: '127.0.0.1:1', user: c}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := &recorders{incidents: []timeline.Scope{scope("shop")}}
	for i, want := range []bool{true, false, true} {
		if got := r.concerned(c.MySQL[i]); got != want {
			t.Errorf("%s: %v", c.MySQL[i].Name, got)
		}
	}
	r.incident(nil)
	if r.concerned(c.MySQL[0]) {
		t.Error("it goes on after the incident")
	}
	r.incident([]timeline.Scope{{}})
	if !r.concerned(c.MySQL[1]) {
		t.Error("an incident about everything")
	}
}
