package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUnmask: a draft names roles and aliases. With --unmask it names authors as they
// are and says so at its top; what it was drafted with stays when it is refreshed.
func TestUnmask(t *testing.T) {
	b := newBench(t)
	lines := `{"time":"2024-07-12T09:00:00Z","service":"shop","version":"1.4.2","event":"deploy_started","author":"Carla Nováková"}
{"time":"2024-07-12T09:00:40Z","service":"shop","version":"1.4.2","event":"deploy_finished","author":"Carla Nováková"}
`
	if err := os.WriteFile(b.deploys, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		draft   func() string
		unmasks bool
	}{
		{"as ever", func() string { dir, _, _ := b.draft(t); return dir }, false},
		{"unmasked", func() string {
			dir, _, _ := b.draft(t, "--unmask", "--out", filepath.Join(b.dir, "unmasked"))
			return dir
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.draft()
			check := func() {
				t.Helper()
				text := wholeDraft(t, dir)
				if named := strings.Contains(text, "Carla Nováková"); named != tt.unmasks {
					t.Errorf("the draft names its author: %v", named)
				}
				document, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
				if err != nil {
					t.Fatal(err)
				}
				top, _, _ := strings.Cut(string(document), "## 2.")
				if says := strings.Contains(top, "Not for passing on"); says != tt.unmasks {
					t.Errorf("the document says that it names people: %v", says)
				}
				if code, stdout, stderr := b.collector(t, "verify", dir); code != 0 {
					t.Errorf("verify: %d\n%s%s", code, stdout, stderr)
				}
			}
			check()
			if code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir); code != 0 {
				t.Fatalf("update: %d\n%s", code, stderr)
			}
			check()
		})
	}
}

// wholeDraft is every file of a draft, one after the other.
func wholeDraft(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
