package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDraftUpdateAfterACrash: the draft is gone, and beside it stands a folder of the name
// under which an update puts it aside, but nothing shows that an update did: it is left as it is, and
// named with the way out.
func TestDraftUpdateAfterACrash(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t)
	aside := dir + ".before-update"
	writeFile(t, filepath.Join(dir, "mine.txt"), "mine")
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	update := []string{"draft", "--config", b.config(t), "--update", dir}
	if code, _, stderr := b.collector(t, update...); code != exitFailed || !strings.Contains(stderr, aside) || !strings.Contains(stderr, "rename it") {
		t.Errorf("code %d: %s", code, stderr)
	}
	if got := readFile(t, filepath.Join(aside, "mine.txt")); got != "mine" {
		t.Errorf("%q", got)
	}
	if err := os.Rename(aside, dir); err != nil { // as it said
		t.Fatal(err)
	}
	if code, _, stderr := b.collector(t, update...); code != exitOK || readFile(t, filepath.Join(dir, "mine.txt")) != "mine" {
		t.Errorf("code %d: %s", code, stderr)
	}
}
