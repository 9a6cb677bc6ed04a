package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"collector/internal/report"
)

// demoDraft is the recorded demo draft in a directory of its own.
func demoDraft(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "2024-07-12T0900Z-demo")
	if err := os.CopyFS(dir, os.DirFS(demoDir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// offline runs a command line with no configuration.
func offline(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return (&bench{dir: t.TempDir()}).collector(t, args...)
}

// bundled packs a draft.
func bundled(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "draft.tar.zst")
	if code, stdout, stderr := offline(t, "bundle", dir, "--out", file); code != exitOK || stdout != file || !strings.Contains(stderr, "SHA-256") {
		t.Fatalf("bundle: code %d, %q: %s", code, stdout, stderr)
	}
	return file
}

func replaceIn(t testing.TB, file, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, replacement, 1)
	if changed == string(text) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBundleVerifyRestore: a draft with a person's edits, packed, checked and put
// back on a machine that has nothing else.
func TestBundleVerifyRestore(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := demoDraft(t)
	replaceIn(t, filepath.Join(dir, "postmortem.md"), "<!-- collector:begin id=summary", "Nobody was paged.\n\n<!-- collector:begin id=summary")
	if err := os.WriteFile(filepath.Join(dir, "chat.txt"), []byte("09:14 who deployed?"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := bundled(t, dir)
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(bundled(t, dir)); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same draft gives other bytes (%v)", err)
	}
	code, stdout, stderr := offline(t, "verify", file)
	if code != exitOK || !strings.Contains(stdout, "only where people edited it") || !strings.Contains(stdout, "Nobody was paged") || !strings.Contains(stdout, "not sealed") {
		t.Errorf("verify: code %d: %s%s", code, stdout, stderr)
	}
	out := filepath.Join(t.TempDir(), "out")
	code, back, stderr := offline(t, "draft", "--from-bundle", file, "--out", out)
	if code != exitOK || back != filepath.Join(out, filepath.Base(dir)) || !strings.Contains(stderr, "byte for byte") {
		t.Fatalf("restore: code %d, %q: %s", code, back, stderr)
	}
	if again, err := os.ReadFile(bundled(t, back)); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the restored draft is not the draft (%v)", err)
	}
	if code, _, stderr := offline(t, "draft", "--from-bundle", dir, "--out", out); code != exitFailed || !strings.Contains(stderr, "exists already") {
		t.Errorf("over a draft: code %d: %s", code, stderr)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestDraftAnewFromABundle: another title is another document of the same evidence,
// which verifies, and which is the same whoever writes it.
func TestDraftAnewFromABundle(t *testing.T) {
	dir := demoDraft(t)
	replaceIn(t, filepath.Join(dir, "postmortem.md"), "<!-- collector:begin id=summary", "Nobody was paged.\n\n<!-- collector:begin id=summary")
	file := bundled(t, dir)
	var packs [][]byte
	for _, from := range []string{file, dir} {
		code, written, stderr := offline(t, "draft", "--from-bundle", from, "--out", t.TempDir(), "--title", "The shop could not sell")
		if code != exitOK || !strings.Contains(stderr, "what people wrote in postmortem.md stays there") {
			t.Fatalf("code %d: %s", code, stderr)
		}
		if code, stdout, stderr := offline(t, "verify", written); code != exitOK || !strings.Contains(stdout, "byte for byte") {
			t.Errorf("verify: code %d: %s%s", code, stdout, stderr)
		}
		bundle, err := report.Read(written)
		if err != nil {
			t.Fatal(err)
		}
		old, err := report.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		was, id, err := findRequest(old.Records)
		if err != nil {
			t.Fatal(err)
		}
		req, _, err := findRequest(bundle.Records)
		if err != nil || req.Origin != id || req.Kind != "draft" || !req.Window.From.Equal(was.Window.From) || req.Timezone != was.Timezone || len(bundle.Records) != len(old.Records) {
			t.Errorf("the request is %+v (%v), was %+v", req, err, was)
		}
		if !strings.Contains(bundle.Markdown, "The shop could not sell") || strings.Contains(bundle.Markdown, "Nobody was paged") {
			t.Error("the title is missing, or a person's words were taken over")
		}
		packed, err := os.ReadFile(bundled(t, written))
		if err != nil {
			t.Fatal(err)
		}
		packs = append(packs, packed)
	}
	if !bytes.Equal(packs[0], packs[1]) {
		t.Error("the same evidence gives other bytes")
	}
	code, written, stderr := offline(t, "draft", "--from-bundle", file, "--out", t.TempDir(), "--template", "dea")
	if _, err := os.Stat(filepath.Join(written, "dea.md")); code != exitOK || err != nil {
		t.Fatalf("another template: code %d, %v: %s", code, err, stderr)
	}
	if code, stdout, stderr := offline(t, "verify", written); code != exitOK || !strings.Contains(stdout, "byte for byte") {
		t.Errorf("another template: verify: code %d: %s%s", code, stdout, stderr)
	}
	record := firstRecord(t, dir, "mysql-")
	replaceIn(t, record, `"body": "{`, `"body": "{ `)
	if code, _, stderr := offline(t, "draft", "--from-bundle", dir, "--out", t.TempDir(), "--title", "x"); code != exitFailed || !strings.Contains(stderr, "not intact") {
		t.Errorf("of changed evidence: code %d: %s", code, stderr)
	}
}

// firstRecord is the file of a record whose ID begins so.
func firstRecord(t testing.TB, dir, begins string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "evidence", begins+"*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no record %s: %v", begins, err)
	}
	return files[0]
}

func TestBundleRefuses(t *testing.T) {
	dir := demoDraft(t)
	full := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(full, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no draft", []string{"bundle", t.TempDir()}, exitFailed, "is not a draft"},
		{"nothing", []string{"bundle"}, exitUsage, "name one draft directory"},
		{"a file that is there", []string{"bundle", dir, "--out", full}, exitFailed, "exists already"},
		{"into itself", []string{"bundle", dir, "--out", filepath.Join(dir, "x.tar.zst")}, exitUsage, "lies in the draft"},
		{"verify nothing there", []string{"verify", filepath.Join(dir, "none")}, exitFailed, "there is no draft"},
		{"verify no bundle", []string{"verify", full}, exitFailed, "not a packed draft"},
		{"verify in a strange form", []string{"verify", dir, "--format", "xml"}, exitUsage, "neither text nor json"},
		{"a window beside a bundle", []string{"draft", "--from-bundle", dir, "--from", "09:00"}, exitUsage, "leave --from out"},
		{"a template that there is not", []string{"draft", "--from-bundle", dir, "--template", "novel"}, exitUsage, `no template "novel"`},
		{"a bundle that there is not", []string{"draft", "--from-bundle", dir + "x"}, exitFailed, "there is no draft"},
		{"an update beside a bundle", []string{"draft", "--from-bundle", dir, "--update", dir}, exitUsage, "leave --update out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := offline(t, tt.args...)
			if code != tt.code || !strings.Contains(stderr, tt.says) {
				t.Errorf("code %d, want %d and %q: %s", code, tt.code, tt.says, stderr)
			}
		})
	}
	if text, err := os.ReadFile(full); string(text) != "mine" {
		t.Errorf("the file is %q (%v)", text, err)
	}
}

