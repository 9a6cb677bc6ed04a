package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
)

// TestServe runs the daemon with a server that is down and a password that
// everybody can read, and stops it: it warns, prints no secret, and leaves a store.
func TestServe(t *testing.T) {
	b := newBench(t)
	if err := os.RemoveAll(b.storage); err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(b.dir, "password")
	if err := os.WriteFile(password, []byte("hunter2\n"), 0o644); err != nil { //nolint:gosec // that is what is warned of
		t.Fatal(err)
	}
	path := b.config(t)
	b.addServer(t, path, "  - {name: open, address: '127.0.0.1:1', user: collector, interval: 100ms, password_file: '"+password+"'}\nserver: {listen: '127.0.0.1:0'}\n")
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	var log bytes.Buffer
	code := run(ctx, []string{"serve", "-c", path}, app{stdout: &log, stderr: &log, now: time.Now})
	if code != exitOK {
		t.Errorf("exit code %d: %s", code, &log)
	}
	for _, want := range []string{"every user of this machine can read", "path=" + password, "msg=stopped", "does not answer"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, &log)
		}
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Errorf("the log holds the password:\n%s", &log)
	}
	if book, err := incident.OpenExisting(t.Context(), incident.Options{Path: b.storage}); err != nil {
		t.Errorf("no book of incidents was left: %v", err)
	} else if err := book.Close(); err != nil {
		t.Error(err)
	}
	reader, err := store.OpenReadOnly(t.Context(), b.storage)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if held, err := reader.Coverage(t.Context(), "open"); err != nil || held.Ticks == 0 {
		t.Errorf("nothing was recorded of the server that is down: %+v, %v", held, err)
	}
}
