package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDraftUpdateAfterACrash: the process died between the two renames of an update. The
// next one puts the draft back first; where that is no draft, it is named with the way out.
func TestDraftUpdateAfterACrash(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t)
	mine := filepath.Join(dir, "mine.txt")
	writeFile(t, mine, "mine")
	aside := dir + ".before-update"
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	update := []string{"draft", "--config", b.config(t), "--update", dir}
	if code, _, stderr := b.collector(t, update...); code != exitOK || readFile(t, mine) != "mine" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if _, err := os.Lstat(aside); err == nil {
		t.Error("the former state is still there")
	}
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(aside, "timeline.json")); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := b.collector(t, update...); code != exitFailed || !strings.Contains(stderr, aside) || !strings.Contains(stderr, "rename it") {
		t.Errorf("code %d: %s", code, stderr)
	}
}
