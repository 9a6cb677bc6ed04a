package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/model"

	"collector/internal/sources/httpclient"
)

const token = "T0KEN-B00-secret"

// receiver is a chat system that keeps what it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	told   []string // the incidents' IDs with their steps
	answer func(n int) (code int, text string)
	asked  int
	held   chan struct{} // when set, no answer before it is closed
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{answer: func(int) (int, string) { return 200, "ok" }}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	text, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	held := r.held
	r.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-req.Context().Done():
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	code, said := r.answer(r.asked)
	var s Step
	if code == 200 && json.Unmarshal(text, &s) == nil && req.Method == http.MethodPost && req.Header.Get("Content-Type") == "application/json" {
		r.told = append(r.told, s.Incident.ID+" "+s.Kind)
	}
	w.Header().Set("Content-Type", "text/html") // as Slack answers
	w.WriteHeader(code)
	fmt.Fprint(w, said)
}

func (r *receiver) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// await waits until the receiver was told so many steps.
func (r *receiver) await(t *testing.T, n int) []string {
	t.Helper()
	eventually(t, func() bool { return len(r.all()) >= n }, func() string { return fmt.Sprintf("told %v", r.all()) })
	return r.all()
}

func eventually(t *testing.T, holds func() bool, say func() string) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatal(say())
}

func (r *receiver) config() Config {
	c := Config{Name: "chat", URL: Secret(r.URL + "/services/" + token + "?key=" + token), On: kinds()}
	c.SetDefaults()
	return c
}

