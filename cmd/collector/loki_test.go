package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/lab/standin"
)

// TestDraftWithLoki: errors and a deploy out of Loki stand in the document with their
// citations, nothing quoted reaches the disk, and the draft derives again from its evidence.
// The deploy that the deploy log tells too is one event with two witnesses.
func TestDraftWithLoki(t *testing.T) {
	l := &standin.Loki{}
	at := func(clock string) time.Time {
		when, err := time.Parse(time.RFC3339, "2024-07-12T"+clock+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for i := range 30 {
		l.Push(map[string]string{"app": "checkout"}, standin.LokiEntry{At: at("09:00:10").Add(time.Duration(i) * time.Second), Line: "error: no stock for 'tulips <script>' in order 4711"})
	}
	for clock, line := range map[string]string{
		"09:00:00": `{"service":"shop","version":"1.4.2","event":"deploy_started"}`, "09:00:40": `{"service":"shop","version":"1.4.2","event":"deploy_finished"}`,
		"09:00:30": `{"service":"cart","event":"change","message":"flag sale is on"}`,
	} {
		l.Push(map[string]string{"job": "deploy"}, standin.LokiEntry{At: at(clock), Line: line})
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	b := newBench(t)
	b.loki = server.URL
	dir, tl, stderr := b.draft(t)
	text, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"checkout", "30 lines: error: no stock for", "change of cart: flag sale is on", "[loki-"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document does not say %q:\n%s", want, stderr)
		}
	}
	shop := 0
	for _, e := range tl.Events {
		if e.Kind == "deploy" && e.Target == "shop" {
			shop++
			if sources := strings.Join(e.Evidence, " "); !strings.Contains(sources, "loki-") || !strings.Contains(sources, "deploylog-") {
				t.Errorf("the deploy cites %s", sources)
			}
		}
	}
	if shop != 1 {
		t.Errorf("%d deploys of shop, want one with two witnesses", shop)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, private := range []string{"tulips", "order 4711"} {
			if strings.Contains(string(content), private) {
				t.Errorf("%s holds %q", path, private)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
}

// TestDraftWithoutItsLoki: one that is down is a gap for each of its queries.
func TestDraftWithoutItsLoki(t *testing.T) {
	b := newBench(t)
	b.loki = "http://127.0.0.1:1"
	_, tl, stderr := b.draft(t)
	reasons := map[string]bool{}
	for _, g := range tl.Gaps {
		if g.Source == "loki" {
			name, _, _ := strings.Cut(g.Reason, ":")
			reasons[name] = true
		}
	}
	if !reasons["checkout_errors"] || !reasons["deploys of shipped"] {
		t.Errorf("gaps %v\n%s", reasons, stderr)
	}
}
