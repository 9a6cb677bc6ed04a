package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"db1 – größer": "db1 – größer", "a\x1b[31mred": "a\uFFFD[31mred", "two\nlines": "two\uFFFDlines", "\u202egnp.exe": "\uFFFDgnp.exe", "\u009b1m": "\uFFFD1m",
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := printableLines("one\n\ttwo\r"); got != "one\n    two\uFFFD" {
		t.Errorf("%q", got)
	}
}

// TestErrorsAreNoCommands: an error that quotes a foreign name does not write to the
// terminal what that name likes.
func TestErrorsAreNoCommands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a\x1b[2Jdraft")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "timeline.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", dir}, {"bundle", dir}, {"lint", dir}, {"patterns", dir}, {"draft", "--from-bundle", dir, "--out", t.TempDir()}} {
		code, stdout, stderr := offline(t, args...)
		if strings.Contains(stdout+stderr, "\x1b") || !strings.Contains(stderr, "\uFFFD[2Jdraft") {
			t.Errorf("%s: code %d: %q %q", args[0], code, stdout, stderr)
		}
	}
}
