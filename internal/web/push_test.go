package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"collector/internal/store"
)

// diary is the Journal of tests: it keeps what it is told in memory.
type diary struct {
	mu   sync.Mutex
	kept []store.Entry
	fail error
}

func (d *diary) Put(_ context.Context, entries ...store.Entry) (fresh int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return 0, d.fail
	}
	for _, e := range entries {
		if n := slices.IndexFunc(d.kept, func(k store.Entry) bool { return k.Key == e.Key }); n < 0 {
			d.kept = append(d.kept, e)
			fresh++
		} else if !maps.Equal(d.kept[n].Fields, e.Fields) {
			return 0, store.ErrConflict
		}
	}
	return fresh, nil
}

// told is what was kept, a line each.
func (d *diary) told() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for _, e := range d.kept {
		line := e.At.Format("15:04:05")
		if e.Undated {
			line = "undated"
		}
		for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
			if name != changeTime {
				line += " " + name + "=" + e.Fields[name]
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// noteRules read RFC 3339 and "now", and know one cluster.
func noteRules() NoteRules {
	return NoteRules{
		When: func(text string) (at, until time.Time, err error) {
			if text == "now" {
				return time.Now(), time.Now(), nil
			}
			at, err = time.Parse(time.RFC3339, text)
			return at, at.Add(time.Second), err
		},
		Clusters: func() []string { return []string{"shop"} },
	}
}

// pushTo is a server whose journal is d.
func pushTo(t testing.TB, d *diary) http.Handler {
	return newServer(t, Options{Journal: d, Notes: noteRules()}).Handler
}

const (
	changesPath = "/api/v1/changes"
	apiNotes    = "/api/v1/notes"
	oneChange   = `{"time":"2024-07-12T09:10:00Z","service":"shop","version":"1.4.2","event":"deploy_finished"}`
)

// TestPushAnswers: what is common to changes and notes.
func TestPushAnswers(t *testing.T) {
	typed := []string{"Content-Type", "application/json"}
	with := func(header ...string) []string { return append(slices.Clone(typed), header...) }
	for _, tt := range []struct {
		name   string
		fail   error
		body   string
		header []string
		code   int
		says   string
	}{
		{"kept", nil, oneChange, typed, 200, `{"ignored":0,"kept":1,"known":0}`},
		{"with a charset", nil, oneChange, []string{"Content-Type", "application/json; charset=utf-8"}, 200, `"kept":1`},
		{"nothing", nil, `[]`, typed, 200, `"kept":0`},
		{"no body", nil, ``, typed, 400, "the body is empty"},
		{"not JSON", nil, `{"time":`, typed, 400, "not JSON"},
		{"two values", nil, oneChange + oneChange, typed, 400, "not JSON"},
		{"a string", nil, `"change"`, typed, 400, "no JSON object"},
		{"null", nil, `null`, typed, 400, "no JSON object"},
		{"a form", nil, oneChange, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "application/cdevents+json"},
		{"no type", nil, oneChange, nil, 415, "Content-Type"},
		{"an odd type", nil, oneChange, []string{"Content-Type", ";"}, 415, "Content-Type"},
		{"compressed", nil, oneChange, with("Content-Encoding", "gzip"), 415, "compressed"},
		{"too large", nil, `{"service":"` + strings.Repeat("x", maxPushed) + `"}`, typed, 413, "1024 KiB"},
		{"too many", nil, "[" + strings.Repeat("1,", maxEntries) + "1]", typed, 413, "more than 1000"},
		{"a long key", nil, oneChange, with("Idempotency-Key", strings.Repeat("x", 501)), 400, "Idempotency-Key"},
		{"a page of another site", nil, oneChange, with("Sec-Fetch-Site", "cross-site"), 403, "not for browsers"},
		{"a page of collector's", nil, oneChange, with("Origin", "http://example.com"), 403, "not for browsers"},
		{"something else under the key", fmt.Errorf("entry 1 of 1: %w", store.ErrConflict), oneChange, typed, 409, "under this key"},
		{"the disk is full", fmt.Errorf("/secret/path: %w", syscall.ENOSPC), oneChange, typed, 503, "log says why"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			handler := newServer(t, Options{Journal: &diary{fail: tt.fail}, Notes: noteRules(), Log: slog.New(slog.NewTextHandler(&log, nil))}).Handler
			rec := ask(handler, "POST", changesPath, tt.body, tt.header...)
			if rec.Code != tt.code || !strings.Contains(rec.Body.String(), tt.says) || strings.Contains(rec.Body.String(), "/secret") {
				t.Errorf("%d %q, want %d and %q", rec.Code, rec.Body, tt.code, tt.says)
			}
			if again := rec.Header().Get("Retry-After"); (rec.Code == 503) != (again != "") {
				t.Errorf("Retry-After %q at %d", again, rec.Code)
			}
			if (rec.Code == 503) != strings.Contains(log.String(), "level=ERROR") || strings.Contains(log.String(), "1.4.2") {
				t.Errorf("the log says %q", &log)
			}
			if media := rec.Header().Get("Content-Type"); media != "application/json" && rec.Code != 403 {
				t.Errorf("it is %q", media)
			}
		})
	}
}

// TestNobodyKeepsWhatIsPushed: without a journal both are answered 503.
func TestNobodyKeepsWhatIsPushed(t *testing.T) {
	handler := newServer(t, Options{}).Handler
	for _, path := range []string{changesPath, apiNotes} {
		if rec := ask(handler, "POST", path, oneChange, "Content-Type", "application/json"); rec.Code != 503 {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
		if rec := ask(handler, "GET", path, ""); rec.Code != 405 {
			t.Errorf("GET %s: %d", path, rec.Code)
		}
	}
}

// TestPushedBodyThatBreaksOff is 503: the same may come in whole the next time.
func TestPushedBodyThatBreaksOff(t *testing.T) {
	kept := &diary{}
	req := httptest.NewRequest("POST", changesPath, io.MultiReader(strings.NewReader(`[`+oneChange), brokenOff{}))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	pushTo(t, kept).ServeHTTP(rec, req)
	if rec.Code != 503 || kept.told() != "" {
		t.Errorf("%d %s; kept %q", rec.Code, rec.Body, kept.told())
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

// TestPushMetrics: what is told again counts apart.
func TestPushMetrics(t *testing.T) {
	handler := pushTo(t, &diary{})
	for range 3 {
		ask(handler, "POST", changesPath, oneChange, "Content-Type", "application/json")
	}
	ask(handler, "POST", apiNotes, `{"text":"x"}`, "Content-Type", "application/json")
	text := ask(handler, "GET", "/metrics", "").Body.String()
	for _, want := range []string{
		`collector_journal_entries_total{kind="change",outcome="kept"} 1`,
		`collector_journal_entries_total{kind="change",outcome="known"} 2`,
		`collector_journal_entries_total{kind="note",outcome="kept"} 1`,
		`collector_journal_entries_total{kind="note",outcome="known"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
