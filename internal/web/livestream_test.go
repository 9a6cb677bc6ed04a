package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/internal/live"
	"collector/internal/logtest"
)

// world is what there is to follow: one incident, and its servers.
type world struct {
	mu       sync.Mutex
	incident incident.Incident
	state    live.State
	panics   bool
	looks    int
}

func newWorld() *world { return &world{incident: openIncident(), state: stateOf(5)} }

func (w *world) change(change func(w *world)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *world) Incident(_ context.Context, id string, _ time.Time) (incident.Incident, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch id {
	case w.incident.ID:
		return w.incident, nil
	case "broken":
		return incident.Incident{}, errDisk
	}
	return incident.Incident{}, incident.ErrUnknown
}

func (w *world) Incidents(context.Context, time.Time) ([]incident.Incident, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []incident.Incident{w.incident}, nil
}

func (w *world) Now(incident.Incident, time.Time) (live.State, *time.Location) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if w.panics {
		panic("a mistake")
	}
	return w.state, time.UTC
}

// narrow accepts connections with little room for what their clients do not read.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, is := conn.(*net.TCPConn); is {
		err = tcp.SetWriteBuffer(4096)
	}
	return conn, err
}

// startNarrow serves where a client that does not read is noticed soon.
func startNarrow(t *testing.T, server *http.Server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, server, narrow{listener})
	return listener.Addr().String()
}

// huge is a state that does not fit there.
func huge(used int64) live.State {
	s := stateOf(used)
	s.Servers[0].Blocking = &live.Blocking{Waiting: 1, Chains: []live.Chain{{Victims: 1, Root: live.Root{Session: 1, Statement: strings.Repeat("x", 1<<20)}}}}
	return s
}

// stall asks for a stream and does not read it.
func stall(t *testing.T, addr string) {
	t.Helper()
	conn := dial(t, addr)
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	send(t, conn, "GET /incidents/I-1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

// following is a client's view of a stream.
type following struct {
	events chan string // names and data
	ended  chan error
	leave  context.CancelFunc
}

// followOn follows the incident at an address, as JSON.
func followOn(t *testing.T, client *http.Client, url string, header ...string) *following {
	t.Helper()
	return readStream(t, client, url+"/incidents/I-1/live", header...)
}

func readStream(t *testing.T, client *http.Client, url string, header ...string) *following {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(request) //nolint:bodyclose // whoever reads it does
	if err != nil {
		t.Fatal(err)
	}
	f := &following{events: make(chan string, 1000), ended: make(chan error, 1), leave: leave}
	go func() {
		defer resp.Body.Close()
		f.read(resp.Body)
	}()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("answered %d as %q", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return f
}

// read reads events until there are no more.
func (f *following) read(body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 64<<20)
	name := ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		if field == "event" {
			name = value
		}
		if field == "data" {
			f.events <- name + " " + value
		}
	}
	f.ended <- lines.Err()
}

// await waits for an event that has some words.
func (f *following) await(t *testing.T, words ...string) {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case e := <-f.events:
			missing := false
			for _, word := range words {
				missing = missing || !strings.Contains(e, word)
			}
			if !missing {
				return
			}
		case <-limit:
			t.Fatalf("in %s there was no event with %q", patience, words)
		}
	}
}

func (f *following) awaitEnd(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("in %s the stream did not end", patience)
		return nil
	}
}

// serveLive serves a world and returns where.
func serveLive(t *testing.T, w *world, limits Limits) string {
	t.Helper()
	return "http://" + start(t, newServer(t, Options{Incidents: w, Live: w, Limits: limits}))
}

