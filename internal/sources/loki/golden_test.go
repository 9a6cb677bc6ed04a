package loki

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"collector/internal/sources/sourcetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden shows what an incident in Loki becomes: its records, and what they say. A
// change of either is a change of every draft that is derived again.
func TestGolden(t *testing.T) {
	f := ask(t, over(t, sourcetest.Serve(t, incident()), queries()...), request(t, window))
	type record struct {
		ID, Query string
		Body      json.RawMessage
	}
	var records []record
	for _, e := range f.Evidence {
		records = append(records, record{e.ID, e.Query, json.RawMessage(e.Body)})
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"records": records, "events": f.Events, "gaps": f.Gaps, "checks": f.Checks}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "incident.json")
	if *update {
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%s differs (write it anew with -update):\n%s", name, out.Bytes())
	}
}
