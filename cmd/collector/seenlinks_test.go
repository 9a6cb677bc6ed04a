package main

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/web"
)

// oneIncident is a book with the incident I-1, whose draft is in this directory.
type oneIncident string

func (dir oneIncident) Incident(_ context.Context, id string, _ time.Time) (incident.Incident, error) {
	if id != "I-1" {
		return incident.Incident{}, incident.ErrUnknown
	}
	return incident.Incident{ID: id, Draft: incident.Draft{Dir: string(dir)}}, nil
}

func (dir oneIncident) Incidents(ctx context.Context, now time.Time) ([]incident.Incident, error) {
	i, err := dir.Incident(ctx, "I-1", now)
	return []incident.Incident{i}, err
}

var (
	markdownBeside = regexp.MustCompile(`\]\((\.\./[^)]*)\)`)
	pageBeside     = regexp.MustCompile(`href="(\.\./[^"]*)"`)
)

// TestLinksToEarlierDrafts follows every link to another draft, of each of the five
// documents and of their pages: where the drafts lie side by side there is the file, and
// on the pages of `collector serve` it is answered.
func TestLinksToEarlierDrafts(t *testing.T) {
	b, first, _ := twoOutages(t)
	noon := time.Date(2024, 7, 12, 11, 31, 0, 0, time.UTC)
	draft := func(from, to time.Time, more ...string) string {
		t.Helper()
		args := []string{"draft", "--config", b.config(t), "--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339)}
		code, dir, stderr := b.collector(t, append(args, more...)...)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		return dir
	}
	reaches := draft(noon.Add(-10*time.Minute), noon, "--template", "outage", "--title", "reaches in")
	if err := os.WriteFile(filepath.Join(reaches, "A-note-of-people.md"), []byte("# notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := draft(noon.Add(-30*time.Second), noon.Add(time.Minute), "--template", strings.Join(report.Templates(), ","), "--title", "all five")
	handler := web.New(web.Options{
		Listen: "localhost:0", Metrics: prometheus.NewRegistry(), Ready: func() error { return nil }, Incidents: oneIncident(dir), Log: discard(),
	}).Handler
	toFirst, toOther := "../"+filepath.Base(first)+"/postmortem", "../"+filepath.Base(reaches)+"/outage"
	for _, name := range report.Templates() {
		for ending, links := range map[string]*regexp.Regexp{".md": markdownBeside, ".html": pageBeside} {
			text := readText(t, dir, name+ending)
			if !strings.Contains(text, "Seen before") {
				t.Errorf("%s%s has no part about what was seen before", name, ending)
			}
			found := map[string]bool{}
			for _, m := range links.FindAllStringSubmatch(text, -1) {
				link := html.UnescapeString(m[1])
				found[link] = true
				if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(link))); err != nil {
					t.Errorf("%s%s: %v", name, ending, err)
				}
				followOnPages(t, handler, "/incidents/I-1/draft/"+name+ending, link)
			}
			if !found[toFirst+ending] || name != "briefing" && !found[toOther+ending] {
				t.Errorf("%s%s leads to %v, want %s%s", name, ending, found, toFirst, ending)
			}
		}
	}
	if code, out, stderr := b.collector(t, "verify", dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
}

// followOnPages follows a link of a page as a browser does.
func followOnPages(t *testing.T, handler http.Handler, from, link string) {
	t.Helper()
	base, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	to, err := base.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, to.String(), nil)
	request.Host = "localhost"
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusOK || strings.HasSuffix(link, ".html") && !strings.Contains(answer.Body.String(), "<!DOCTYPE html>") {
		t.Errorf("%s leads to %s: %d", from, to, answer.Code)
	}
}
