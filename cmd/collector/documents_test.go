package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/sources"
	"collector/internal/timeline"
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

// TestUpdateAddsADocument: a draft gets a further document, with a number where it needs
// one, and keeps what people wrote in the first.
func TestUpdateAddsADocument(t *testing.T) {
	b := newBench(t)
	dir, _, _ := b.draft(t)
	replaceIn(t, filepath.Join(dir, "postmortem.md"), "<!-- collector:begin id=summary", "Nobody was paged.\n\n<!-- collector:begin id=summary")
	code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir, "--template", "dea,postmortem")
	if code != exitOK || !strings.Contains(stderr, "new in this version: dea") {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if text := readText(t, dir, "dea.md"); !strings.Contains(text, "DEA-2024-001") {
		t.Errorf("the added document has no number:\n%.400s", text)
	}
	if !strings.Contains(readText(t, dir, "postmortem.md"), "Nobody was paged.") {
		t.Error("what people wrote is lost")
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "only where people edited it") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
	if code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", dir, "--template", "novel"); code != exitUsage || !strings.Contains(stderr, `no template "novel"`) {
		t.Errorf("code %d: %s", code, stderr)
	}
}

// TestTemplateBrokenMeanwhile: an incident gets its draft by the templates that were
// checked when the daemon read its configuration, whatever becomes of the files.
func TestTemplateBrokenMeanwhile(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(b.dir, "templates", "board.md.tmpl")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o750), os.WriteFile(file, []byte("{{template \"title\" .}}\n\nFor the board.\n\n{{template \"summary\" .}}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(b.config(t))
	if err != nil {
		t.Fatal(err)
	}
	c.Report.TemplatesDir, c.Report.Template = filepath.Dir(file), "board"
	d := newDaemon(c, nil, discard())
	p, err := d.prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	d.adopt(p)
	if err := os.WriteFile(file, []byte("{{template \"tit"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 7, 12, 8, 59, 0, 0, time.UTC)
	clerk := &clerk{daemon: d, app: app{now: func() time.Time { return b.now }}}
	done, err := clerk.write(t.Context(), incident.Work{Step: incident.RefreshDraft, Incident: incident.Incident{ID: "i", Window: timeline.Window{From: at, To: at.Add(2 * time.Minute)}}})
	if err != nil || !strings.Contains(readText(t, done.dir, "board.md"), "For the board.") {
		t.Errorf("%v", err)
	}
	if found := checkDocuments(c); len(found) != 1 || found[0].Level != sources.Failed || !strings.Contains(found[0].Text, "board.md.tmpl") {
		t.Errorf("collector check says %+v", found)
	}
	if _, err := d.prepare(c); err == nil || !strings.Contains(err.Error(), "board.md.tmpl") {
		t.Errorf("the broken template is taken at a reload: %v", err)
	}
}
