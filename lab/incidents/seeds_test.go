package incidents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// seedTexts is all that the documents of the field say, on one line.
func seedTexts(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../internal/report/lint/testdata/seeds/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(all.String(), "’", "'")), " ")
}

// TestSeedLines: each line stands in a document of the field, belongs to an incident,
// and is told by the draft or left to people for a reason.
func TestSeedLines(t *testing.T) {
	seeds := seedTexts(t)
	left := len(seedLines)
	for _, incident := range All() {
		lines := incident.SeedLines()
		if len(lines) > 0 {
			left--
		}
		for _, line := range lines {
			if !strings.Contains(seeds, line.Seed) {
				t.Errorf("%s: no seed says %q", incident.Name, line.Seed)
			}
			if (line.Draft == "") == (line.Why == "") {
				t.Errorf("%s: %q needs either what the draft says or why it cannot", incident.Name, line.Seed)
			}
			if _, err := regexp.Compile("(?m)" + line.Draft); err != nil {
				t.Errorf("%s: %q: %v", incident.Name, line.Seed, err)
			}
		}
	}
	if left != 0 {
		t.Errorf("the lines of %d incidents that are not there", left)
	}
}
