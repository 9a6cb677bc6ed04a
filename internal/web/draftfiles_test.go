package web

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
)

// book is what the pages of tests are about.
type book map[string]incident.Incident

var errDisk = errors.New("the disk is gone: /secret/path")

func (b book) Incident(_ context.Context, id string, _ time.Time) (incident.Incident, error) {
	if id == "broken" {
		return incident.Incident{}, errDisk
	}
	i, found := b[id]
	if !found {
		return i, incident.ErrUnknown
	}
	return i, nil
}

func (b book) Incidents(context.Context, time.Time) ([]incident.Incident, error) {
	if _, broken := b["broken"]; broken {
		return nil, errDisk
	}
	return slices.Collect(maps.Values(b)), nil
}

const document = "<!DOCTYPE html><title>db1 went away</title><script>alert(1)</script>"

// drafts are two incidents, one of them without a draft, and a secret beside it.
func drafts(t *testing.T) book {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret": "s3cret", "draft/postmortem.html": document, "draft/postmortem.md": "# db1", "draft/timeline.json": "{}",
		"draft/charts/a.svg": "<svg/>", "draft/evidence/x.json": "{}", "draft/evidence.tar.zst": "(", "draft/SHA256SUMS": "0",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"draft/out": "../secret", "draft/etc": "/etc"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return book{
		"I-1": {ID: "I-1", Draft: incident.Draft{Dir: filepath.Join(dir, "draft")}},
		"I-2": {ID: "I-2"},
		"I-3": {ID: "I-3", Draft: incident.Draft{Dir: filepath.Join(dir, "moved away")}},
	}
}

func TestDraftFiles(t *testing.T) {
	handler := newServer(t, Options{Incidents: drafts(t)}).Handler
	tests := []struct {
		path, media, body string
		code              int
	}{
		{"/incidents/I-1/draft/", "text/html; charset=utf-8", document, 200},
		{"/incidents/I-1/draft/postmortem.html", "text/html; charset=utf-8", document, 200},
		{"/incidents/I-1/draft/postmortem.md", "text/plain; charset=utf-8", "# db1", 200},
		{"/incidents/I-1/draft/timeline.json", "application/json", "{}", 200},
		{"/incidents/I-1/draft/charts/a.svg", "image/svg+xml", "<svg/>", 200},
		{"/incidents/I-1/draft/evidence/x.json", "application/json", "{}", 200},
		{"/incidents/I-1/draft/evidence.tar.zst", "application/octet-stream", "(", 200},
		{"/incidents/I-1/draft/SHA256SUMS", "text/plain; charset=utf-8", "0", 200},
		{"/incidents/I-1/draft/evidence", "", "no such file", 404},
		{"/incidents/I-1/draft/evidence/", "", "no such file", 404},
		{"/incidents/I-1/draft/nothing", "", "no such file", 404},
		{"/incidents/I-1/draft/out", "", "no such file", 404},
		{"/incidents/I-1/draft/etc/passwd", "", "no such file", 404},
		{"/incidents/I-1/draft/..%2fsecret", "", "no such file", 404},
		{"/incidents/I-1/draft/%2fetc%2fpasswd", "", "no such file", 404},
		{"/incidents/I-1/draft/x%00y", "", "no such file", 404},
		{"/incidents/I-1/draft/" + strings.Repeat("x", 5000), "", "no such file", 404},
		{"/incidents/I-2/draft/postmortem.html", "", "has no draft yet", 404},
		{"/incidents/I-3/draft/postmortem.html", "", "no such file", 404},
		{"/incidents/I-9", "", "there is no incident", 404},
		{"/incidents/broken", "", "cannot be read", 500},
	}
	for _, tt := range tests {
		t.Run(tt.path[:min(60, len(tt.path))], func(t *testing.T) {
			answer := getFrom(handler, "127.0.0.1:9950", tt.path)
			body, _ := io.ReadAll(answer.Body)
			if answer.Code != tt.code || !strings.Contains(string(body), tt.body) || strings.Contains(string(body), "secret") {
				t.Errorf("%d %q", answer.Code, body)
			}
			if tt.media == "" {
				return
			}
			if got := answer.Header().Get("Content-Type"); got != tt.media {
				t.Errorf("it is %q", got)
			}
			policy := answer.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "script-src 'none'") || !strings.HasPrefix(policy, "sandbox") || strings.Contains(policy, "unsafe") || answer.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the headers are %v", answer.Header())
			}
		})
	}
}

// TestForeignNames: a site that has its own name resolved to this machine reads
// nothing, unless who asks must have a password, which that site does not.
func TestForeignNames(t *testing.T) {
	tests := []struct {
		host     string
		external string
		door     Door
		code     int
	}{
		{"127.0.0.1:9950", "", Door{Loopback: true}, 200},
		{"[::1]:9950", "", Door{Loopback: true}, 200},
		{"LocalHost", "", Door{Loopback: true}, 200},
		{"collector.localhost:9950", "", Door{Loopback: true}, 200},
		{"evil.example", "", Door{Loopback: true}, 421},
		{"localhost.evil.example:9950", "", Door{Loopback: true}, 421},
		{"127.0.0.1.evil.example", "", Door{Loopback: true}, 421},
		{"", "", Door{Loopback: true}, 421},
		{"Collector.example.:9950", "https://collector.example/c/", Door{Loopback: true}, 200},
		{"evil.example", "https://collector.example", Door{Loopback: true}, 421},
		{"evil.example", "", Door{}, 421},
		{"collector.example", "", Door{Authenticated: true}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.host+" "+tt.external, func(t *testing.T) {
			handler := newServer(t, Options{Incidents: drafts(t), Door: tt.door, ExternalURL: tt.external}).Handler
			answer := getFrom(handler, tt.host, "/incidents/I-1/draft/")
			body, _ := io.ReadAll(answer.Body)
			if answer.Code != tt.code || tt.code == 421 && !strings.Contains(string(body), "server.external_url") {
				t.Errorf("%d %q", answer.Code, body)
			}
		})
	}
}

func getFrom(handler http.Handler, host, path string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Host = host
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// TestDraftOfSeveralDocuments: each of them is served, and the one to be read first is
// shown where no file is named.
func TestDraftOfSeveralDocuments(t *testing.T) {
	dir := t.TempDir()
	sum := strings.Repeat("0", 64)
	for name, text := range map[string]string{
		"briefing.md": "# b", "briefing.html": "<title>b</title>", "outage.md": "# o", "outage.html": "<title>o</title>", "timeline.json": "{}",
		"SHA256SUMS": sum + "  briefing.html\n" + sum + "  briefing.md\n" + sum + "  outage.html\n" + sum + "  outage.md\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	handler := newServer(t, Options{Incidents: book{"I-1": {ID: "I-1", Draft: incident.Draft{Dir: dir}}}}).Handler
	for path, want := range map[string]string{"": "<title>b</title>", "outage.html": "<title>o</title>", "briefing.md": "# b"} {
		answer := getFrom(handler, "localhost", "/incidents/I-1/draft/"+path)
		if text, _ := io.ReadAll(answer.Body); answer.Code != 200 || string(text) != want {
			t.Errorf("%q: %d %q, want %q", path, answer.Code, text, want)
		}
	}
}
