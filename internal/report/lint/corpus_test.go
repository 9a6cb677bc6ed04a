package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fault is one planted fault: the rule that must report it, and the source text
// whose first line the report must stand on.
type fault struct{ rule, excerpt string }

func readFaults(t *testing.T, path string) []fault {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []fault
	for line := range strings.Lines(string(data)) {
		rule, excerpt, ok := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		if !ok || !Known(rule) {
			t.Fatalf("%s: %q is not \"rule: excerpt\"", path, line)
		}
		out = append(out, fault{rule, excerpt})
	}
	return out
}

// TestCorpus finds every planted fault of thirty postmortems, and at most one thing
// more in each.
func TestCorpus(t *testing.T) { corpus(t, "testdata/corpus", 30) }

// TestHeldOut is the same with twenty documents that were written when the rules stood.
func TestHeldOut(t *testing.T) { corpus(t, "testdata/heldout", 20) }

func corpus(t *testing.T, dir string, least int) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.md")
	if err != nil || len(files) < least {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	hits, missed, wrong := 0, 0, 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found := Check(Document{Name: path, Text: string(data)}, nil)
			used := make([]bool, len(found))
			for _, f := range readFaults(t, strings.TrimSuffix(path, ".md")+".faults") {
				if i := hit(string(data), f, found, used); i >= 0 {
					used[i] = true
					hits++
				} else {
					missed++
					t.Errorf("missed: %s: %s", f.rule, f.excerpt)
				}
			}
			left := 0
			for i, f := range found {
				if !used[i] {
					left++
					t.Logf("false: %d:%d %s: %s", f.Line, f.Column, f.Rule, f.Message)
				}
			}
			wrong += left
			if left > 1 {
				t.Errorf("%d false reports", left)
			}
		})
	}
	t.Logf("%d documents: %d planted faults found, %d missed, %d false reports", len(files), hits, missed, wrong)
}

// hit is the finding that reports a fault, or -1.
func hit(text string, f fault, found []Finding, used []bool) int {
	at := strings.Index(text, f.excerpt)
	if at < 0 {
		panic("no such text: " + f.excerpt)
	}
	line := strings.Count(text[:at], "\n") + 1
	for i, g := range found {
		if !used[i] && g.Rule == f.rule && g.Line <= line && line <= g.EndLine {
			return i
		}
	}
	return -1
}
