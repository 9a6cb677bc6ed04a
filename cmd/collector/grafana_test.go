package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// miniGrafana is a fake with one dashboard of one panel, and one annotation; its
// answers have the form of recorded ones (internal/sources/grafana/testdata).
func miniGrafana(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	kept := map[string]json.RawMessage{}
	const frames = `{"results":{"A":{"status":200,"frames":[{"schema":{"refId":"A","fields":[{"name":"Time","type":"time"},{"name":"Value","type":"number"}]},"data":{"values":[[1720774800000],[1]]}}]}}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		key, isSnapshot := strings.CutPrefix(r.URL.Path, "/api/snapshots/")
		switch {
		case isSnapshot && kept[key] != nil:
			_ = json.NewEncoder(w).Encode(map[string]any{"dashboard": kept[key]})
		case r.URL.Path == "/api/snapshots":
			var in struct {
				Dashboard json.RawMessage
				Key       string
			}
			_ = json.NewDecoder(r.Body).Decode(&in)
			kept[in.Key] = in.Dashboard
			_ = json.NewEncoder(w).Encode(map[string]any{"key": in.Key, "url": "https://grafana.example/dashboard/snapshot/" + in.Key})
		case r.URL.Path == "/api/dashboards/uid/mysql":
			_, _ = w.Write([]byte(`{"meta":{},"dashboard":{"uid":"mysql","title":"MySQL | overview","panels":[{"id":1,"type":"timeseries","title":"Threads","datasource":{"type":"prometheus","uid":"p"},"targets":[{"refId":"A","expr":"x"}]},{"id":2,"type":"alertlist","title":"Alerts"}]}}`))
		case r.URL.Path == "/api/ds/query":
			_, _ = w.Write([]byte(frames))
		case r.URL.Path == "/api/annotations":
			_, _ = w.Write([]byte(`[{"id":1,"time":1720774815000,"timeEnd":1720774815000,"text":"cache flushed","tags":["ops"]}]`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Not found"}`))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestDraftWithGrafana(t *testing.T) {
	b := newBench(t)
	b.grafana = miniGrafana(t)
	dir, tl, stderr := b.draft(t)
	text, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, want := range []string{"[MySQL \\| overview (mysql)](https://grafana.example/dashboard/snapshot/", "1 of 1 panels with a query hold data", "annotation: cache flushed, tagged ops", "“Alerts”"} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document does not say %q:\n%s", want, stderr)
		}
	}
	linked := false
	for _, e := range tl.Evidence {
		linked = linked || e.Source == "grafana" && strings.HasPrefix(e.URL, "https://grafana.example/dashboard/snapshot/")
	}
	if !linked {
		t.Error("no record leads to the snapshot")
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
}

func TestDraftWithoutSnapshots(t *testing.T) {
	b := newBench(t)
	b.grafana = miniGrafana(t)
	dir, _, _ := b.draft(t, "--no-snapshots")
	text, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		t.Fatal(err)
	}
	if doc := string(text); strings.Contains(doc, "dashboard/snapshot") || !strings.Contains(doc, "Dashboard mysql: no snapshot was asked for in this draft") {
		t.Error("the document should say that no snapshot was asked for, and lead to none")
	}
}
