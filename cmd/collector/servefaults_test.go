package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServeWithoutAJournal: a journal that cannot be opened keeps nobody from recording and
// drafting; what is pushed is answered 503, so that it is sent again.
func TestServeWithoutAJournal(t *testing.T) {
	b := newBench(t)
	path := b.config(t)
	b.addServer(t, path, "server: {listen: '127.0.0.1:0'}\n")
	if err := os.MkdirAll(filepath.Join(b.storage, "journal.db", "taken"), 0o750); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, path)
	if !strings.Contains(d.log.String(), "changes and notes cannot be kept; everything else goes on") {
		t.Errorf("the log says\n%s", d.log)
	}
	for name, body := range map[string]string{"changes": `{"service":"shop","event":"change"}`, "notes": `{"text":"x"}`} {
		if code, text := answer(http.Post(d.url+"/api/v1/"+name, "application/json", strings.NewReader(body))); code != http.StatusServiceUnavailable || !strings.Contains(text, "log says why") {
			t.Errorf("%s: %d %s", name, code, text)
		}
	}
	code, asked := d.postDraft(t, `{"from":"2024-07-12T08:59:00Z","to":"2024-07-12T09:01:00Z"}`)
	if code != http.StatusOK || asked.Dir == "" {
		t.Errorf("a draft: %d %+v", code, asked)
	}
}

// TestServeCannotStart: what keeps the daemon from starting ends it, with what to change.
func TestServeCannotStart(t *testing.T) {
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, tt := range []struct {
		name, listen string
		spoil        func(t *testing.T, b *bench)
		says         string
	}{
		{"the address is taken", taken.Addr().String(), func(*testing.T, *bench) {}, "change server.listen"},
		{"the storage is a file", "127.0.0.1:0", func(t *testing.T, b *bench) {
			if err := os.RemoveAll(b.storage); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(b.storage, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "the book of incidents"},
		{"the web configuration is missing", "127.0.0.1:0', web_config_file: '/nonexistent/web.yml", func(*testing.T, *bench) {}, "/nonexistent/web.yml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			path := b.config(t)
			b.addServer(t, path, "server: {listen: '"+tt.listen+"'}\n")
			tt.spoil(t, b)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			log := &tripwire{says: "recorder started", trip: cancel}
			if code := run(ctx, []string{"serve", "-c", path}, app{stdout: log, stderr: log, now: time.Now}); code != exitFailed || !strings.Contains(log.text.String(), tt.says) {
				t.Errorf("exit code %d, want %q:\n%s", code, tt.says, &log.text)
			}
		})
	}
}
