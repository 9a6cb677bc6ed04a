package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lintStdin executes collector lint with a text on standard input.
func lintStdin(t *testing.T, text string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stdin")
	writeText(t, file, text)
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	before := os.Stdin
	defer func() { os.Stdin = before }()
	os.Stdin = in
	return lintRun(t, args...)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLintStdin: what is piped in is judged like a file, alone and beside files.
func TestLintStdin(t *testing.T) {
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "a.md"), "The disk was full.\n")
	writeText(t, filepath.Join(dir, "b.md"), "It was careless.\n")
	tests := []struct {
		name, text     string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"clean", "The disk was full.\n", []string{"-"}, exitOK, "1 document: nothing found\n", ""},
		{"blame", "It was careless.\n", []string{"-"}, exitFailed, "stdin:1:8: error blame: ", "1 document: 1 error, 0 warnings"},
		{"twice the same", "It was careless.\n", []string{"-", "-"}, exitFailed, "stdin:1:8: ", "1 document: 1 error"},
		{"beside a file and a directory", "It was careless.\n", []string{filepath.Join(dir, "a.md"), dir, "-"}, exitFailed, "stdin:1:8: ", "3 documents: 2 errors, 0 warnings"},
		{"nothing", "", []string{"-"}, exitUsage, "", "standard input is empty"},
		{"blanks", " \n\n", []string{"-"}, exitOK, "nothing found", ""},
		{"Latin-1", "fine\nGr\xf6\xdfe\n", []string{"-"}, exitUsage, "", "reading standard input: line 2 is not UTF-8 (byte 0xf6); convert it, as in: iconv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := lintStdin(t, tt.text, tt.args...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("code %d, want %d\nstdout: %s\nstderr: %s", code, tt.code, stdout, stderr)
			}
		})
	}
}

// TestLintForeignFiles: what is no text is refused with one line that names the file
// and the fix; what is empty or huge is read.
func TestLintForeignFiles(t *testing.T) {
	paragraph := strings.Repeat("The pool was full, and \"every\" request waited for `db1` [1](https://example.com). ", 12) + "\n\n"
	huge := strings.Repeat(paragraph, 10<<20/len(paragraph))
	tests := []struct {
		name, text     string
		code           int
		stdout, stderr string
	}{
		{"empty", "", exitOK, "1 document: nothing found", ""},
		{"UTF-16", "\xff\xfeI\x00t\x00", exitUsage, "", "it is UTF-16; convert it: iconv -f utf-16 -t utf-8"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", exitUsage, "", "line 3 holds a NUL byte: it is no text"},
		{"Latin-1", "Gr\xf6\xdfe\n", exitUsage, "", "line 1 is not UTF-8"},
		{"10 MB with a fault at its end", huge + "It was careless.\n", exitFailed, "error blame", "1 error, 0 warnings"},
		{"17 MB", huge + huge[:7<<20], exitUsage, "", "it is longer than 16 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.md")
			writeText(t, file, tt.text)
			code, stdout, stderr := lintRun(t, file)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("code %d, want %d\nstdout: %.300s\nstderr: %.300s", code, tt.code, stdout, stderr)
			}
			if tt.code == exitUsage && (!strings.Contains(stderr, file) || strings.Count(strings.TrimSpace(stderr), "\n") > 2) {
				t.Errorf("not one clear error: %s", stderr)
			}
		})
	}
}

// TestLintFormats reads each format back: the same findings, in files as they were named.
func TestLintFormats(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("docs/with space", 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, "docs/a.md", "# Größe\n\nIt was careless.\n")
	writeText(t, "docs/with space/b.md", "It probably leaks.\n")
	outputs := map[string]string{}
	for _, format := range []string{"json", "sarif", "codequality"} {
		code, stdout, stderr := lintRun(t, "--format", format, "docs", "docs/a.md")
		if code != exitFailed || !strings.Contains(stderr, "2 documents: 1 error, 1 warning") {
			t.Fatalf("%s: code %d, %s", format, code, stderr)
		}
		outputs[format] = stdout
	}
	t.Run("json", func(t *testing.T) {
		var got struct {
			Schema                  string
			Files, Errors, Warnings int
			Findings                []struct {
				File         string
				Line, Column int
				Rule         string
			}
		}
		decode(t, outputs["json"], &got)
		if got.Schema != "collector/lint/v1" || got.Files != 2 || got.Errors != 1 || got.Warnings != 1 || len(got.Findings) != 2 {
			t.Fatalf("got %+v", got)
		}
		if f := got.Findings[0]; f.File != "docs/a.md" || f.Line != 3 || f.Column != 8 || f.Rule != "blame" {
			t.Errorf("got %+v", f)
		}
	})
	t.Run("sarif", func(t *testing.T) {
		var got struct {
			Version string
			Runs    []struct {
				ColumnKind string
				Tool       struct {
					Driver struct {
						Name  string
						Rules []struct{ ID string }
					}
				}
				Results []struct {
					RuleID    string
					RuleIndex int
					Level     string
					Message   struct{ Text string }
					Locations []struct {
						PhysicalLocation struct {
							ArtifactLocation struct{ URI string }
							Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
						}
					}
				}
			}
		}
		decode(t, outputs["sarif"], &got)
		if got.Version != "2.1.0" || len(got.Runs) != 1 || len(got.Runs[0].Results) != 2 {
			t.Fatalf("got %+v", got)
		}
		rules := got.Runs[0].Tool.Driver.Rules
		for i, want := range []struct {
			rule, level, uri                  string
			line, column, endLine, endColumnn int
		}{{"blame", "error", "docs/a.md", 3, 8, 3, 16}, {"speculation", "warning", "docs/with%20space/b.md", 1, 4, 1, 12}} {
			r := got.Runs[0].Results[i]
			at := r.Locations[0].PhysicalLocation
			if r.RuleID != want.rule || rules[r.RuleIndex].ID != want.rule || r.Level != want.level || at.ArtifactLocation.URI != want.uri || r.Message.Text == "" ||
				at.Region != struct{ StartLine, StartColumn, EndLine, EndColumn int }{want.line, want.column, want.endLine, want.endColumnn} {
				t.Errorf("got %+v, want %+v", r, want)
			}
		}
	})
	t.Run("codequality", func(t *testing.T) {
		var got []struct {
			Check       string `json:"check_name"`
			Fingerprint string
			Location    struct {
				Path  string
				Lines struct{ Begin int }
			}
		}
		decode(t, outputs["codequality"], &got)
		if len(got) != 2 || got[0].Check != "blame" || got[0].Location.Path != "docs/a.md" || got[0].Location.Lines.Begin != 3 || got[0].Fingerprint == got[1].Fingerprint {
			t.Errorf("got %+v", got)
		}
	})
}

// TestLintCommandsOfDocs: the formats that docs/lint.md and its CI jobs name exist.
func TestLintCommandsOfDocs(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "lint.md"))
	if err != nil {
		t.Fatal(err)
	}
	clean := filepath.Join(t.TempDir(), "a.md")
	writeText(t, clean, "The disk was full.\n")
	found := regexp.MustCompile(`lint --format (\w+)`).FindAllStringSubmatch(string(docs), -1)
	if len(found) < 5 {
		t.Fatalf("docs/lint.md has %d commands with a format", len(found))
	}
	for _, m := range found {
		if code, _, stderr := lintRun(t, "--format", m[1], clean); code != exitOK {
			t.Errorf("--format %s: code %d, %s", m[1], code, stderr)
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewBufferString(text))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
}
