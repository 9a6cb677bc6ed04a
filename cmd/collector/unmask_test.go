package main

import (
	"errors"
	"fmt"
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

// TestUnmaskedOwnTemplate: a document by a template that prints no title says all the same
// that it names people.
func TestUnmaskedOwnTemplate(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(b.dir, "templates", "board.md.tmpl")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, []byte("# For the board\n\n{{template \"summary\" .}}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	path := b.config(t)
	replaceIn(t, path, "report: {", "report: {templates_dir: "+filepath.Dir(file)+", ")
	for _, unmasks := range []bool{false, true} {
		args := []string{"draft", "--config", path, "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z", "--template", "board,postmortem", "--out", filepath.Join(b.dir, fmt.Sprint(unmasks))}
		if unmasks {
			args = append(args, "--unmask")
		}
		code, dir, stderr := b.collector(t, args...)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		text := readText(t, dir, "board.md")
		if says := strings.Count(text, "Not for passing on"); says != map[bool]int{true: 1}[unmasks] {
			t.Errorf("unmasked %v: said %d times:\n%.600s", unmasks, says, text)
		}
		if says := strings.Count(readText(t, dir, "postmortem.md"), "Not for passing on"); says != map[bool]int{true: 1}[unmasks] {
			t.Errorf("unmasked %v: the postmortem says it %d times", unmasks, says)
		}
		for _, command := range [][]string{{"draft", "--config", path, "--update", dir}, {"verify", dir}} {
			if code, stdout, stderr := b.collector(t, command...); code != exitOK {
				t.Errorf("%s: code %d: %s%s", command[0], code, stdout, stderr)
			}
		}
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
