package main

import (
	"errors"
	"flag"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/internal/page/pagetest"
	"collector/internal/report"
	"collector/internal/timeline"
)

var screenshots = flag.Bool("screenshots", false, "write the screenshots of docs/screenshots anew")

// copiedDemo is the demo's draft in a directory of its own.
func copiedDemo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "draft")
	if err := os.CopyFS(dir, os.DirFS(demoDir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestStories: a draft is derived when it is looked at first, and again when it was
// written anew; two are kept.
func TestStories(t *testing.T) {
	s := newStories(time.Now)
	dir := copiedDemo(t)
	story, err := s.Story(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if story.Title != "Shop outage after a schema change" || len(story.Curves) == 0 || len(story.Timeline.Evidence) > 0 {
		t.Errorf("the story is %q with %d curves and %d records", story.Title, len(story.Curves), len(story.Timeline.Evidence))
	}
	evidence := filepath.Join(dir, "evidence")
	if err := os.Rename(evidence, evidence+" away"); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Story(t.Context(), dir); err != nil || again.Version != story.Version {
		t.Errorf("it was read again: %v", err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "SHA256SUMS"), later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Story(t.Context(), dir); err == nil {
		t.Error("it was not read again, though the draft was written anew")
	}
	for range 3 {
		if _, err := s.Story(t.Context(), copiedDemo(t)); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.kept) != storiesKept {
		t.Errorf("%d stories are kept", len(s.kept))
	}
	if _, err := s.Story(t.Context(), filepath.Join(dir, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no draft at all is %v", err)
	}
}

// TestStoriesAreForgotten: nobody looks, nothing is kept.
func TestStoriesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStories(time.Now)
		s.keep(keptStory{dir: "a", asked: s.now()})
		time.Sleep(storyIdle / 2)
		s.find("a", "")
		time.Sleep(storyIdle * 3 / 4)
		if len(s.kept) != 1 {
			t.Error("it was forgotten though somebody looked")
		}
		time.Sleep(3 * storyIdle)
		if len(s.kept) != 0 {
			t.Error("it was not forgotten")
		}
	})
}

// TestDemoPage shows the recorded incident of the demo, as the daemon does it, in
// Chromium.
func TestDemoPage(t *testing.T) {
	chromium := pagetest.StartChromium(t)
	dir, err := filepath.Abs(demoDir)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := report.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	const id = "2026-11-21T1903Z-shop"
	origin := pagetest.ServeBook(t, pagetest.Book{pagetest.Closed(id, dir, bundle.Timeline.Window)}, newStories(time.Now))
	tab := chromium.Tab(t, origin)
	tab.Open("/")
	if got := pagetest.Eval[string](tab, `document.querySelector('td.main a').textContent`); got != bundle.Timeline.Title {
		t.Errorf("the list says %q", got)
	}
	var rollback timeline.Event
	for _, e := range bundle.Timeline.Events {
		if e.Kind == timeline.Rollback {
			rollback = e
		}
	}
	tab.Open("/incidents/" + id + "?event=" + rollback.ID)
	tab.Drawn()
	text := pagetest.Eval[string](tab, `document.body.innerText`)
	for _, want := range []string{"Shop outage after a schema change", "rollback of shop to 1.9.3 in production failed", rollback.Evidence[0], "shop_error_rate on shop-app:8080", "db2", "about 828 requests"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		for _, found := range tab.Axe() {
			t.Errorf("%s: %.400s", scheme, found)
		}
	}
	if *screenshots {
		pagetest.TakePictures(tab, "/incidents/"+id, rollback.ID, "../../docs/screenshots/demo")
	}
}

// BenchmarkDemoPage is BenchmarkChromium of internal/page on a real incident, the recorded
// one of the lab.
func BenchmarkDemoPage(b *testing.B) {
	chromium := pagetest.StartChromium(b)
	dir, err := filepath.Abs(demoDir)
	if err != nil {
		b.Fatal(err)
	}
	bundle, err := report.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	w := bundle.Timeline.Window
	const page = "/incidents/recorded"
	tab := chromium.Tab(b, pagetest.ServeBook(b, pagetest.Book{pagetest.Closed("recorded", dir, w)}, newStories(time.Now)))
	tab.ReportPaint(b, page)
	quarter := w.Duration() / 4
	part := url.Values{"from": {w.From.Add(quarter).Format(time.RFC3339)}, "to": {w.To.Add(-quarter).Format(time.RFC3339)}}
	tab.ReportMotions(b, page+"?"+part.Encode())
}
