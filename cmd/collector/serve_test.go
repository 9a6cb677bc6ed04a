package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/store"
	"collector/lab/servers"
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

// TestServeListensWiderOnlyWhenTold: without a password the daemon does not start
// where other machines reach it, unless the configuration says so.
func TestServeListensWiderOnlyWhenTold(t *testing.T) {
	for _, tt := range []struct {
		name, server string
		code         int
		says         string
	}{
		{"not told", "{listen: '0.0.0.0:0'}", exitFailed, "asks nobody for a password"},
		{"told", "{listen: '0.0.0.0:0', allow_unauthenticated: true}", exitOK, "everybody who reaches this address gets in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			if err := os.RemoveAll(b.storage); err != nil {
				t.Fatal(err)
			}
			path := b.config(t)
			b.addServer(t, path, "  - {name: open, address: '127.0.0.1:1', user: collector}\nserver: "+tt.server+"\n")
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			log := &tripwire{says: "recorder started", trip: stop}
			code := run(ctx, []string{"serve", "-c", path}, app{stdout: log, stderr: log, now: time.Now})
			if code != tt.code || !strings.Contains(log.text.String(), tt.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, tt.code, tt.says, &log.text)
			}
		})
	}
}

// TestServeKeepsAlerts: what the daemon answered 200 stands in the book when it has
// ended.
func TestServeKeepsAlerts(t *testing.T) {
	b := newBench(t)
	if err := os.RemoveAll(b.storage); err != nil {
		t.Fatal(err)
	}
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	path := b.config(t)
	b.addServer(t, path, "  - {name: open, address: '127.0.0.1:1', user: collector}\nserver: {listen: '"+address+"'}\n")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	started := make(chan struct{})
	log := &tripwire{says: "recorder started", trip: sync.OnceFunc(func() { close(started) })}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve", "-c", path}, app{stdout: log, stderr: log, now: time.Now}) }()
	select {
	case <-started:
	case <-ctx.Done():
		t.Fatalf("the daemon did not start:\n%s", &log.text)
	}
	notification := fmt.Sprintf(`{"version":"4","receiver":"collector","groupKey":"k","alerts":[{"status":"firing","labels":{"alertname":"MySQLDown","cluster":"shop"},"startsAt":%q,"endsAt":"0001-01-01T00:00:00Z"}]}`,
		time.Now().UTC().Format(time.RFC3339))
	for range 2 { // the second half of a pair
		resp, err := http.Post("http://"+address+"/api/v1/alertmanager", "application/json", strings.NewReader(notification))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("answered %s", resp.Status)
		}
	}
	if answer := postReload(t, address); !strings.Contains(answer, "has reloaded") {
		t.Errorf("/-/reload answers %q", answer)
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d:\n%s", code, &log.text)
	}
	book, err := incident.OpenExisting(t.Context(), incident.Options{Path: b.storage, Config: incident.DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all, err := book.Incidents(t.Context(), time.Now())
	if err != nil || len(all) != 1 || all[0].Count != 1 {
		t.Errorf("%+v, %v; want one incident with one alert", all, err)
	}
}

// postReload asks until the daemon has started.
func postReload(t *testing.T, address string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Post("http://"+address+"/-/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(answer), errStarting.Error()) || time.Now().After(deadline) {
			return string(answer)
		}
	}
}

// tripwire keeps what is written to it, and trips when that says something.
type tripwire struct {
	mu   sync.Mutex
	text bytes.Buffer
	says string
	trip func()
}

func (w *tripwire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(string(p), w.says) {
		w.trip()
	}
	return w.text.Write(p)
}
