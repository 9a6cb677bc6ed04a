package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUpdateFromWithin: a draft is refreshed by whatever name it has, also from inside and
// by a link, and is compared with the drafts beside it.
func TestUpdateFromWithin(t *testing.T) {
	b, _, second := twoOutages(t)
	c := b.config(t)
	link := filepath.Join(t.TempDir(), "last")
	if err := os.Symlink(second, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", "../" + filepath.Base(second), "./evidence/..", link} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(second)
			code, stdout, stderr := b.collector(t, "draft", "--config", c, "--update", name)
			if code != exitOK || stdout != second {
				t.Fatalf("exit code %d, %q: %s", code, stdout, stderr)
			}
			if !strings.Contains(stderr, "cd .") {
				t.Errorf("nobody says that the directory was replaced: %s", stderr)
			}
			if text := readText(t, second, "postmortem.md"); !strings.Contains(text, "Compared with 1 earlier draft") {
				t.Errorf("the earlier draft is not found:\n%s", section(text, "14."))
			}
		})
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v %v", info, err)
	}
	if code, _, stderr := b.collector(t, "draft", "--config", c, "--update", filepath.Join(b.dir, "none")); code != exitFailed || !strings.Contains(stderr, "none") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

// section is a document from a heading on.
func section(text, heading string) string {
	_, rest, _ := strings.Cut(text, "\n## "+heading)
	return rest
}
