package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/lab/standin"
)

// onePoint is a data source of one series with one point.
type onePoint struct{}

func (onePoint) Ask(_ context.Context, q standin.Query) (standin.Answer, error) {
	fields := []any{map[string]any{"name": "Time", "type": "time"}, map[string]any{"name": "Value", "type": "number"}}
	return standin.Answer{Status: http.StatusOK, Frames: []standin.Frame{{
		Schema: map[string]any{"refId": q.RefID, "fields": fields}, Data: map[string]json.RawMessage{"values": json.RawMessage("[[1720774800000],[1]]")},
	}}}, nil
}

func (onePoint) Resource(context.Context, string, url.Values) (int, []byte) {
	return http.StatusNotFound, []byte("{}")
}

// miniGrafana is the lab's stand-in for Grafana with one dashboard of one panel with
// a query, and one annotation. Nobody needs a token.
func miniGrafana(t *testing.T) string {
	t.Helper()
	g := &standin.Grafana{
		AppURL: "https://grafana.example", Tokens: map[string]string{"": standin.Viewer},
		Sources:     []standin.Source{{UID: "p", Name: "p", Type: "prometheus", DataSource: onePoint{}}},
		Annotations: []map[string]any{{"id": 1, "time": 1720774815000, "timeEnd": 1720774815000, "text": "cache flushed", "tags": []any{"ops"}}},
	}
	if err := g.Import([]byte(`{"uid":"mysql","title":"MySQL | overview","panels":[{"id":1,"type":"timeseries","title":"Threads","datasource":{"type":"prometheus","uid":"p"},
		"targets":[{"refId":"A","expr":"x"}]},{"id":2,"type":"alertlist","title":"Alerts"}]}`)); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
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
