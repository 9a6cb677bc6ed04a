package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/lab/servers"
)

// TestToldWhateverDies kills the daemon, as a process of its own, between queueing a
// notification and sending it, between sending it and its answer, and while it waits
// to be tried again. Everybody is told of every step, in order; what arrives twice has
// the same key.
func TestToldWhateverDies(t *testing.T) {
	k := newKilled(t)
	chat, pager := newFragile(t), newFragile(t)
	k.notify(t, chat, pager)

	pager.answers(http.StatusServiceUnavailable)
	k.start(t)
	k.post(t, "firing", time.Time{})
	k.kill(t, "two steps are queued, and nobody is there to take them", func() bool { return len(k.waiting(t, "chat")) == 2 })

	chat.listen(t)
	chat.hold()
	k.start(t)
	k.kill(t, "the first is sent and not answered", func() bool { return len(chat.keys()) > 0 })
	if got := chat.steps(); len(got) > 0 {
		t.Errorf("the chat took %v", got)
	}

	chat.answers(http.StatusTooManyRequests)
	k.start(t)
	k.kill(t, "the first waits to be tried again", func() bool { return len(chat.keys()) > 1 })

	chat.answers(http.StatusOK)
	k.start(t)
	k.post(t, "resolved", time.Now())
	k.kill(t, "the final draft is told", func() bool { return slices.Contains(chat.steps(), "final") })

	pager.answers(http.StatusOK)
	k.start(t)
	// It was down for so long that it is asked once a minute.
	for limit := time.Now().Add(3 * time.Minute); !slices.Contains(pager.steps(), "final") && time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
	}
	k.kill(t, "the other one has it too, and nothing waits", func() bool { return len(k.waiting(t, "chat"))+len(k.waiting(t, "pager")) == 0 })
	for name, f := range map[string]*fragile{"chat": chat, "pager": pager} {
		if got := f.steps(); !slices.Equal(got, []string{"opened", "drafted", "final"}) {
			t.Errorf("the %s was told %v", name, got)
		}
		t.Logf("%s: %d requests, keys %v", name, len(f.keys()), slices.Compact(f.keys()))
	}
	if text := k.log(); strings.Contains(text, fragileToken) {
		t.Errorf("the address stands in the log:\n%s", text)
	}
}

const fragileToken = "T0KEN-B00-secret"

// notify adds receivers to the configuration.
func (k *killed) notify(t *testing.T, chat, pager *fragile) {
	t.Helper()
	pager.listen(t)
	text, err := os.ReadFile(k.config)
	if err != nil {
		t.Fatal(err)
	}
	text = fmt.Appendf(text, "notify: [{name: chat, timeout: 2s, url: 'http://%s/%s'}, {name: pager, timeout: 2s, url: 'http://%s/%s'}]\n", chat.address, fragileToken, pager.address, fragileToken)
	if err := os.WriteFile(k.config, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// waiting are the kinds of the steps that wait for a notifier.
func (k *killed) waiting(t *testing.T, notifier string) (kinds []string) {
	t.Helper()
	time.Sleep(50 * time.Millisecond) // it is asked again and again
	c, err := config.Load(k.config)
	if err != nil {
		t.Fatal(err)
	}
	book, err := incident.OpenExisting(t.Context(), incident.Options{Path: k.storage, Config: c.Incidents})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all, err := book.Waiting(t.Context(), notifier)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// fragile is a receiver that is not always there. It folds what it is told twice, as
// the documentation tells receivers to.
type fragile struct {
	address string

	mu    sync.Mutex
	code  int
	held  bool
	asked []string // the keys of all requests
	taken map[string]bool
	told  []string // the steps
}

func newFragile(t *testing.T) *fragile {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return &fragile{address: fmt.Sprintf("127.0.0.1:%d", port), code: http.StatusOK, taken: map[string]bool{}}
}

// listen lets the receiver be there from now on.
func (f *fragile) listen(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(f)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
}

func (f *fragile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var step struct{ Key, Step string }
	err := json.NewDecoder(r.Body).Decode(&step)
	f.mu.Lock()
	f.asked = append(f.asked, r.Header.Get("Idempotency-Key"))
	held := f.held
	f.mu.Unlock()
	if held {
		<-r.Context().Done()
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.code == http.StatusOK && err == nil && step.Key == r.Header.Get("Idempotency-Key") && !f.taken[step.Key] {
		f.taken[step.Key] = true
		f.told = append(f.told, step.Step)
	}
	w.WriteHeader(f.code)
}

// answers sets what it answers from now on, at once.
func (f *fragile) answers(code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.code, f.held = code, false
}

// hold lets it answer nothing.
func (f *fragile) hold() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = true
}

func (f *fragile) steps() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told)
}

func (f *fragile) keys() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}
