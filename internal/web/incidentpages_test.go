package web

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/page"
	"collector/internal/report"
	"collector/internal/timeline"
)

// shelf tells the same story of every directory that ends in "draft".
type shelf struct{ story page.Story }

var errDerive = errors.New("deriving: /secret/path")

func (s shelf) Story(_ context.Context, dir string) (page.Story, error) {
	switch filepath.Base(dir) {
	case "draft":
		return s.story, nil
	case "broken":
		return page.Story{}, errDerive
	}
	return page.Story{}, fs.ErrNotExist
}

// oneStory is a story of one alert on db1, and the alert's ID.
func oneStory() (shelf, string) {
	from := time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC)
	w := timeline.Window{From: from, To: from.Add(time.Hour)}
	end := timeline.Exactly(from.Add(20 * time.Minute))
	t := timeline.Build(w, timeline.Scope{}, timeline.Findings{Events: []timeline.Event{{
		Kind: timeline.Alert, Grade: timeline.Measured, Source: "prometheus", Target: "db1", Start: timeline.Exactly(from.Add(10 * time.Minute)), End: &end,
		Summary: "alert DiskFull fired", Attributes: map[string]string{"alertname": "DiskFull"}, Evidence: []string{"x"},
	}}})
	return shelf{page.NewStory(report.Draft{Timeline: t, Title: "db1 is full"}, "v1")}, t.Events[0].ID
}

// pageBook is drafts with states and windows.
func pageBook(t *testing.T) book {
	t.Helper()
	b := drafts(t)
	dir := b["I-1"].Draft.Dir
	begin := time.Date(2026, 7, 12, 6, 0, 0, 0, time.UTC)
	window := func(hours int) timeline.Window {
		from := begin.Add(time.Duration(hours) * time.Hour)
		return timeline.Window{From: from, To: from.Add(time.Hour)}
	}
	b["I-1"] = incident.Incident{ID: "I-1", State: incident.StateClosed, Window: window(1), ClosedAt: window(1).To, Draft: incident.Draft{Dir: dir, Count: 1, First: begin, Final: true}}
	b["I-2"] = incident.Incident{
		ID: "I-2", State: incident.StateOpen, Window: window(0), Count: 1, Draft: incident.Draft{Failures: 1, Failure: "no source answered"},
		Alerts: []*incident.Member{{Episode: incident.Episode{Latest: incident.Words{Labels: map[string]string{"alertname": "DiskFull", "instance": "db1:9104"}},
			First: incident.Words{Labels: map[string]string{"alertname": "DiskFull"}}}, From: begin}},
	}
	b["I-3"] = incident.Incident{ID: "I-3", State: incident.StateClosed, Window: window(3), ClosedAt: window(3).To, Draft: incident.Draft{Dir: b["I-3"].Draft.Dir, First: begin}}
	b["I-4"] = incident.Incident{ID: "I-4", State: incident.StateSettling, Window: window(2), Draft: incident.Draft{Dir: filepath.Join(dir, "broken"), First: begin}}
	return b
}

