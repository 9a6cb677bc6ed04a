package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/timeline"
)

// TestStrangeEvidence: what no source writes is an error, not the end of the program.
func TestStrangeEvidence(t *testing.T) {
	if _, err := deriveAnew([]timeline.Evidence{timeline.Evidence{Source: "collector", Body: `{"question":{"kind":"draft","timezone":"\u0000"},"answer":{}}`}.Seal()}); err == nil {
		t.Error("a zone that there is not is derived")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	never := make(chan struct{})
	if _, err := interruptible(ctx, func() (int, error) { <-never; return 0, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("what hangs is waited for: %v", err)
	}
	close(never)
}

// TestHostileBundleLeavesNothing: a file that is no bundle is refused in one line,
// by every command that takes one, and nothing is left of it.
func TestHostileBundleLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out := t.TempDir()
	good, err := os.ReadFile(bundled(t, demoDraft(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"cut": good[:len(good)*2/3], "two": append(good[:len(good):len(good)], good...), "text": []byte("no bundle\n"), "empty": nil} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bundle.tar.zst")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"verify", file}, {"draft", "--from-bundle", file, "--out", out}} {
				code, stdout, stderr := offline(t, args...)
				if code != exitFailed || stdout != "" || !strings.Contains(stderr, "it is not a packed draft") || strings.Count(stderr, "\n") != 1 {
					t.Errorf("%q: code %d: %s%s", args, code, stdout, stderr)
				}
			}
		})
	}
	for _, dir := range []string{os.Getenv("TMPDIR"), out} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v %v", dir, left, err)
		}
	}
}
