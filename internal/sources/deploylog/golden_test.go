package deploylog

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden shows what a log becomes: its records, and what they say. A change of
// either is a change of every draft that is derived again.
func TestGolden(t *testing.T) {
	s, err := New(Config{Name: "releases", Cluster: "shop", File: File{Paths: []string{"golden/*.log*"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata")
	records, err := s.Gather(t.Context(), request(t, window))
	if err != nil {
		t.Fatal(err)
	}
	found := interpreted(t, window, records)
	got := document(t, records, found)
	name := filepath.Join("golden", "deploy.json")
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (write it anew with -update):\n%s", name, got)
	}
	for _, private := range []string{"hunter2", "lice", "4711"} {
		if bytes.Contains(got, []byte(private)) {
			t.Errorf("%s is in the records", private)
		}
	}
}

func document(t *testing.T, records []timeline.Evidence, f timeline.Findings) []byte {
	t.Helper()
	type record struct {
		ID, Query string
		Body      json.RawMessage
	}
	var bodies []record
	for _, e := range records {
		bodies = append(bodies, record{e.ID, e.Query, json.RawMessage(e.Body)})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"records": bodies, "events": f.Events, "gaps": f.Gaps, "checks": f.Checks}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
