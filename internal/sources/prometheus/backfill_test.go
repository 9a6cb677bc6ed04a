package prometheus

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// versions are the servers that the source must work with.
var versions = map[string]servers.Kind{servers.Prometheus242: servers.KindPrometheus2, servers.Prometheus35: servers.KindPrometheus3}

// history is a story in OpenMetrics, to be backfilled into a real Prometheus.
// Backfilled series have no staleness markers: after their last sample they
// linger for five minutes, which the source must see through.
type history struct {
	families []*family
}

type family struct {
	name, kind string
	lines      []string
}

func (h *history) family(name, kind string) *family {
	f := &family{name: name, kind: kind}
	h.families = append(h.families, f)
	return f
}

// series adds a sample at each multiple of every in [from, to) for which value says so.
func (f *family) series(labels string, from, to time.Time, every time.Duration, value func(time.Time) (float64, bool)) {
	name := f.name
	if f.kind == "counter" {
		name += "_total"
	}
	for t := from; t.Before(to); t = t.Add(every) {
		if v, ok := value(t); ok {
			f.lines = append(f.lines, fmt.Sprintf("%s%s %g %.3f", name, labels, v, float64(t.UnixMilli())/1000))
		}
	}
}

// store writes the blocks and returns their directory.
func (h *history) store(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	text := filepath.Join(dir, "history.om")
	file, err := os.Create(text)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	for _, f := range h.families {
		fmt.Fprintf(w, "# TYPE %s %s\n", f.name, f.kind)
		for _, line := range f.lines {
			fmt.Fprintln(w, line)
		}
	}
	fmt.Fprintln(w, "# EOF")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", text, data).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool: %v\n%s", err, out)
	}
	return data
}

// startPrometheus runs a server for the time of the test.
func startPrometheus(t testing.TB, opts servers.PrometheusOptions) string {
	t.Helper()
	srv, err := servers.Prometheus(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + srv.Addr
}

func realSource(t testing.TB, cfg Config, targets ...sources.Target) *Source {
	t.Helper()
	cfg.SetDefaults()
	if problems := cfg.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	src, err := New(cfg, targets)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func always(v float64) func(time.Time) (float64, bool) {
	return func(time.Time) (float64, bool) { return v, true }
}

// between gives a value only for from ≤ t < to.
func between(from, to time.Time, value float64) func(time.Time) (float64, bool) {
	return func(t time.Time) (float64, bool) { return value, !t.Before(from) && t.Before(to) }
}

// rulesEvery is a rules file whose one group is evaluated at an interval.
func rulesEvery(every string) string {
	return `{"groups":[{"name":"g","interval":"` + every + `","rules":[{"alert":"Brief","expr":"vector(1) > 2","for":"10s","labels":{"severity":"page"},` +
		`"annotations":{"summary":"{{ $labels.instance }} blinked","runbook_url":"https://runbooks.example/Brief"}}]}]}`
}

// near fails unless the instant holds the truth within its bounds and is no
// wider than allowed.
func near(t *testing.T, what string, got timeline.Instant, truth time.Time, width time.Duration) {
	t.Helper()
	if truth.Before(got.Earliest) || truth.After(got.Latest) {
		t.Errorf("%s: truth %s is not within [%s, %s]", what, timeline.FormatTime(truth), timeline.FormatTime(got.Earliest), timeline.FormatTime(got.Latest))
	}
	if w := got.Latest.Sub(got.Earliest); w > width {
		t.Errorf("%s: %s wide, at most %s allowed", what, w, width)
	}
}

func eventsOf(f timeline.Findings, kind timeline.Kind) []timeline.Event {
	var of []timeline.Event
	for _, e := range f.Events {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	return of
}

// copyDir gives each server blocks of its own: a newer one may rewrite them.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
