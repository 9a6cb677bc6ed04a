package main

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
	"collector/internal/timeline"
)

var update = flag.Bool("update", false, "write the recorded drafts and their documents anew from the evidence")

func TestDemoDerivesAgainByteForByte(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			bundle, err := report.Read(r.dir())
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
				rewrite(t, r.dir(), files)
			}
			for _, f := range files {
				compare(t, r.dir(), f)
			}
			if code, out, stderr := offline(t, "verify", r.dir()); code != exitOK || !strings.Contains(out, "byte for byte") {
				t.Errorf("verify: code %d: %s %s", code, out, stderr)
			}
		})
	}
}

// TestDemoHoldsTheWholeStory: what the staged incident is made of stands in the
// recorded draft.
func TestDemoHoldsTheWholeStory(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			bundle, err := report.Read(r.dir())
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
			for _, want := range r.story {
				if !outcomes[want] {
					t.Errorf("no event %q among %v", want, outcomes)
				}
			}
		})
	}
}

// TestDemoSnapshotIsWhole: the snapshot that a recorded draft leads to held data in
// every panel with a query when it was read back, and nothing was left out.
func TestDemoSnapshotIsWhole(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.flavour, func(t *testing.T) {
			bundle, err := report.Read(r.dir())
			if err != nil {
				t.Fatal(err)
			}
			asked := 0
			for _, e := range bundle.Records {
				asked += filledPanels(t, e, bundle.Markdown)
			}
			if asked < 15 {
				t.Errorf("%d panels with a query: the demo's dashboard has more", asked)
			}
		})
	}
}

// filledPanels is how many panels of a snapshot were asked for data; 0 for another
// record. Each must have got some, and the document must lead to the snapshot.
func filledPanels(t *testing.T, e timeline.Evidence, markdown string) (asked int) {
	t.Helper()
	if e.Source != "grafana" {
		return 0
	}
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
	if err := json.Unmarshal([]byte(e.Body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Question.Kind != "snapshot" {
		return 0
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
	if len(body.Answer.Problems)+len(body.Answer.Notes) > 0 || !strings.Contains(markdown, body.Answer.URL) {
		t.Errorf("problems %v, notes %v, or no link to %s", body.Answer.Problems, body.Answer.Notes, body.Answer.URL)
	}
	return asked
}
