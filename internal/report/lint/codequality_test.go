package lint

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestWriteCodeQuality wants each finding to have a fingerprint of its own, which stays
// when the lines move.
func TestWriteCodeQuality(t *testing.T) {
	read := func(text string) []qualityIssue {
		t.Helper()
		var buf bytes.Buffer
		if err := WriteCodeQuality(&buf, Check(Document{Name: "./docs/a.md", Text: text}, nil)); err != nil {
			t.Fatal(err)
		}
		var out []qualityIssue
		if err := json.Unmarshal(buf.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	text := "It was careless.\n\nIt was careless.\n\nIt probably leaks.\n"
	before, after := read(text), read("A line more.\n\n"+text)
	if len(before) != 3 || len(after) != 3 {
		t.Fatalf("%d and %d findings, want three", len(before), len(after))
	}
	fingerprints := map[string]bool{}
	for i, f := range before {
		fingerprints[f.Fingerprint] = true
		if after[i].Fingerprint != f.Fingerprint || after[i].Location.Lines.Begin != f.Location.Lines.Begin+2 {
			t.Errorf("%+v became %+v", f, after[i])
		}
	}
	first, last := before[0], before[2]
	if len(fingerprints) != 3 || first.Check != "blame" || first.Severity != "major" || last.Severity != "minor" || first.Location != (qualityLocation{"docs/a.md", qualityLines{1, 1}}) {
		t.Errorf("got %+v", before)
	}
	if none := read("The disk was full."); none == nil || len(none) != 0 {
		t.Errorf("nothing found is %v, want an empty list", none)
	}
}
