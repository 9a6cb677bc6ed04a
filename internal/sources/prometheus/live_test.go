package prometheus

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// patient is a scrape target that can be broken and stopped.
type patient struct {
	broken atomic.Int64
	addr   string
	server *httptest.Server
}

func (p *patient) start(t *testing.T) {
	t.Helper()
	addr := p.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	p.addr = listener.Addr().String()
	p.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "# TYPE broken gauge\nbroken %d\n", p.broken.Load())
	})}}
	p.server.Start()
}

func (p *patient) stop() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// TestLive stages half a minute in front of real servers with real rules: an
// alert that resolves by itself, a target that cannot be scraped, and a restart of
// Prometheus.
func TestLive(t *testing.T) {
	servers.Need(t, servers.KindPrometheus2, servers.KindPrometheus3)
	const rules = `{"groups":[{"name":"g","rules":[
		{"alert":"Broken","expr":"broken == 1","for":"2s","labels":{"severity":"critical"},"annotations":{"summary":"{{ $labels.instance }} is broken."}},
		{"alert":"Never","expr":"broken == 7"}]}]}`
	for version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var p patient
			p.start(t)
			srv, err := servers.Prometheus(t.Context(), servers.PrometheusOptions{
				Version: version, Rules: rules, Targets: []servers.ScrapeTarget{{Job: "app", Addr: p.addr, Labels: map[string]string{"instance": "app-1"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := srv.Close(); err != nil {
					t.Error(err)
				}
			}()
			wait := func(s float64) time.Time {
				time.Sleep(time.Duration(s * float64(time.Second)))
				return time.Now()
			}
			from := wait(20) // 5 s until the first scrape, and a baseline
			broke := wait(2)
			p.broken.Store(1)
			repaired := wait(7)
			p.broken.Store(0)
			stopped := wait(3)
			p.stop()
			started := wait(4)
			p.start(t)
			killed := wait(4)
			if err := srv.Stop(); err != nil {
				t.Fatal(err)
			}
			wait(6)
			if err := srv.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			back := time.Now()
			to := wait(9) // discovery hands over the targets up to 5 s after the start
			p.stop()

			src := realSource(t, Config{
				URL: srv.URL, Packs: []string{}, Signals: []SignalConfig{{Name: "broken", Query: "broken"}, {Name: "nothing", Query: "no_such_metric"}},
				Impact: []ImpactConfig{{Name: "broken_for", Query: "sum(sum_over_time(broken[$window]))", Unit: "s"}},
			}, sources.Target{Name: "app1", Labels: map[string]string{"instance": "app-1"}})
			f := draftOf(t, src, timeline.Window{From: from, To: to}, timeline.Scope{})
			checkLive(t, f, map[string]time.Time{
				"broke": broke, "repaired": repaired, "stopped": stopped, "started": started, "killed": killed, "back": back,
			})
			for _, d := range src.Check(t.Context()) {
				t.Log(d.Level, d.Text)
				if d.Level == sources.Failed {
					t.Error(d)
				}
			}
		})
	}
}

func checkLive(t *testing.T, f timeline.Findings, truth map[string]time.Time) {
	t.Helper()
	const scrape = 2100 * time.Millisecond // until the state is scraped, and evaluated
	only := func(kind timeline.Kind) timeline.Event {
		t.Helper()
		events := eventsOf(f, kind)
		if len(events) != 1 {
			t.Fatalf("%d events of kind %s: %+v", len(events), kind, f.Events)
		}
		return events[0]
	}
	within := func(what string, got timeline.Instant, from time.Time, delay time.Duration) {
		t.Helper()
		if got.Latest.Before(from) || got.Earliest.After(from.Add(delay)) {
			t.Errorf("%s: [%s, %s] does not meet %s + %s", what, got.Earliest, got.Latest, from, delay)
		}
		if w := got.Latest.Sub(got.Earliest); w > 2*time.Second {
			t.Errorf("%s: %s wide", what, w)
		}
	}
	alert := only(timeline.Alert)
	within("alert fires", alert.Start, truth["broke"].Add(2*time.Second), scrape+time.Second)
	if alert.End == nil || alert.Summary != "alert Broken fired: app-1 is broken" || alert.Target != "app1" {
		t.Fatalf("%+v", alert)
	}
	within("alert resolves", *alert.End, truth["repaired"], scrape)

	signal := only(timeline.Signal)
	within("signal starts", signal.Start, truth["broke"], scrape)
	if signal.End == nil {
		t.Fatal("the signal has no end")
	}
	within("signal ends", *signal.End, truth["repaired"], scrape)

	down := only(timeline.ScrapeDown)
	within("scrapes fail", down.Start, truth["stopped"], scrape)
	if down.End == nil {
		t.Fatal("the failed scrapes have no end")
	}
	within("scrapes work again", *down.End, truth["started"], scrape)

	hole := false
	for _, g := range f.Gaps {
		t.Log(g.From, g.To, g.Reason)
		if strings.Contains(g.Reason, "no target was scraped") {
			hole = g.From.Sub(truth["killed"]).Abs() < scrape && g.To.After(truth["back"]) && g.To.Sub(truth["back"]) < 8*time.Second
		}
	}
	if !hole {
		t.Error("no gap for the restart of Prometheus")
	}
	if len(f.Impact) != 1 || f.Impact[0].Value < 4 || f.Impact[0].Value > 10 {
		t.Errorf("impact %+v, want about 7", f.Impact)
	}
}
