package web

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/internal/incident"
)

// TestDraftBeside: the links of a document to the drafts beside it lead somewhere on the
// pages too, and to nothing else that lies there.
func TestDraftBeside(t *testing.T) {
	out := t.TempDir()
	for name, text := range map[string]string{
		"now/postmortem.html": "now", "now/timeline.json": "{}",
		"2024-07-01T0900Z-db1-down/postmortem.html": "before", "2024-07-01T0900Z-db1-down/postmortem.md": "# before", "2024-07-01T0900Z-db1-down/timeline.json": "{}",
		"people/secret": "s3cret", "now.before-update/timeline.json": "{}", "now.before-update/secret": "s3cret",
		".half/timeline.json": "{}", ".half/secret": "s3cret", "secret": "s3cret",
	} {
		file := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	for file, text := range map[string]string{"timeline.json": "{}", "secret": "s3cret"} {
		if err := os.WriteFile(filepath.Join(elsewhere, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link": elsewhere, "2024-07-01T0900Z-db1-down/out": "../secret"} {
		if err := os.Symlink(target, filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	handler := newServer(t, Options{Incidents: book{"I-1": {ID: "I-1", Draft: incident.Draft{Dir: filepath.Join(out, "now")}}, "I-2": {ID: "I-2"}}}).Handler
	for _, tt := range []struct {
		path, body string
		code       int
	}{
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/postmortem.html", "before", 200},
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/postmortem.md", "# before", 200},
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/", "before", 200},
		{"/incidents/I-1/now/postmortem.html", "now", 200},
		{"/incidents/I-1/draft/postmortem.html", "now", 200},
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/nothing", "the draft beside that of incident I-1 has no such file", 404},
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/out", "no such file", 404},
		{"/incidents/I-1/2024-07-01T0900Z-db1-down/..%2f..%2fsecret", "no such file", 404},
		{"/incidents/I-1/gone/postmortem.html", "no such draft lies beside that of incident I-1", 404},
		{"/incidents/I-1/people/secret", "no such draft", 404},
		{"/incidents/I-1/now.before-update/secret", "no such draft", 404},
		{"/incidents/I-1/.half/secret", "no such draft", 404},
		{"/incidents/I-1/link/secret", "no such draft", 404},
		{"/incidents/I-1/..%2fnow/postmortem.html", "no such draft", 404},
		{"/incidents/I-1/x%00y/postmortem.html", "no such draft", 404},
		{"/incidents/I-1/nothing", "not found", 404},
		{"/incidents/I-1/now", "not found", 404},
		{"/incidents/I-2/now/postmortem.html", "has no draft yet", 404},
		{"/incidents/I-9/now/postmortem.html", "there is no incident", 404},
	} {
		t.Run(tt.path, func(t *testing.T) {
			answer := getFrom(handler, "localhost", tt.path)
			body, _ := io.ReadAll(answer.Body)
			if answer.Code != tt.code || !strings.Contains(string(body), tt.body) || strings.Contains(string(body), "s3cret") {
				t.Errorf("%d %q", answer.Code, body)
			}
			if policy := answer.Header().Get("Content-Security-Policy"); tt.code == 200 && !strings.HasPrefix(policy, "sandbox") {
				t.Errorf("the policy is %q", policy)
			}
		})
	}
}
