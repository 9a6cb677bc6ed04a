package actions

import (
	"strings"
	"testing"
)

// TestShallow: a line of nothing but markers is blank, all others are as they were, and
// what stands below is read.
func TestShallow(t *testing.T) {
	deep := strings.Repeat("> ", 1<<20)
	kept := strings.Repeat("> ", 100) + "quoted\n" + strings.Repeat("words ", 1000) + "\n"
	table := "\n| Action | Owner |\n|---|---|\n| a | b |\n"
	got := string(Shallow([]byte(kept + deep + "deep\n" + table)))
	if want := kept + strings.Repeat(" ", len(deep)+len("deep")) + "\n" + table; got != want {
		t.Errorf("%d bytes, want %d: %.200q", len(got), len(want), got)
	}
	if found := Read([]byte(deep + "deep\n" + table)); len(found) != 1 || found[0].Text != "a" || found[0].Line != 5 {
		t.Errorf("got %+v", found)
	}
}
