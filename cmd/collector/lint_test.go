package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/timeline"
)

// lintRun executes collector lint in this process.
func lintRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"lint"}, args...), app{stdout: &out, stderr: &errs, now: time.Now})
	return code, out.String(), errs.String()
}

// demoCopy is a copy of the recorded draft, to be edited.
func demoCopy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "draft")
	if err := os.CopyFS(dir, os.DirFS(demoDir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces a text of a file that must be there.
func edit(t *testing.T, path, old, fresh string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s does not hold %q", path, old)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, fresh, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lintRules are the rules that report a document of the draft in dir.
func lintRules(t *testing.T, dir string) map[string]int {
	t.Helper()
	_, stdout, stderr := lintRun(t, "--format", "json", dir)
	var got struct{ Findings []struct{ Rule string } }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	rules := map[string]int{}
	for _, f := range got.Findings {
		rules[f.Rule]++
	}
	return rules
}

// TestLintDraft lints a draft as collector wrote it: only its questions and the
// owners of its actions are open. Then people spoil it.
func TestLintDraft(t *testing.T) {
	dir := demoCopy(t)
	for rule, n := range lintRules(t, dir) {
		if rule != "question-open" && rule != "action-incomplete" {
			t.Errorf("a fresh draft has %d findings of %s", n, rule)
		}
	}
	document := filepath.Join(dir, "postmortem.md")
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, impact, _ := strings.Cut(string(data), "id=impact ")
	_, impact, _ = strings.Cut(impact, "\n- ")
	line, _, _ := strings.Cut(impact, "\n")
	cite := line[strings.LastIndex(line, " ["):]
	t.Run("figure", func(t *testing.T) {
		dir := demoCopy(t)
		edit(t, filepath.Join(dir, "postmortem.md"), line, "db1: 98765 requests failed."+cite)
		if lintRules(t, dir)["citation-mismatch"] != 1 {
			t.Errorf("a figure that no record gives is not reported: %v", lintRules(t, dir))
		}
	})
	t.Run("citation", func(t *testing.T) {
		dir := demoCopy(t)
		edit(t, filepath.Join(dir, "postmortem.md"), line, strings.TrimSuffix(line, cite))
		if lintRules(t, dir)["citation-removed"] != 1 && !strings.Contains(strings.TrimSuffix(line, cite), "[") {
			t.Errorf("a removed citation is not reported: %v", lintRules(t, dir))
		}
	})
	t.Run("record", func(t *testing.T) {
		dir := demoCopy(t)
		edit(t, filepath.Join(dir, "postmortem.md"), "<!-- Ask: In two or three", "It stopped. [mysql-00000000]\n\n<!-- Ask: In two or three")
		if lintRules(t, dir)["citation-unknown"] != 1 {
			t.Errorf("a record that is not there is not reported: %v", lintRules(t, dir))
		}
	})
}

func TestLint(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"clean.md": "# A\n\nThe disk was full.\n", "sub/bad.md": "It was careless.\n", "node_modules/x.md": "careless\n", "notes.txt": "careless\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clean := filepath.Join(dir, "clean.md")
	empty := t.TempDir()
	tests := []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"clean", []string{clean}, exitOK, "1 document: nothing found", ""},
		{"tree", []string{dir}, exitFailed, "bad.md:1:8: error blame: ", "2 documents: 1 error, 0 warnings"},
		{"disabled", []string{"--disable", "blame", dir}, exitOK, "2 documents: nothing found", ""},
		{"rules", []string{"--rules"}, exitOK, "root-cause-person", ""},
		{"rules for programs", []string{"--rules", "--format", "json"}, exitUsage, "", "--format sarif has all rules"},
		{"sarif", []string{"--format", "sarif", clean}, exitOK, `"version": "2.1.0"`, ""},
		{"nothing named", nil, exitUsage, "", "name files or directories, as in"},
		{"no such rule", []string{"--disable", "blames", clean}, exitUsage, "", "--rules"},
		{"no such format", []string{"--format", "xml", clean}, exitUsage, "", "choose text, json, sarif or codequality"},
		{"no such file", []string{filepath.Join(dir, "none.md")}, exitUsage, "", "none.md"},
		{"no Markdown", []string{empty}, exitUsage, "", "has no Markdown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := lintRun(t, tt.args...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("code %d, want %d\nstdout: %s\nstderr: %s", code, tt.code, stdout, stderr)
			}
		})
	}
}

// TestLintIsInterrupted: who waits for standard input, or for a long document, can stop.
func TestLintIsInterrupted(t *testing.T) {
	never, end := io.Pipe()
	defer end.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	err := app{stdout: &out, stderr: &out, now: time.Now}.lint(ctx, never, []string{"-"}, lintFlags{format: "text"})
	if !errors.Is(err, context.DeadlineExceeded) || out.Len() > 0 {
		t.Errorf("%v %s", err, &out)
	}
}

// TestLintFindsEarlierRecords: what an older state of the draft rested on is known,
// whatever the directory is called.
func TestLintFindsEarlierRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "draft [final]")
	if err := os.CopyFS(dir, os.DirFS(demoDir)); err != nil {
		t.Fatal(err)
	}
	record := timeline.Evidence{Source: "mysql", Query: "q", Body: "{}"}.Seal()
	data, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "evidence", "earlier"), 0o700),
		os.WriteFile(filepath.Join(dir, "evidence", "earlier", record.ID+".json"), data, 0o600)); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(dir, "postmortem.md"), "<!-- Ask: In two or three", "It stopped. ["+record.ID+"]\n\n["+record.ID+"]: evidence/earlier/"+record.ID+".json\n\n<!-- Ask: In two or three")
	if rules := lintRules(t, dir); rules["citation-unknown"] != 0 {
		t.Errorf("a record of an earlier state is unknown: %v", rules)
	}
}