// world is a group with everything that it tells.
type world struct {
	*Group
	log      *lockedBuffer
	registry *prometheus.Registry
	metrics  *Metrics

	mu        sync.Mutex
	delivered []string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newWorld() *world {
	registry := prometheus.NewRegistry()
	return &world{log: &lockedBuffer{}, registry: registry, metrics: NewMetrics(registry)}
}

// group makes a group whose retries do not wait for long.
func (w *world) group(t *testing.T, configs ...Config) *Group {
	t.Helper()
	for i := range configs {
		if problems := configs[i].Validate(); problems != nil {
			t.Fatal(problems)
		}
	}
	g, err := New(configs, Options{Log: slog.New(slog.NewTextHandler(w.log, nil)), Metrics: w.metrics, Delivered: func(notifier string, s Step) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.delivered = append(w.delivered, notifier+" "+s.Incident.ID+" "+s.Kind)
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range g.hooks {
		h.pause = func(int) time.Duration { return 10 * time.Millisecond }
	}
	t.Cleanup(func() {
		if err := g.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (w *world) value(t *testing.T, name, outcome string) float64 {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if f.GetName() == name && (outcome == "" || l.GetName() == "outcome" && l.GetValue() == outcome) {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return -1
}

func step(id, kind string) Step { return Step{Kind: kind, Incident: Incident{ID: id, Title: id}} }

func tell(t *testing.T, g *Group, steps ...Step) {
	t.Helper()
	for _, s := range steps {
		if err := g.Tell(t.Context(), s); err != nil {
			t.Error(err)
		}
	}
}

// TestTells: in order, only what is wanted, with retries.
func TestTells(t *testing.T) {
	r, w := newReceiver(t), newWorld()
	r.answer = func(n int) (int, string) {
		if n <= 3 {
			return []int{500, 503, 429}[n-1], "later"
		}
		return 200, "ok"
	}
	c := r.config()
	c.On = []string{Opened, Final}
	g := w.group(t, c)
	if err := g.Tell(t.Context(), step("1", Opened)); !errors.Is(err, ErrStopped) {
		t.Errorf("before the start: %v", err)
	}
	g.Start(t.Context())
	tell(t, g, step("1", Opened), step("1", Drafted), step("1", Final), step("2", Opened))
	if got := r.await(t, 3); !slices.Equal(got, []string{"1 opened", "1 final", "2 opened"}) {
		t.Errorf("told %v", got)
	}
	eventually(t, func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.delivered) == 3 }, func() string { return fmt.Sprint(w.delivered) })
	if n := w.value(t, "collector_notifications_total", delivered); n != 3 {
		t.Errorf("%v delivered", n)
	}
	if n := w.value(t, "collector_notification_failed_attempts_total", ""); n != 3 {
		t.Errorf("%v failed attempts", n)
	}
}

// TestRefused: what is refused for good is not tried again, and no word of the
// address stands in the log, whoever repeats it.
func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct{ code int }{"gone": {404}, "forbidden": {403}, "redirect to a page": {302}} {
		t.Run(name, func(t *testing.T) {
			r, w := newReceiver(t), newWorld()
			r.answer = func(n int) (int, string) {
				if n == 1 {
					return tt.code, "no such hook: /services/" + token + "?key=" + token + " on " + r.URL
				}
				return 200, "ok"
			}
			g := w.group(t, r.config())
			g.Start(t.Context())
			tell(t, g, step("1", Opened), step("2", Opened))
			if got := r.await(t, 1); !slices.Equal(got, []string{"2 opened"}) {
				t.Errorf("told %v", got)
			}
			if n := w.value(t, "collector_notifications_total", failed); n != 1 {
				t.Errorf("%v failed", n)
			}
			if text := w.log.String(); strings.Contains(text, token) || !strings.Contains(text, fmt.Sprint(tt.code)) {
				t.Errorf("the log: %s", text)
			}
		})
	}
}

// TestUnreachable: the address is no part of the error either.
func TestUnreachable(t *testing.T) {
	r, w := newReceiver(t), newWorld()
	c := r.config()
	r.Close()
	g := w.group(t, c)
	g.Start(t.Context())
	tell(t, g, step("1", Opened))
	eventually(t, func() bool { return w.value(t, "collector_notification_failed_attempts_total", "") >= 2 }, w.log.String)
	if text := w.log.String(); strings.Contains(text, token) || strings.Count(text, "\n") != 1 {
		t.Errorf("the log: %s", text)
	}
}

// TestNeverWaits: a receiver that hangs holds up nobody; what finds no room is said.
func TestNeverWaits(t *testing.T) {
	r, w := newReceiver(t), newWorld()
	r.held = make(chan struct{})
	defer close(r.held)
	g := w.group(t, r.config())
	g.Start(t.Context())
	var full int
	began := time.Now()
	for range queueLimit + 10 {
		if err := g.Tell(t.Context(), step("1", Opened)); errors.Is(err, ErrFull) {
			full++
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if full < 9 || full > 10 || w.value(t, "collector_notifications_total", dropped) != float64(full) {
		t.Errorf("%d found no room", full)
	}
	limit, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := g.Stop(limit); err != nil {
		t.Errorf("stopping with a receiver that hangs: %v", err)
	}
}

// TestReplace: a new configuration goes on with what the old one had not delivered,
// under way or not; what the old group is told still arrives.
func TestReplace(t *testing.T) {
	hangs, r, w := newReceiver(t), newReceiver(t), newWorld()
	hangs.held = make(chan struct{})
	defer close(hangs.held)
	gone := hangs.config()
	gone.Name = "gone"
	old := w.group(t, hangs.config(), gone)
	old.Start(t.Context())
	tell(t, old, step("1", Opened), step("1", Drafted), step("1", Final))
	g := w.group(t, r.config())
	g.Replace(old)
	tell(t, old, step("2", Opened))
	if got := r.await(t, 4); !slices.Equal(got, []string{"1 opened", "1 drafted", "1 final", "2 opened"}) {
		t.Errorf("told %v", got)
	}
	families, err := w.registry.Gather()
	if err != nil || strings.Contains(fmt.Sprint(families), `"gone"`) {
		t.Errorf("metrics of a webhook that is gone: %v, %v", families, err)
	}
}

// TestURLFile: the file is read at every step; one that is missing is waited for.
func TestURLFile(t *testing.T) {
	r, w := newReceiver(t), newWorld()
	c := r.config()
	address := string(c.URL)
	c.URL, c.URLFile = "", filepath.Join(t.TempDir(), "chat.url")
	g := w.group(t, c)
	g.Start(t.Context())
	tell(t, g, step("1", Opened))
	eventually(t, func() bool { return w.value(t, "collector_notification_failed_attempts_total", "") >= 1 }, w.log.String)
	if err := os.WriteFile(c.URLFile, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.await(t, 1)
}

func TestValidate(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"nothing":          {Config{}, "url: is empty"},
		"both":             {Config{URL: "http://x", URLFile: "f"}, "url_file: url is set too"},
		"no address":       {Config{URL: "chat/" + token}, "url: the URL does not begin with http"},
		"unknown step":     {Config{URL: "http://x", On: []string{"fired"}}, `on[0]: there is no step "fired"`},
		"no step":          {Config{URL: "http://x", On: []string{}}, "on: is empty"},
		"negative timeout": {Config{URL: "http://x", Timeout: -1}, "timeout: must be more than 0"},
		"two templates":    {Config{URL: "http://x", Template: "{}", TemplateFile: "f"}, "template_file: template is set too"},
		"bad template":     {Config{URL: "http://x", Template: "{{ .Nobody }}"}, "template: "},
		"fine":             {Config{URL: "http://x", Template: `{"text": {{ json .Kind }}}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.SetDefaults()
			problems := tt.config.Validate()
			got := ""
			if len(problems) > 0 {
				got = problems[0].Error()
			}
			if !strings.HasPrefix(got, tt.want) || (tt.want == "") != (got == "") || strings.Contains(got, token) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecret(t *testing.T) {
	c := Config{URL: "https://chat.example/" + token, HTTPClient: httpclient.Config{}, Timeout: model.Duration(time.Second)}
	marshalled, err := json.Marshal(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "url", c.URL)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%q", c.URL), string(marshalled), logged.String()} {
		if strings.Contains(text, token) {
			t.Error(text)
		}
	}
}

func TestBackOff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := backOff(attempt); got != want {
			t.Errorf("attempt %d: %v, want %v", attempt, got, want)
		}
	}
}

func TestMetricNames(t *testing.T) {
	w := newWorld()
	w.metrics.follow("chat")
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
