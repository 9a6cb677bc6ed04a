package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestInterruptedFromBundle: whenever a person interrupts it, a draft stands there whole
// or not at all when the command ends, and nothing is left of the work.
func TestInterruptedFromBundle(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	file := bundled(t, demoDraft(t))
	for name, more := range map[string][]string{"restored": nil, "anew": {"--title", "The shop could not sell"}} {
		t.Run(name, func(t *testing.T) {
			whole := 0
			for patience := time.Duration(0); whole < 2 && patience < 20*time.Second; patience = patience*3/2 + time.Millisecond {
				out, err := os.MkdirTemp(base, "out-")
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				var stdout, stderr bytes.Buffer
				code := run(ctx, append([]string{"draft", "--from-bundle", file, "--out", out}, more...), app{stdout: &stdout, stderr: &stderr, now: time.Now})
				cancel()
				entries, err := os.ReadDir(out)
				if err != nil {
					t.Fatal(err)
				}
				if code == exitOK {
					whole++
				}
				switch {
				case len(entries) == 0 && code == exitFailed:
				case len(entries) == 1 && entries[0].Name()[0] != '.':
					if code, stdout, stderr := offline(t, "verify", filepath.Join(out, entries[0].Name())); code != exitOK {
						t.Errorf("interrupted after %v, a draft is there that is none: %s%s", patience, stdout, stderr)
					}
				default:
					t.Errorf("interrupted after %v, code %d: left %v: %s", patience, code, entries, &stderr)
				}
				if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "collector-*")); err != nil || len(left) > 0 {
					t.Errorf("left in TMPDIR: %v %v", left, err)
				}
			}
			if whole == 0 {
				t.Error("it never came to an end")
			}
		})
	}
}
