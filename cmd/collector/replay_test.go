package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
)

var update = flag.Bool("update", false, "write the demo's draft anew from its evidence")

// demoDir is a draft of the demo's incident, recorded from real servers by
// `go run ./lab run schema-change`. No server is needed to derive it again.
const demoDir = "testdata/demo"

func TestDemoDerivesAgainByteForByte(t *testing.T) {
	bundle, err := report.Read(demoDir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(bundle.Records) // their order does not matter
	draft, err := derive(bundle.Records)
	if err != nil {
		t.Fatal(err)
	}
	files, err := report.Render(draft)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		rewrite(t, files)
	}
	for _, f := range files {
		want, err := os.ReadFile(filepath.Join(demoDir, f.Name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(f.Data, want) {
			t.Errorf("%s differs; if that is meant, run go test ./cmd/collector -run Demo -update and read the difference", f.Name)
		}
	}
	differences, err := report.Verify(demoDir, derive)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		t.Errorf("verify: %v", d)
	}
}

// TestDemoHoldsTheWholeStory: what the seed's incident is made of stands in the
// recorded draft.
func TestDemoHoldsTheWholeStory(t *testing.T) {
	bundle, err := report.Read(demoDir)
	if err != nil {
		t.Fatal(err)
	}
	tl := bundle.Timeline
	p := tl.Phases
	if p.Onset == nil || p.Detected == nil || p.Recovered == nil || p.Resolved == nil {
		t.Fatalf("phases %+v, want all of onset, detected, recovered, resolved", p)
	}
	if p.Detected.Before(p.Onset.Instant) || p.Recovered.Before(p.Detected.Instant) {
		t.Errorf("phases out of order: %+v", p)
	}
	if strings.Contains(bundle.Markdown, "Not looked for by any source") { // the recorder looks for all that a reader expects
		t.Error("the document says that nobody looked for something")
	}
	outcomes := map[string]bool{}
	for _, e := range tl.Events {
		outcomes[string(e.Kind)+" "+e.Attributes["outcome"]] = true
	}
	for _, want := range []string{"deploy finished", "rollback failed", "change finished", "alert ", "signal "} {
		if !outcomes[want] {
			t.Errorf("no event %q among %v", want, outcomes)
		}
	}
}

// TestDemoSnapshotIsWhole: the snapshot that the recorded draft leads to held data in
// every panel with a query when it was read back, and nothing was left out.
func TestDemoSnapshotIsWhole(t *testing.T) {
	bundle, err := report.Read(demoDir)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range bundle.Records {
		var body struct {
			Question struct{ Kind string }
			Answer   struct {
				URL    string
				Panels []struct {
					Title        string
					Frames, Rows int
					Asked        bool
				}
				Problems, Notes []any
			}
		}
		if r.Source != "grafana" {
			continue
		}
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Fatal(err)
		}
		if body.Question.Kind != "snapshot" {
			continue
		}
		for _, p := range body.Answer.Panels {
			t.Logf("%s: %d frames, %d rows", p.Title, p.Frames, p.Rows)
			if p.Asked {
				asked++
			}
			if p.Asked && (p.Frames == 0 || p.Rows == 0) {
				t.Errorf("the panel %q is empty", p.Title)
			}
		}
		if len(body.Answer.Problems)+len(body.Answer.Notes) > 0 || !strings.Contains(bundle.Markdown, body.Answer.URL) {
			t.Errorf("problems %v, notes %v, or no link to %s", body.Answer.Problems, body.Answer.Notes, body.Answer.URL)
		}
	}
	if asked < 15 {
		t.Errorf("%d panels with a query: the demo's dashboard has more", asked)
	}
}

func rewrite(t *testing.T, files []report.File) {
	t.Helper()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(demoDir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
