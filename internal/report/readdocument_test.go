package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadDocument(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"empty.md": 0, "full.md": 1 << 20, "over.md": 1<<20 + 1} {
		must(t, os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(dir, "folder.md"), 0o700))
	for name, want := range map[string]string{"empty.md": "", "full.md": "", "over.md": "over.md has more than 1 MiB", "folder.md": "is no file", "none.md": "no such file"} {
		t.Run(name, func(t *testing.T) {
			data, err := readDocument(filepath.Join(dir, name), 1<<20)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || err != nil && data != nil {
				t.Errorf("%d bytes, %v, want %q", len(data), err, want)
			}
			if name == "none.md" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v does not say that there is none", err)
			}
		})
	}
}

// TestHugeDocument: a file far beyond any document is named, and not read; nothing of the
// draft is touched.
func TestHugeDocument(t *testing.T) {
	dir := write(t, rich(t))
	file := filepath.Join(dir, "postmortem.md")
	must(t, os.Truncate(file, 1<<32)) // a sparse file
	for name, do := range map[string]func() error{
		"read":   func() error { _, err := Read(dir); return err },
		"update": func() error { _, err := Update(dir, later(t)); return err },
	} {
		t.Run(name, func(t *testing.T) {
			if err := do(); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "64 MiB") {
				t.Errorf("err = %v", err)
			}
		})
	}
}
