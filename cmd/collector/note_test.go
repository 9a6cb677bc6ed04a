package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/config"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/internal/web"
)

func TestNoteCommand(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	tests := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"now", []string{"note", "it works again"}, exitOK, []string{"noted: 2024-07-12 13:00:00 UTC = 2024-07-12 15:00:00 Europe/Berlin"}},
		{"at a time of day", []string{"note", "failed over", "--at", "11:31", "--cluster", "shop", "--server", "db1"}, exitOK, []string{"noted: 2024-07-12 09:31:00 UTC = 2024-07-12 11:31:00 Europe/Berlin"}},
		{"the same again", []string{"note", "failed over", "--at", "11:31", "--cluster", "shop", "--server", "db1"}, exitOK, []string{"noted before: 2024-07-12 09:31:00 UTC"}},
		{"a dispute", []string{"note", "that was the backup", "--at", "-20m", "--disputes", "e-1f3c9a02", "--author", "Ann"}, exitOK, []string{"noted: 2024-07-12 12:40:00 UTC"}},
		{"no text", []string{"note"}, exitUsage, []string{"name the text of the note, in quotes", "collector note --help"}},
		{"without quotes", []string{"note", "failed", "over"}, exitUsage, []string{"in quotes"}},
		{"an empty text", []string{"note", " "}, exitUsage, []string{"the note has no text"}},
		{"no time", []string{"note", "x", "--at", "noon"}, exitUsage, []string{`--at: "noon" is not a time`}},
		{"in the future", []string{"note", "x", "--at", "2024-07-13T09:00:00Z"}, exitUsage, []string{"in the future"}},
		{"a time that was twice", []string{"note", "x", "--at", "2023-10-29 02:30"}, exitUsage, []string{"happened twice in Europe/Berlin", "+02:00"}},
		{"an unknown cluster", []string{"note", "x", "--cluster", "bank"}, exitUsage, []string{`no cluster "bank"`, "shop"}},
		{"an unknown server", []string{"note", "x", "--server", "db9"}, exitUsage, []string{`no server "db9"`, "db1"}},
		{"no ID", []string{"note", "x", "--disputes", "everything"}, exitUsage, []string{"is no ID"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := b.collector(t, append(tt.args, "-c", c)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
			}
			for _, want := range tt.says {
				if !strings.Contains(stdout+stderr, want) {
					t.Errorf("it does not say %q:\n%s%s", want, stdout, stderr)
				}
			}
		})
	}
	found, err := store.ReadJournal(t.Context(), b.storage, store.NoteEntry, timeline.Window{To: b.now.Add(time.Hour)}, 10)
	if err != nil || len(found.List) != 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	if first := found.List[0]; first.Fields[store.NoteText] != "failed over" || first.Fields[store.NoteTarget] != "db1" || first.Until.Sub(first.At) != time.Minute {
		t.Errorf("the first is %+v", first)
	}
}

func TestExactness(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"09:14": time.Minute, "09:14:05": time.Second, "2024-07-12 09:14": time.Minute, "2024-07-12T09:14:05": time.Second,
		"2024-07-12T09:14:05Z": time.Second, "2024-07-12T09:14:05.25+02:00": 0, "now": 0, "-2h": time.Minute, "-90s": time.Second,
	} {
		if got := exactness(text); got != want {
			t.Errorf("%s is exact to %v, want %v", text, got, want)
		}
	}
}

// pushServer is the daemon's HTTP side over the bench's journal.
func pushServer(t *testing.T, file string) http.Handler {
	t.Helper()
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	d := &daemon{config: c, journal: j}
	d.inForce.config = c
	return web.New(web.Options{
		Metrics: prometheus.NewRegistry(), Ready: func() error { return nil }, Journal: d.pushes(), Notes: d.noteRules(), Log: discard(),
	}).Handler
}

// TestPushedAndNotedAreDrafted: what is posted and noted stands in the draft, once, with
// its grade and citation; nothing private does, neither there nor in the journal; and
// the draft is derived again.
func TestPushedAndNotedAreDrafted(t *testing.T) {
	b := newBench(t)
	c := b.config(t)
	handler := pushServer(t, c)
	post := func(path, media, body string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	// The bench's deploy log tells of the same deploy, from its start.
	post("/api/v1/changes", "application/json", `{"time":"2024-07-12T09:00:40.5Z","service":"shop","version":"1.4.2","event":"deploy_finished","author":"Ann Lee","message":"password=hunter2"}`)
	post("/api/v1/changes", "application/cloudevents+json", `{"specversion":"1.0","id":"1","source":"/argo","type":"dev.cdevents.service.rolledback.0.1.1","data":{
		"context":{"id":"1","source":"/argo","type":"dev.cdevents.service.rolledback.0.1.1","timestamp":"2024-07-12T09:00:50Z"},
		"subject":{"id":"deployment/shop","content":{"environment":{"id":"production"},"artifactId":"pkg:oci/shop@1.4.1"}}}}`)
	post("/api/v1/notes", "application/json", `{"text":"Ann Lee ran UPDATE orders SET note='private words' WHERE id=4711","at":"2024-07-12T09:00:55Z","author":"Ann Lee"}`)
	if code, _, stderr := b.collector(t, "note", "rolled back by hand", "--at", "2024-07-12T09:00:45Z", "--config", c); code != exitOK {
		t.Fatal(stderr)
	}
	dir, tl, stderr := b.draft(t)
	var lines []string
	for _, e := range tl.Events {
		switch e.Kind {
		case timeline.Deploy, timeline.Rollback, timeline.Note:
			var from []string
			for _, id := range e.Evidence {
				kind, _, _ := strings.Cut(id, "-")
				from = append(from, kind)
			}
			slices.Sort(from)
			lines = append(lines, strings.Join([]string{string(e.Kind), string(e.Grade), e.Target, e.Start.At.Format("15:04:05"), e.End.At.Format("15:04:05.0"), strings.Join(from, "+")}, " "))
		}
	}
	want := "deploy logged shop 09:00:00 09:00:40.5 deploylog+pushed\n" +
		"note reported  09:00:45 09:00:45.0 notes\n" +
		"rollback logged shop 09:00:50 09:00:50.0 pushed\n" +
		"note reported  09:00:55 09:00:55.0 notes"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s\n%s", got, want, stderr)
	}
	for _, private := range []string{"hunter2", "private words", "4711"} {
		for _, root := range []string{dir, b.storage} {
			holdsNone(t, root, private)
		}
	}
	holdsNone(t, dir, "Ann Lee")
	if code, _, stderr := b.collector(t, "verify", dir); code != exitOK {
		t.Errorf("verify: %s", stderr)
	}
	_, stdout, _ := b.collector(t, "check", "-c", c)
	for _, line := range []string{"pushed/changes", "notes/people"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("check has no %s:\n%s", line, stdout)
		}
	}
}

// holdsNone checks that no file below a directory holds some words.
func holdsNone(t *testing.T, root, words string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), words) {
			t.Errorf("%q stands in %s", words, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
