package main

import (
	"bytes"
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

func rewrite(t *testing.T, files []report.File) {
	t.Helper()
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(demoDir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
