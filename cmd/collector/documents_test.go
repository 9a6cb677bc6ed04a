package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/config"
	"collector/internal/report"
)

// TestConfigurationKnowsEveryTemplate holds the configuration's list against the
// templates: the two packages do not know each other.
func TestConfigurationKnowsEveryTemplate(t *testing.T) {
	for _, name := range report.Templates() {
		if _, err := config.Parse("c.yaml", []byte("report: {template: "+name+"}\n")); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// TestRequestOfOneDocument: its record has the form that it always had, so that its
// ID does not change.
func TestRequestOfOneDocument(t *testing.T) {
	var r request
	r.asksFor([]string{"postmortem"}, nil)
	text, err := json.Marshal(r)
	if err != nil || strings.Contains(string(text), "templates") || !strings.Contains(string(text), `"template":"postmortem"`) {
		t.Errorf("%s, %v", text, err)
	}
	r.asksFor([]string{"briefing", "postmortem"}, nil)
	if text, err = json.Marshal(r); err != nil || !strings.Contains(string(text), `"template":"briefing"`) || !strings.Contains(string(text), `"templates":["briefing","postmortem"]`) {
		t.Errorf("%s, %v", text, err)
	}
}

func hasFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func TestDraftOfSeveralDocuments(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t, "--template", "postmortem,briefing", "--template", "outage")
	for _, name := range []string{"postmortem", "briefing", "outage"} {
		if !hasFile(filepath.Join(dir, name+".md")) || !hasFile(filepath.Join(dir, name+".html")) {
			t.Errorf("there is no %s", name)
		}
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
	if code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir); code != exitOK {
		t.Errorf("update: code %d: %s", code, stderr)
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !hasFile(filepath.Join(dir, "briefing.md")) {
		t.Errorf("verify after an update: code %d: %s %s", code, out, stderr)
	}
}

func TestDraftWithOwnTemplate(t *testing.T) {
	b := newBench(t)
	own := filepath.Join(b.dir, "templates")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(own, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(own, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("board.md.tmpl", "{{template \"title\" .}}\n\nFor the board.\n\n{{template \"summary\" .}}\n")
	write("broken.md.tmpl", "{{template \"title\" .}}\n\n{{.Nothing}}\n")
	configured := func(report string) string {
		path := b.config(t)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), "report: {", "report: {templates_dir: "+own+", "+report, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	draft := func(extra ...string) (int, string, string) {
		return b.collector(t, append([]string{"draft", "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z"}, extra...)...)
	}
	code, dir, stderr := draft("--config", configured("template: 'board,postmortem', "))
	if code != exitOK || !hasFile(filepath.Join(dir, "board.html")) {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if err := os.RemoveAll(own); err != nil { // as on another machine
		t.Fatal(err)
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify without the template: code %d: %s %s", code, out, stderr)
	}
	if code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir); code != exitOK || !hasFile(filepath.Join(dir, "board.md")) {
		t.Errorf("update without the template: code %d: %s", code, stderr)
	}
	write("board.md.tmpl", "{{template \"title\" .}}\n\nFor all.\n\n{{template \"lessons\" .}}\n")
	if code, _, stderr := b.collector(t, "draft", "--config", configured(""), "--update", dir); code != exitOK || !strings.Contains(stderr, "board/lessons") {
		t.Errorf("update with the template changed: code %d: %s", code, stderr)
	}
	write("broken.md.tmpl", "{{template \"title\" .}}\n\n{{.Nothing}}\n")
	code, _, stderr = draft("--config", configured(""), "--template", "broken", "--out", t.TempDir())
	if code != exitUsage || !strings.Contains(stderr, filepath.Join(own, "broken.md.tmpl")+":3") || !strings.Contains(stderr, ".Nothing") {
		t.Errorf("code %d: %s", code, stderr)
	}
	code, _, stderr = draft("--config", configured(""), "--template", "novel", "--out", t.TempDir())
	if code != exitUsage || !strings.Contains(stderr, `no template "novel"; there is: board, briefing, broken`) {
		t.Errorf("code %d: %s", code, stderr)
	}
	if code, _, stderr = draft("--config", configured(""), "--template", "outage,outage", "--out", t.TempDir()); code != exitUsage || !strings.Contains(stderr, "twice") {
		t.Errorf("code %d: %s", code, stderr)
	}
}
