package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// bench is a working configuration in a temporary directory: a stand-in for
// Prometheus that knows no series, a recording of one server, and a deploy log.
type bench struct {
	dir, prometheus, storage, deploys string
	grafana, loki                     string // "" for none
	now                               time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{
		dir: dir, storage: filepath.Join(dir, "store"), deploys: filepath.Join(dir, "deploy.log"),
		now: time.Date(2024, 7, 12, 13, 0, 0, 0, time.UTC),
	}
	quiet := httptest.NewServer(http.HandlerFunc(emptyPrometheus))
	t.Cleanup(quiet.Close)
	b.prometheus = quiet.URL
	lines := `{"time":"2024-07-12T09:00:00Z","service":"shop","version":"1.4.2","event":"deploy_started"}
{"time":"2024-07-12T09:00:40Z","service":"shop","version":"1.4.2","event":"deploy_finished"}
`
	if err := os.WriteFile(b.deploys, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	b.recordQuietServer(t)
	return b
}

// emptyPrometheus is a mock that answers every question as a Prometheus without
// series or rules does.
func emptyPrometheus(w http.ResponseWriter, r *http.Request) {
	data := `{"resultType":"matrix","result":[]}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/query") && r.FormValue("query") == "time()":
		now := time.Now().Unix()
		data = fmt.Sprintf(`{"resultType":"scalar","result":[%d,"%d"]}`, now, now)
	case strings.HasSuffix(r.URL.Path, "/query"):
		data = `{"resultType":"vector","result":[]}`
	case strings.HasSuffix(r.URL.Path, "/rules"):
		data = `{"groups":[]}`
	case strings.HasSuffix(r.URL.Path, "/buildinfo"):
		data = `{"version":"3.5.0"}`
	case strings.HasSuffix(r.URL.Path, "/values"), strings.HasSuffix(r.URL.Path, "/series"), strings.HasSuffix(r.URL.Path, "/labels"):
		data = `[]`
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
}

// recordQuietServer writes three minutes of an idle server around 09:00.
func (b *bench) recordQuietServer(t *testing.T) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: b.storage, Now: func() time.Time { return b.now }, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2024, 7, 12, 8, 58, 0, 0, time.UTC)
	for i := range 240 {
		tick := store.Tick{
			Heartbeat: store.Heartbeat{
				At: from.Add(time.Duration(i) * time.Second), Interval: time.Second, RoundTrip: time.Millisecond,
				UptimeSec: uint64(1000 + i), Version: "10.11.19-MariaDB", ServerID: 1, Queries: 4, Spent: 3 * time.Millisecond,
				Looked: ^store.Parts(0),
			},
			Sessions: &store.Sessions{}, Replicas: &store.Replicas{}, Status: store.Status{"Threads_connected": 3, "max_connections": 100, "Com_kill": 0, "Innodb_deadlocks": 0},
			Waits: []store.LockWait{}, Digests: []store.Digest{},
		}
		if err := s.Append(t.Context(), "db1", tick); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) config(t *testing.T) string {
	t.Helper()
	text := fmt.Sprintf(`timezone: Europe/Berlin
storage: {path: %s}
prometheus:
  - {name: main, url: '%s', timeout: 1s, baseline: 5m}
mysql:
  - {name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}
deploys:
  - {name: releases, cluster: shop, file: {paths: ['%s']}}
report: {out: %s}
`, b.storage, b.prometheus, b.deploys, filepath.Join(b.dir, "out"))
	if b.grafana != "" {
		text += fmt.Sprintf("grafana: {url: '%s', dashboards: [{uid: mysql}]}\n", b.grafana)
	}
	if b.loki != "" {
		text += fmt.Sprintf("loki:\n  - url: '%s'\n    queries:\n      - {name: checkout_errors, query: '{app=\"checkout\"} |= \"error\"'}\n"+
			"      - {name: shipped, query: '{job=\"deploy\"}', kind: deploy}\n", b.loki)
	}
	path := filepath.Join(b.dir, "collector.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// addServer adds a line to the mysql block of a configuration.
func (b *bench) addServer(t *testing.T, config, line string) {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "deploys:\n", line+"deploys:\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// collector runs a command line in this process.
func (b *bench) collector(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, app{stdout: &out, stderr: &errs, now: func() time.Time { return b.now }})
	return code, strings.TrimSpace(out.String()), errs.String()
}

// draft drafts 08:59 – 09:01 UTC and returns its timeline.
func (b *bench) draft(t *testing.T, extra ...string) (dir string, tl timeline.Timeline, stderr string) {
	t.Helper()
	args := append([]string{"draft", "--config", b.config(t), "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z"}, extra...)
	code, dir, stderr := b.collector(t, args...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "timeline.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &tl); err != nil {
		t.Fatal(err)
	}
	return dir, tl, stderr
}

func TestDraftOfAQuietWindow(t *testing.T) {
	b := newBench(t)
	dir, tl, stderr := b.draft(t)
	for _, g := range tl.Gaps {
		// The mock knows no series, and no server runs whose error log could be asked for: gaps.
		if g.Source != "prometheus" && !strings.Contains(g.Reason, "the error log could not be read") {
			t.Errorf("gap %+v", g)
		}
	}
	if len(tl.Events) != 1 || tl.Events[0].Kind != timeline.Deploy {
		t.Errorf("events %+v, want the deploy only", tl.Events)
	}
	if !strings.Contains(stderr, "2024-07-12 08:59:00 – 2024-07-12 09:01:00 UTC = 2024-07-12 10:59:00 – 2024-07-12 11:01:00 Europe/Berlin") {
		t.Errorf("the window is not echoed in UTC and local time:\n%s", stderr)
	}
	for _, label := range []string{"prometheus/main", "mysql/db1", "deploylog/releases"} {
		if !strings.Contains(stderr, label+": asking") || !strings.Contains(stderr, label+": ") {
			t.Errorf("no progress of %s:\n%s", label, stderr)
		}
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
}

func TestDraftNeverOverwrites(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t)
	before, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z")
	if code != exitFailed || !strings.Contains(stderr, "--update") || !strings.Contains(stderr, "--out") {
		t.Errorf("code %d, %q; want 1 and both ways out named", code, stderr)
	}
	after, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the draft changed: %v", err)
	}
}

// TestDraftWhateverASourceDoes breaks one source at a time: the draft is written
// within that source's limit, names the gap, and can be derived again.
func TestDraftWhateverASourceDoes(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(t *testing.T, b *bench)
		source string
		says   string
	}{
		{"prometheus is down", func(_ *testing.T, b *bench) { b.prometheus = "http://127.0.0.1:1" }, "prometheus", "refused"},
		{"prometheus hangs", func(t *testing.T, b *bench) {
			b.prometheus = mockPrometheus(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // a server notices a client that left only after the body
				<-r.Context().Done()
			})
		}, "prometheus", ""},
		{"prometheus answers garbage", func(t *testing.T, b *bench) {
			b.prometheus = mockPrometheus(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>login</html>") })
		}, "prometheus", ""},
		{"nothing was recorded", func(_ *testing.T, b *bench) { b.storage = filepath.Join(b.dir, "nowhere") }, "mysql", "can no longer be known"},
		{"the store is damaged", func(t *testing.T, b *bench) { overwriteStore(t, b.storage) }, "mysql", ""},
		{"the deploy log is missing", func(_ *testing.T, b *bench) { b.deploys = filepath.Join(b.dir, "*.nothing") }, "deploylog", "no file matches"},
		{"the deploy log is garbage", func(t *testing.T, b *bench) {
			if err := os.WriteFile(b.deploys, bytes.Repeat([]byte{0, 1, 2, '\n'}, 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "deploylog", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			tt.breaks(t, b)
			began := time.Now()
			dir, tl, stderr := b.draft(t)
			t.Logf("drafted in %v", time.Since(began))
			found := false
			for _, g := range tl.Gaps {
				found = found || g.Source == tt.source && strings.Contains(g.Reason, tt.says) && len(g.Evidence) > 0
			}
			if !found {
				t.Errorf("no gap of %s that says %q: %+v", tt.source, tt.says, tl.Gaps)
			}
			if !strings.Contains(stderr, "gap: "+tt.source) {
				t.Errorf("stderr does not name the gap:\n%s", stderr)
			}
			if code, out, stderr := b.collector(t, "verify", dir); code != exitOK {
				t.Errorf("verify: code %d: %s %s", code, out, stderr)
			}
		})
	}
}

func mockPrometheus(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// overwriteStore damages every file of the store, as a broken disk would.
func overwriteStore(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no store in %s: %v", dir, err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, bytes.Repeat([]byte("damaged "), 4096), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStrict(t *testing.T) {
	b := newBench(t)
	b.prometheus = "http://127.0.0.1:1"
	code, dir, stderr := b.collector(t, "draft", "--strict", "--config", b.config(t), "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z")
	if code != exitGaps || !strings.Contains(stderr, "gap") {
		t.Errorf("code %d, want 3: %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "postmortem.md")); err != nil {
		t.Errorf("the draft was not written: %v", err)
	}
}
