package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
	"collector/internal/live"
	"collector/internal/report"
)

// TestListThatCannotBeRead: the page of all incidents says so, the log says why.
func TestListThatCannotBeRead(t *testing.T) {
	var log bytes.Buffer
	handler := newServer(t, Options{Incidents: book{"broken": {}}, Log: slog.New(slog.NewTextHandler(&log, nil))}).Handler
	rec := getFrom(handler, "127.0.0.1:9950", "/")
	if rec.Code != 500 || !strings.Contains(rec.Body.String(), "log says why") || strings.Contains(rec.Body.String(), "/secret") || !strings.Contains(log.String(), "the disk is gone") {
		t.Errorf("%d %s; the log says %q", rec.Code, rec.Body, &log)
	}
}

// TestBundlesThatCannotBePacked: what may pass is 503, and only what nobody can know from
// the answer is in the log.
func TestBundlesThatCannotBePacked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		says   string
		again  string // Retry-After
		logged bool
	}{
		{"moved away", fmt.Errorf("/secret: %w", fs.ErrNotExist), 404, "somebody has moved it away", "", false},
		{"refreshed all the time", fmt.Errorf("/secret: %w", report.ErrChanged), 503, "ask again in a moment", "1", false},
		{"too large", fmt.Errorf("/secret: %w", report.ErrLarge), 500, "too large for one file: copy it", "", false},
		{"the disk", errors.New("/secret: input/output error"), 500, "log says why", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			rec := httptest.NewRecorder()
			bundles{drafts: draftFiles{log: slog.New(slog.NewTextHandler(&log, nil))}}.refuse(rec, incident.Incident{ID: "I-1"}, tt.err)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.says) || strings.Contains(rec.Body.String(), "/secret") || rec.Header().Get("Retry-After") != tt.again {
				t.Errorf("%d %s %v", rec.Code, rec.Body, rec.Header())
			}
			if logged := strings.Contains(log.String(), "incident=I-1"); logged != tt.logged {
				t.Errorf("the log says %q", &log)
			}
		})
	}
}

// TestBundleElsewhere: where nobody can write beside the drafts a bundle is packed in the
// system's own place.
func TestBundleElsewhere(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	file, err := nameless(filepath.Join(t.TempDir(), "none"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none either"))
	if _, err := nameless(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nowhere to write: %v", err)
	}
}

// TestFilesThatMayNotBeRead: a file that is there and may not be read is no missing one.
func TestFilesThatMayNotBeRead(t *testing.T) {
	if err := missing(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	if err := missing(errors.New("path escapes from parent")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// slowly is a body that comes when it is told to.
func slowly(t *testing.T, path string) (*http.Request, *io.PipeWriter) {
	t.Helper()
	from, to := io.Pipe()
	req := httptest.NewRequest(http.MethodPost, path, from)
	req.Header.Set("Content-Type", "application/json")
	return req, to
}

// TestManyPushesAtOnce: so many bodies are read at a time, one more is 503, and there is
// room again when they have come in.
func TestManyPushesAtOnce(t *testing.T) {
	handler := pushTo(t, &diary{})
	var clients sync.WaitGroup
	var bodies []*io.PipeWriter
	for range maxPushes {
		req, body := slowly(t, changesPath)
		bodies = append(bodies, body)
		clients.Go(func() { handler.ServeHTTP(httptest.NewRecorder(), req) })
		if _, err := body.Write([]byte("[")); err != nil { // it is being read
			t.Fatal(err)
		}
	}
	for _, path := range []string{changesPath, apiNotes} {
		rec := ask(handler, "POST", path, oneChange, "Content-Type", "application/json")
		if rec.Code != 503 || !strings.Contains(rec.Body.String(), "too many requests at once") || rec.Header().Get("Retry-After") == "" {
			t.Errorf("%s, one more: %d %s", path, rec.Code, rec.Body)
		}
	}
	for _, body := range bodies {
		_ = body.Close()
	}
	clients.Wait()
	if rec := ask(handler, "POST", changesPath, oneChange, "Content-Type", "application/json"); rec.Code != 200 {
		t.Errorf("afterwards: %d %s", rec.Code, rec.Body)
	}
}

// TestPushedBodiesTogether: bodies that are too many bytes together are 503, and what they
// took is given back.
func TestPushedBodiesTogether(t *testing.T) {
	p := newPush(Options{Journal: &diary{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()}, Limits{}.withDefaults())
	p.bodies.left.Store(int64(len(oneChange)) - 1)
	handler := p.take(changes)
	for range 2 {
		rec := ask(handler, "POST", changesPath, oneChange, "Content-Type", "application/json")
		if rec.Code != 503 || !strings.Contains(rec.Body.String(), errCrowded.Error()) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
	if left := p.bodies.left.Load(); left != int64(len(oneChange))-1 {
		t.Errorf("%d bytes are left", left)
	}
	if rec := ask(handler, "POST", changesPath, "[]", "Content-Type", "application/json"); rec.Code != 200 {
		t.Errorf("a small one: %d %s", rec.Code, rec.Body)
	}
}

// TestErrorsAreShort: an error that quotes a body is cut between two characters.
func TestErrorsAreShort(t *testing.T) {
	if got := shortened("abc", 3); got != "abc" {
		t.Error(got)
	}
	if got := shortened(strings.Repeat("é", 10), 5); got != "éé..." || !utf8.ValidString(got) {
		t.Error(got)
	}
}

// TestPageOfWhatGoesOn: the page of an incident that lasts shows its servers and names the
// labels of all of its groups; one that is over has no servers.
func TestPageOfWhatGoesOn(t *testing.T) {
	b := pageBook(t)
	i := b["I-2"]
	i.Groups = []map[string]string{{"cluster": "shop", "az": "a"}, {}, {"cluster": "bank"}}
	b["I-2"] = i
	at := time.Date(2026, 7, 12, 7, 0, 0, 0, time.UTC)
	servers := &world{}
	servers.state = live.NewState("I-2", at, []live.Server{{Name: "db-of-the-page", Cluster: "shop", Health: live.Answers}})
	handler := newServer(t, Options{Incidents: b, Live: servers}).Handler
	text := textOf(t, handler, "/incidents/I-2")
	for _, want := range []string{"db-of-the-page", "az=a, cluster=shop &#43; cluster=bank"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if text := textOf(t, handler, "/incidents/I-3"); strings.Contains(text, "db-of-the-page") {
		t.Error("the page of an incident that is over shows servers")
	}
}

func TestPagePath(t *testing.T) {
	if got := PagePath("2026-11-21T0902Z-a/b c"); got != "incidents/2026-11-21T0902Z-a%2Fb%20c" {
		t.Error(got)
	}
}