func TestIncidentPages(t *testing.T) {
	stories, event := oneStory()
	handler := newServer(t, Options{Incidents: pageBook(t), Stories: stories}).Handler
	for _, tt := range []struct {
		path, media string
		code        int
		says        []string
	}{
		{"/", "text/html; charset=utf-8", 200, []string{"4 incidents", `href="./incidents/I-1"`, "open"}},
		{"/?page=7", "text/html; charset=utf-8", 200, []string{"Newer"}},
		{"/incidents/I-1", "text/html; charset=utf-8", 200, []string{"<h1>db1 is full</h1>", `action="./I-1/notes"`, `src="./I-1/draft/postmortem.html"`, "alert DiskFull fired"}},
		{"/incidents/I-1?event=" + event, "text/html; charset=utf-8", 200, []string{"Not found in the draft's directory: 1"}},
		{"/incidents/I-1?event=none&from=x&to=y&page=-1", "text/html; charset=utf-8", 200, []string{"<h1>db1 is full</h1>"}},
		{"/incidents/I-1/events/" + event, "text/html; charset=utf-8", 200, []string{"alert DiskFull fired", `href="../../I-1"`}},
		{"/incidents/I-1/events/none", "", 404, []string{"no such event"}},
		{"/incidents/I-1/data.json", "application/json", 200, []string{`"version":"v1"`, "alert DiskFull"}},
		{"/incidents/I-2", "text/html; charset=utf-8", 200, []string{"No draft yet", "instance=db1:9104", "no source answered", `data-live="./I-2/live"`}},
		{"/incidents/I-2/data.json", "", 404, []string{"no draft yet"}},
		{"/incidents/I-3", "text/html; charset=utf-8", 200, []string{"No draft yet"}},
		{"/incidents/I-4", "text/html; charset=utf-8", 200, []string{"cannot be read"}},
		{"/incidents/I-4/data.json", "", 500, []string{"cannot be read"}},
		{"/incidents/I-9", "", 404, []string{"there is no incident"}},
		{"/incidents/broken", "", 500, []string{"cannot be read"}},
		{"/assets/page.js", "", 404, []string{"no such file"}},
		{"/assets/..%2f..%2fweb.go", "", 404, []string{"no such file"}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			answer := getFrom(handler, "localhost", tt.path)
			text, _ := io.ReadAll(answer.Body)
			if answer.Code != tt.code || strings.Contains(string(text), "secret") {
				t.Errorf("%d %.300q", answer.Code, text)
			}
			for _, want := range tt.says {
				if !strings.Contains(string(text), want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if tt.media == "" {
				return
			}
			policy := answer.Header().Get("Content-Security-Policy")
			if answer.Header().Get("Content-Type") != tt.media || policy != page.Policy || strings.Contains(policy, "unsafe") || answer.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the headers are %v", answer.Header())
			}
		})
	}
}

// TestListOrder: open incidents stand first, then the latest.
func TestListOrder(t *testing.T) {
	stories, _ := oneStory()
	text := textOf(t, newServer(t, Options{Incidents: pageBook(t), Stories: stories}).Handler, "/")
	last := -1
	for _, id := range []string{"I-4", "I-2", "I-3", "I-1"} {
		at := strings.Index(text, `href="./incidents/`+id+`"`)
		if at < last {
			t.Errorf("%s stands too early", id)
		}
		last = at
	}
}

// TestAssetsAreKept: what a page asks for is there, for a browser to keep.
func TestAssetsAreKept(t *testing.T) {
	stories, _ := oneStory()
	handler := newServer(t, Options{Incidents: pageBook(t), Stories: stories}).Handler
	text := textOf(t, handler, "/incidents/I-1")
	for ext, media := range map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"} {
		_, rest, _ := strings.Cut(text, `"../assets/page.`)
		for !strings.HasPrefix(rest[12:], ext) {
			_, rest, _ = strings.Cut(rest, `"../assets/page.`)
		}
		answer := getFrom(handler, "localhost", "/assets/page."+rest[:12]+ext)
		if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != media || !strings.Contains(answer.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", ext, answer.Code, answer.Header())
		}
	}
}

// TestDataIsAskedOnce: a browser that has the data of a draft is not sent it again.
func TestDataIsAskedOnce(t *testing.T) {
	stories, _ := oneStory()
	handler := newServer(t, Options{Incidents: pageBook(t), Stories: stories}).Handler
	tag := getFrom(handler, "localhost", "/incidents/I-1/data.json").Header().Get("ETag")
	again := ask(handler, "GET", "/incidents/I-1/data.json", "", "If-None-Match", tag)
	if tag == "" || again.Code == http.StatusOK {
		t.Errorf("with the tag %q it answers %d", tag, again.Code)
	}
}

func textOf(t *testing.T, handler http.Handler, path string) string {
	t.Helper()
	text, err := io.ReadAll(getFrom(handler, "localhost", path).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