// TestFollow: what happens to an incident is told as it happens, until it is over.
func TestFollow(t *testing.T) {
	t.Parallel()
	w := newWorld()
	url := serveLive(t, w, Limits{})
	f, html := followOn(t, http.DefaultClient, url), readStream(t, http.DefaultClient, url+"/incidents/I-1/live?form=html")
	f.await(t, "incident ", `"state":"open"`, `"draft":{"count":1,`)
	f.await(t, "state ", `"schema":"collector/live/v1"`, `"used":5`)
	html.await(t, "state ", "<dd>5 in use</dd>")
	w.change(func(w *world) { w.state = stateOf(6) })
	f.await(t, "state ", `"used":6`)
	html.await(t, "state ", "<dd>6 in use</dd>")
	w.change(func(w *world) { w.incident = closedIncident(true) })
	f.await(t, "incident ", `"state":"closed"`, `"closed_by":"everything was resolved"`)
	f.await(t, "draft ", `"count":2`, `"final":true`)
	f.await(t, "end ")
	for _, one := range []*following{f, html} {
		if err := one.awaitEnd(t); err != nil {
			t.Errorf("the stream ended with %v", err)
		}
	}
	again := followOn(t, http.DefaultClient, url, "Last-Event-ID", "what ever")
	again.await(t, "incident ", `"state":"closed"`)
	again.await(t, "end ")
	if back := download(t, http.MethodGet, url+"/incidents/I-1/live", "Last-Event-ID", endID); back.code != http.StatusNoContent {
		t.Errorf("a browser that comes again is answered %d: it will come for ever", back.code)
	}
}

// TestFollowOutlivesTheLimits: a stream goes on when the times are over that a server
// gives to a request and to its answer, in both versions of HTTP.
func TestFollowOutlivesTheLimits(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			server := newServer(t, Options{Incidents: w, Live: w, Limits: Limits{Read: 2 * time.Second, Write: 2 * time.Second, Stall: 2 * time.Second}})
			outer := httptest.NewUnstartedServer(nil)
			outer.Config, outer.EnableHTTP2 = server, h2
			outer.StartTLS()
			t.Cleanup(func() { _ = Stop(context.Background(), server); outer.Close() })
			f := followOn(t, outer.Client(), outer.URL)
			f.await(t, "state ", `"used":5`)
			time.Sleep(4500 * time.Millisecond)
			w.change(func(w *world) { w.state = stateOf(6) })
			f.await(t, "state ", `"used":6`)
		})
	}
}

// TestFollowSlowly: a client that does not read is cut off, and holds up nobody.
func TestFollowSlowly(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.state = huge(5)
	url := "http://" + startNarrow(t, newServer(t, Options{Incidents: w, Live: w, Limits: Limits{Stall: 2 * time.Second}}))
	f := followOn(t, http.DefaultClient, url)
	f.await(t, "state ", `"used":5`)
	stall(t, strings.TrimPrefix(url, "http://"))
	awaitMetric(t, url, "collector_http_live_streams 2")
	w.change(func(w *world) { w.state = huge(6) })
	f.await(t, "state ", `"used":6`)
	awaitMetric(t, url, "collector_http_live_streams_dropped_total 1")
	awaitMetric(t, url, "collector_http_live_streams 1")
	w.change(func(w *world) { w.state = stateOf(7) })
	f.await(t, "state ", `"used":7`)
}

// TestFollowUntilTheServerStops: streams end at once, also those whose clients do not
// read, and the server does not wait for them.
func TestFollowUntilTheServerStops(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.state = huge(5)
	server := newServer(t, Options{Incidents: w, Live: w, Limits: Limits{Stall: time.Hour}})
	addr := startNarrow(t, server)
	followOn(t, http.DefaultClient, "http://"+addr).await(t, "state ", `"used":5`)
	stall(t, addr)
	awaitMetric(t, "http://"+addr, "collector_http_live_streams 2")
	time.Sleep(200 * time.Millisecond) // it is in the middle of the first event, most likely
	w.change(func(w *world) { w.state = stateOf(6) })
	var all []*following
	for range 10 {
		f := followOn(t, http.DefaultClient, "http://"+addr)
		f.await(t, "state ", `"used":6`)
		all = append(all, f)
	}
	limit, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := server.Shutdown(limit); err != nil { // Stop would cut them off
		t.Errorf("the server waits for streams: %v", err)
	}
	for _, f := range all {
		_ = f.awaitEnd(t) // in the middle or not
	}
}