// TestVerifyTells: every record and range, in words and in JSON.
func TestVerifyTells(t *testing.T) {
	dir := demoDraft(t)
	gone, renamed, altered := firstRecord(t, dir, "deploylog-"), firstRecord(t, dir, "prometheus-"), firstRecord(t, dir, "mysql-")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(renamed, filepath.Join(dir, "evidence", "prometheus-00000000.json")); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, altered, `"query": "`, `"query": "do not `)
	if err := os.WriteFile(filepath.Join(dir, "evidence", "mysql-12345678.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, filepath.Join(dir, "timeline.json"), `"severity": "`, `"severity":  "`)
	code, stdout, stderr := offline(t, "verify", dir, "--all")
	if code != exitFailed || !strings.Contains(stderr, "difference") {
		t.Errorf("code %d: %s", code, stderr)
	}
	id := func(file string) string { return "evidence/" + filepath.Base(file) }
	for _, want := range []string{
		id(gone) + ": the record is missing",
		id(renamed) + ": the record is missing here: it stands in evidence/prometheus-00000000.json",
		"evidence/prometheus-00000000.json: the file holds the record",
		id(altered) + `: the record was altered: its SHA-256 is not the one in SHA256SUMS; its query is "do not`,
		"evidence/mysql-12345678.json: it was added, and is no record",
		"timeline.json: its SHA-256 is not the one in SHA256SUMS, and it is not what the evidence gives",
		"line ", "byte ",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%.4000s", want, stdout)
		}
	}
	if _, short, _ := offline(t, "verify", dir); len(short) > len(stdout) || !strings.Contains(short, "--all") {
		t.Errorf("without --all it is as long: %d and %d bytes", len(short), len(stdout))
	}
	code, stdout, _ = offline(t, "verify", dir, "--format", "json")
	var v verdict
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitFailed || v.Intact || v.Schema != "collector/verify/v1" {
		t.Fatalf("code %d, %v: %.500s", code, err, stdout)
	}
	if !slices.ContainsFunc(v.Differences, func(d difference) bool {
		return d.Kind == report.Missing && d.Record == strings.TrimSuffix(filepath.Base(gone), ".json")
	}) {
		t.Errorf("%+v", v.Differences)
	}
}

// TestVerifyReadsThroughNoLink: a draft from somebody else must not make us read
// another file, and show it.
func TestVerifyReadsThroughNoLink(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("the secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postmortem.md", "timeline.json", "SHA256SUMS", "evidence/mysql-00000000.json", "charts/x.svg", "SEAL"} {
		t.Run(name, func(t *testing.T) {
			dir := demoDraft(t)
			_ = os.Remove(filepath.Join(dir, name))
			if err := os.Symlink(secret, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := offline(t, "verify", dir, "--all")
			if code != exitFailed || strings.Contains(stdout+stderr, "the secret") || !strings.Contains(stdout+stderr, "link") {
				t.Errorf("code %d: %s%s", code, stdout, stderr)
			}
		})
	}
}
