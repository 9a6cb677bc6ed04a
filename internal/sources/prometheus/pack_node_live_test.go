package prometheus

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// nodeTarget is db1 as its mysqld_exporter calls it; node_exporter's instance has
// another port.
func nodeTarget() sources.Target {
	return sources.Target{Name: "db1", Cluster: "shop", Labels: map[string]string{"instance": "db1:9104", "cluster": "shop"}}
}

// nodePrometheus scrapes a real node_exporter as the machine of db1.
func nodePrometheus(t *testing.T) *servers.HTTPServer {
	t.Helper()
	exporter, err := servers.NodeExporter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exporter.Close() })
	prom, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{Targets: []servers.ScrapeTarget{
		{Job: "node", Addr: exporter.Addr, Labels: map[string]string{"instance": "db1:9100", "cluster": "shop"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prom.Close() })
	return prom
}

// TestNodeExporterPack asks a real node_exporter for every signal of its pack and
// compares the last values with what the machine itself says.
func TestNodeExporterPack(t *testing.T) {
	servers.Need(t, servers.KindNodeExporter, servers.KindPrometheus2)
	t.Parallel()
	prom := nodePrometheus(t)
	time.Sleep(8 * time.Second) // 5 s until the first scrape
	before := idleSeconds(t)
	from := time.Now()
	time.Sleep(12 * time.Second)
	busy := 1 - (idleSeconds(t)-before)/time.Since(from).Seconds()/float64(runtime.NumCPU())
	src := realSource(t, Config{URL: prom.URL, Packs: []string{"node_exporter"}}, nodeTarget())
	f := draftOf(t, src, timeline.Window{From: from, To: time.Now()}, timeline.Scope{Clusters: []string{"shop"}})

	last := map[string]float64{}
	for _, s := range f.Series {
		last[s.Name] = s.Points[len(s.Points)-1].V
		if s.Target != "db1" {
			t.Errorf("%s is about %q", s.Name, s.Target)
		}
		if s.Name == "filesystem_free" && s.Labels["mountpoint"] == "/" {
			last["/"] = last[s.Name]
		}
		if s.Name == "cpu_busy" {
			last["cpu"] = mean(s.Points)
		}
	}
	p, _ := packNamed("node_exporter")
	for _, s := range p.Signals {
		v, ok := last[s.Name]
		if most := map[string]float64{"ratio": 1.1}[s.Unit]; !ok || v < 0 || most > 0 && v > most {
			t.Errorf("%s: %v, there is a series: %t", s.Name, v, ok)
		}
	}
	for _, c := range []struct {
		what             string
		got, want, slack float64
	}{
		{"cpu_busy", last["cpu"], busy, 0.25},
		{"load_per_cpu", last["load_per_cpu"], procNumber(t, "/proc/loadavg", "") / float64(runtime.NumCPU()), 1},
		{"memory_available", last["memory_available"], procNumber(t, "/proc/meminfo", "MemAvailable:") / procNumber(t, "/proc/meminfo", "MemTotal:"), 0.1},
		{"filesystem_free", last["/"], rootFree(t), 0.02},
	} {
		t.Logf("%s %.3f, the machine says %.3f", c.what, c.got, c.want)
		if d := c.got - c.want; d > c.slack || d < -c.slack {
			t.Errorf("%s is %g, want %g ± %g", c.what, c.got, c.want, c.slack)
		}
	}
}

func mean(points []timeline.Point) float64 {
	sum := 0.0
	for _, p := range points[len(points)/2:] {
		sum += p.V
	}
	return sum / float64(len(points)-len(points)/2)
}

// procNumber is the first number of a file, or after a word in it.
func procNumber(t *testing.T, file, after string) float64 {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), after)
	v, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// idleSeconds is how long all processors together idled, in hundredths in /proc/stat.
func idleSeconds(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text)) // cpu user nice system idle iowait
	sum := 0.0
	for _, field := range fields[4:6] {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v / 100
	}
	return sum
}

func rootFree(t *testing.T) float64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs("/", &s); err != nil {
		t.Fatal(err)
	}
	return float64(s.Bavail) / float64(s.Blocks)
}
