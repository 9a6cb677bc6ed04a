package grafana

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

func TestAnnotationsAreEvents(t *testing.T) {
	f := newFake(t)
	f.Annotations = append(f.Annotations, map[string]any{"id": 50.0, "time": 1795233600000, "timeEnd": 1795233600000, "text": "<b>done</b> by jane.doe@example.com.\nreally", "tags": []any{"x"}},
		map[string]any{"id": 51, "time": 1795233600000, "timeEnd": 1795233700000, "text": "our own", "tags": []any{OwnTag, IncidentTag("7")}},
		map[string]any{"id": 52, "time": 1795233601000, "text": "", "newState": "Alerting", "prevState": "Normal", "alertId": 4})
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil)
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "@example.com$", Role: "a developer"}})
	if err != nil {
		t.Fatal(err)
	}
	req := wanted(story, true)
	req.Roles = roles
	records, err := s.Gather(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	found, err := Interpret(story, records)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]timeline.Event{}
	for _, e := range found.Events {
		by[e.Key] = e
		if e.Kind != timeline.Annotation || e.Grade != timeline.Logged || e.Validate() != nil {
			t.Errorf("event %+v", e)
		}
	}
	if e := by["1"]; e.Summary != "annotation: deploy v1 (region), tagged deploy, v1" || e.End.At.Sub(e.Start.At) != 2*time.Minute {
		t.Errorf("the region is %+v", e)
	}
	if e := by["2"]; !e.End.At.Equal(e.Start.At) || e.Attributes["dashboard"] != "snapdemo" {
		t.Errorf("the instant is %+v", e)
	}
	if e := by["50"]; e.Summary != "annotation: done by a developer. really, tagged x" {
		t.Errorf("summary %q", e.Summary)
	}
	if e := by["52"]; e.Summary != "annotation: alert went from Normal to Alerting" {
		t.Errorf("summary %q", e.Summary)
	}
	if _, own := by["51"]; own {
		t.Error("collector's own annotation is an event")
	}
	for _, r := range records {
		if strings.Contains(r.Body, "sa-snap-editor") || strings.Contains(r.Body, "jane") {
			t.Error("the evidence names a person")
		}
	}
}

// TestManyAnnotations: Grafana answers with the newest only and says nothing.
func TestManyAnnotations(t *testing.T) {
	f := newFake(t)
	f.Annotations = nil
	for i := range 2600 {
		at := story.From.Add(time.Duration(i) * story.Duration() / 2601).UnixMilli()
		f.Annotations = append(f.Annotations, map[string]any{"id": float64(i + 1), "time": float64(at), "timeEnd": float64(at + int64(i%7)*1000), "text": fmt.Sprint("note ", i, strings.Repeat(" word", 40)), "tags": []any{}})
	}
	s := over(t, sourcetest.Serve(t, f), viewerToken, nil)
	records, found := gather(t, s, story, false)
	if len(found.Events) != 2600 || len(found.Gaps) != 0 || len(records) < 2 {
		t.Errorf("%d events, %d records, gaps %+v; want all 2600", len(found.Events), len(records), found.Gaps)
	}
	for _, r := range records {
		if len(r.Body) > 256<<10 {
			t.Errorf("a record of %d bytes", len(r.Body))
		}
	}
	for i := range f.Annotations { // all at one time: halving the window does not help
		f.Annotations[i]["time"], f.Annotations[i]["timeEnd"] = float64(story.From.UnixMilli()), float64(story.From.UnixMilli())
	}
	if _, found := gather(t, s, story, false); len(found.Gaps) != 1 || !strings.Contains(found.Gaps[0].Reason, "incomplete") {
		t.Errorf("gaps %+v, want one that says that some are missing", found.Gaps)
	}
}

func TestAnnotate(t *testing.T) {
	f := newFake(t)
	f.Annotations = nil
	url := sourcetest.Serve(t, f)
	s := over(t, url, editorToken, nil)
	tags := []string{IncidentTag("42"), "cluster:shop"}
	put := func(w timeline.Window, text string) {
		t.Helper()
		if err := s.Annotate(t.Context(), w, text, "https://collector.example/incidents/42", tags); err != nil {
			t.Fatal(err)
		}
	}
	put(story, "db1: replication stopped")
	put(story, "db1: replication stopped")
	if len(f.Annotations) != 1 || f.Count("POST") != 1 || f.Count("PUT") != 0 {
		t.Fatalf("%d annotations after twice the same, requests %v", len(f.Annotations), f.Requests())
	}
	longer := timeline.Window{From: story.From, To: story.To.Add(time.Hour)}
	put(longer, "db1: replication stopped, over <b>")
	a := f.Annotations[0]
	if len(f.Annotations) != 1 || number(a, "timeEnd", 0) != float64(longer.To.UnixMilli()) || text(a, "text") != "db1: replication stopped, over &lt;b&gt;\n<a href=\"https://collector.example/incidents/42\">the draft</a>" {
		t.Errorf("the annotation is %v", f.Annotations)
	}
	if tags := stringsOf(a["tags"]); strings.Join(tags, " ") != "collector collector-incident:42 cluster:shop" {
		t.Errorf("tags %v", tags)
	}
	f.Annotations = append(f.Annotations, map[string]any{"id": 99.0, "tags": a["tags"], "text": "twice"})
	put(longer, "db1: replication stopped, over <b>")
	if len(f.Annotations) != 1 {
		t.Errorf("a second one stays: %v", f.Annotations)
	}

	if err := s.Annotate(t.Context(), story, "x", "", []string{"no incident"}); err == nil {
		t.Error("an annotation that could not be found again is no error")
	}
	viewer := over(t, url, viewerToken, nil)
	err := viewer.Annotate(t.Context(), story, "x", "", []string{IncidentTag("43")})
	if err == nil || !strings.Contains(err.Error(), "HTTP status 403") || strings.Contains(err.Error(), viewerToken) {
		t.Errorf("a viewer: %v", err)
	}
	off := over(t, "http://127.0.0.1:1", editorToken, func(c *Config) { c.Annotate = false })
	if err := off.Annotate(t.Context(), story, "x", "", []string{IncidentTag("44")}); err != nil {
		t.Errorf("annotate: false asks: %v", err)
	}
}
