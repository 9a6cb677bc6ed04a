package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/internal/incident"
	"collector/internal/logtest"
)

const token = "T0KEN-B00-secret"

// receiver is a chat system that keeps what it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	told   []string // the incidents' IDs with their steps
	keys   []string // of all requests, also of those that were refused
	answer func(n int, s Step) answer
	asked  int
	held   chan struct{} // when set, no answer before it is closed
}

// answer is how a receiver answers.
type answer struct {
	code   int
	text   string
	header map[string]string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{answer: func(int, Step) answer { return answer{code: 200, text: "ok"} }}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	text, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	held := r.held
	r.keys = append(r.keys, req.Header.Get("Idempotency-Key"))
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
	var s Step
	readable := json.Unmarshal(text, &s) == nil
	said := r.answer(r.asked, s)
	if said.code == 200 && readable && req.Method == http.MethodPost && req.Header.Get("Content-Type") == "application/json" && s.Key == req.Header.Get("Idempotency-Key") {
		r.told = append(r.told, s.Incident.ID+" "+s.Kind)
	}
	w.Header().Set("Content-Type", "text/html") // as Slack answers
	for name, value := range said.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(said.code)
	fmt.Fprint(w, said.text)
}

func (r *receiver) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

func (r *receiver) allKeys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.keys)
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

// world is a book of incidents, and everything that groups tell of themselves.
type world struct {
	dir      string
	book     *incident.Book
	outbox   Outbox // the book, unless a test has its own
	log      *logtest.Buffer
	registry *prometheus.Registry
	metrics  *Metrics
}

func newWorld(t *testing.T) *world {
	t.Helper()
	registry := prometheus.NewRegistry()
	w := &world{dir: t.TempDir(), log: &logtest.Buffer{}, registry: registry, metrics: NewMetrics(registry)}
	w.restart(t)
	return w
}

// restart opens the book again, as the next process would.
func (w *world) restart(t *testing.T) {
	t.Helper()
	if w.book != nil {
		if err := w.book.Close(); err != nil {
			t.Fatal(err)
		}
	}
	book, err := incident.Open(context.Background(), incident.Options{Path: w.dir, Config: incident.DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() }) // a restart has closed it already
	w.book, w.outbox = book, book
}

// group makes a group whose retries do not wait for long.
func (w *world) group(t *testing.T, configs ...Config) *Group {
	t.Helper()
	for i := range configs {
		if problems := configs[i].Validate(); problems != nil {
			t.Fatal(problems)
		}
	}
	g, err := New(configs, Options{Log: slog.New(slog.NewTextHandler(w.log, nil)), Metrics: w.metrics})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range g.hooks {
		h.pause = func(int) time.Duration { return 10 * time.Millisecond }
	}
	t.Cleanup(func() { stop(t, g) })
	return g
}

func stop(t *testing.T, g *Group) {
	t.Helper()
	limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := g.Stop(limit); err != nil {
		t.Errorf("stopping: %v", err)
	}
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

// incident is the one of a cluster; it is opened when there is none.
func (w *world) incident(t *testing.T, cluster string) incident.Incident {
	t.Helper()
	for range 2 {
		all, err := w.book.Advance(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if i.Groups[0]["cluster"] == cluster && !i.Unnamed {
				return i
			}
		}
		now := time.Now()
		alert := incident.Alert{Status: incident.Firing, StartsAt: now, Labels: map[string]string{"alertname": "Slow", "cluster": cluster}}
		if err := w.book.Receive(t.Context(), incident.Notification{Alerts: []incident.Alert{alert}, ReceivedAt: now}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.book.Advance(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("there is no incident of %s", cluster)
	return incident.Incident{}
}

func step(id, kind string) Step {
	return Step{Kind: kind, At: time.Now(), Incident: Incident{ID: id, Title: id}}
}

// tell records steps of incidents, as the daemon does, and lets the group tell them.
func (w *world) tell(t *testing.T, g *Group, steps ...Step) {
	t.Helper()
	for _, s := range steps {
		notices, err := g.Notices(s)
		if err != nil {
			t.Fatal(err)
		}
		i := w.incident(t, s.Incident.ID)
		if s.Kind == Opened {
			err = w.book.Opened(t.Context(), i, s.At, notices...)
		} else {
			err = w.book.Drafted(t.Context(), i, "/out", s.At, s.Kind == Final, notices...)
		}
		if err != nil {
			t.Fatal(err)
		}
		g.Wake()
	}
}

// of are the steps of one incident among what was told.
func of(told []string, id string) []string {
	return slices.DeleteFunc(slices.Clone(told), func(s string) bool { return s[:len(id)+1] != id+" " })
}

// awaitEmpty waits until nothing waits for a notifier.
func (w *world) awaitEmpty(t *testing.T, notifier string) {
	t.Helper()
	var waiting []incident.Notice
	eventually(t, func() bool {
		var err error
		if waiting, err = w.book.Waiting(t.Context(), notifier); err != nil {
			t.Fatal(err)
		}
		return len(waiting) == 0
	}, func() string { return fmt.Sprintf("waiting are %+v\n%s", waiting, w.log) })
}