// TestFollowersAreBounded: as many as may, and one more when one has left.
func TestFollowersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	url := serveLive(t, w, Limits{Streams: 2})
	first, second := followOn(t, http.DefaultClient, url), followOn(t, http.DefaultClient, url)
	second.await(t, "state ")
	third := download(t, http.MethodGet, url+"/incidents/I-1/live")
	if third.code != http.StatusServiceUnavailable || third.head.Get("Retry-After") == "" || !strings.Contains(string(third.body), "close one") {
		t.Errorf("the third is answered %d %q", third.code, third.body)
	}
	first.leave()
	awaitMetric(t, url, "collector_http_live_streams 1")
	followOn(t, http.DefaultClient, url).await(t, "state ")
}

// TestNobodyFollows: nobody looks for nobody.
func TestNobodyFollows(t *testing.T) {
	t.Parallel()
	w := newWorld()
	url := serveLive(t, w, Limits{})
	f := followOn(t, http.DefaultClient, url)
	f.await(t, "state ")
	f.leave()
	awaitMetric(t, url, "collector_http_live_streams 0")
	time.Sleep(2 * liveLookEvery) // the last look
	before := 0
	w.change(func(w *world) { before = w.looks })
	time.Sleep(2 * liveLookEvery)
	w.change(func(w *world) {
		if w.looks != before {
			t.Errorf("%d looks for nobody", w.looks-before)
		}
	})
	followOn(t, http.DefaultClient, url).await(t, "state ") // and then again
}

// TestAMistakeInALook is logged, and the next look is taken.
func TestAMistakeInALook(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.panics = true
	log := &logtest.Buffer{}
	url := "http://" + start(t, newServer(t, Options{Incidents: w, Live: w, Log: slog.New(slog.NewTextHandler(log, nil))}))
	f := followOn(t, http.DefaultClient, url)
	for limit := time.Now().Add(patience); !strings.Contains(log.String(), "a mistake"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("nothing is logged")
		}
	}
	w.change(func(w *world) { w.panics = false })
	f.await(t, "state ", `"used":5`)
}

func TestWhoMayFollow(t *testing.T) {
	w := newWorld()
	handler := newServer(t, Options{Incidents: w, Live: w, Door: Door{Loopback: true}}).Handler
	for _, tt := range []struct {
		name, host, path, site string
		code                   int
	}{
		{"another site's page", "localhost", "/incidents/I-1/live", "cross-site", 403},
		{"a page of the same domain", "localhost", "/incidents/I-1/live", "same-site", 403},
		{"a name of another site", "evil.example", "/incidents/I-1/live", "", 421},
		{"no incident", "localhost", "/incidents/I-9/live", "", 404},
		{"no book", "localhost", "/incidents/broken/live", "same-origin", 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, tt.path, nil)
			request.Host = tt.host
			if tt.site != "" {
				request.Header.Set("Sec-Fetch-Site", tt.site)
			}
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != tt.code {
				t.Errorf("%d %s", recorder.Code, recorder.Body)
			}
		})
	}
	without := newServer(t, Options{Incidents: w}).Handler
	if answer := getFrom(without, "localhost", "/incidents/I-1/live"); answer.Code != http.StatusNotFound {
		t.Errorf("where nothing is recorded it is answered %d", answer.Code)
	}
}

// awaitMetric waits until a line is among the metrics.
func awaitMetric(t *testing.T, url, line string) {
	t.Helper()
	text := ""
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if text = string(all); strings.Contains(text, "\n"+line+"\n") {
			return
		}
	}
	t.Fatalf("the metrics lack %s", line)
}
