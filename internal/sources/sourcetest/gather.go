package sourcetest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// gathered is what one Gather left behind.
type gathered struct {
	records []timeline.Evidence
	err     error
	took    time.Duration
}

// gather asks the source and checks at once that no secret came out.
func (s Suite) gather(ctx context.Context, t *testing.T, src sources.Source, w timeline.Window) gathered {
	t.Helper()
	logs := new(logBuffer)
	var notes []string
	var mu sync.Mutex
	began := time.Now()
	records, err := src.Gather(ctx, sources.Request{
		Window: w, Scope: s.Scope, Roles: s.Roles, Now: s.Now, Snapshots: s.Snapshots,
		Log: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Notify: func(note string) {
			mu.Lock()
			defer mu.Unlock()
			notes = append(notes, note)
		},
	})
	g := gathered{records, err, time.Since(began)}
	s.noSecret(t, "a log line", logs.String())
	mu.Lock()
	s.noSecret(t, "a progress note", notes...)
	mu.Unlock()
	if err != nil {
		s.noSecret(t, "the error", err.Error())
	}
	for _, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("record %s: %v", r.ID, err)
		}
		s.noSecret(t, "record "+r.ID, string(text), r.Body, r.Query, r.URL)
	}
	return g
}

func (s Suite) noSecret(t *testing.T, where string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for i, secret := range s.Secrets {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%s contains secret %d of the suite", where, i)
			}
		}
	}
}

// sound checks the records themselves.
func sound(t *testing.T, src sources.Source, records []timeline.Evidence) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range records {
		if err := r.Verify(); err != nil {
			t.Error(err)
		}
		if r.Source != src.Kind() {
			t.Errorf("record %s is of source %q, the source's kind is %q", r.ID, r.Source, src.Kind())
		}
		if seen[r.ID] {
			t.Errorf("record %s comes twice: a body must hold its own question", r.ID)
		}
		seen[r.ID] = true
		if r.Query == "" || r.MediaType == "" || r.CollectedAt.IsZero() || r.ObservedFrom.IsZero() || r.ObservedTo.Before(r.ObservedFrom) {
			t.Errorf("record %s lacks a query, a media type or its times: %+v", r.ID, head(r))
		}
		if len(r.Body) > 256<<10 {
			t.Errorf("record %s has %d bytes, over 256 KiB: %s", r.ID, len(r.Body), r.Query)
		}
	}
}

// head is a record without its body, for messages.
func head(r timeline.Evidence) timeline.Evidence {
	r.Body = ""
	return r
}

// reread takes records through JSON, as a bundle on disk does.
func reread(t *testing.T, records []timeline.Evidence) []timeline.Evidence {
	t.Helper()
	text, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	var back []timeline.Evidence
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func reversed(records []timeline.Evidence) []timeline.Evidence {
	back := slices.Clone(records)
	slices.Reverse(back)
	return back
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// logBuffer is a bytes.Buffer that may be written from several goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
