package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/web"
)

// askedClock is the time of the tests of askedDrafts.
var askedClock = time.Date(2024, 7, 12, 13, 0, 0, 0, time.UTC)

// newAskedBench is a queue over a small configuration, and its clock.
func newAskedBench(t *testing.T) (*askedDrafts, *time.Time) {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte("timezone: Europe/Berlin\nmysql: [{name: db1, cluster: shop, address: 'db1:3306', user: c}, {name: db2, cluster: bank, address: 'db2:3306', user: c}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	now := askedClock
	return newAskedDrafts(func() *config.Config { return c }, func() time.Time { return now }), &now
}

// at once is a context that waits for nothing.
func atOnce(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestAskedWindows(t *testing.T) {
	for _, tt := range []struct {
		name string
		ask  web.DraftAsk
		want string // the window, or the error
	}{
		{"local times", web.DraftAsk{From: "09:00", To: "12:45"}, "2024-07-12 07:00:00 – 2024-07-12 10:45:00 UTC = 2024-07-12 09:00:00 – 2024-07-12 12:45:00 Europe/Berlin (3h45m0s)"},
		{"RFC 3339", web.DraftAsk{From: "2024-07-12T09:00:00Z", To: "2024-07-12T10:00:00Z", Clusters: []string{"shop", "bank", "shop"}},
			"2024-07-12 09:00:00 – 2024-07-12 10:00:00 UTC = 2024-07-12 11:00:00 – 2024-07-12 12:00:00 Europe/Berlin (1h0m0s) bank shop"},
		{"ago", web.DraftAsk{From: "-2h", To: "now", Templates: []string{"briefing", "dea"}}, "2024-07-12 11:00:00 – 2024-07-12 13:00:00 UTC = 2024-07-12 13:00:00 – 2024-07-12 15:00:00 Europe/Berlin (2h0m0s)"},
		{"its end is in the future", web.DraftAsk{From: "-1h", To: "2024-07-12T18:00:00Z"},
			"2024-07-12 12:00:00 – 2024-07-12 13:00:00 UTC = 2024-07-12 14:00:00 – 2024-07-12 15:00:00 Europe/Berlin (1h0m0s); to 2024-07-12 20:00:00 CEST is in the future: the window is cut at now, 2024-07-12 15:00:00 CEST"},
		{"a whole day", web.DraftAsk{From: "-24h", To: "now"}, "2024-07-11 13:00:00 – 2024-07-12 13:00:00 UTC = 2024-07-11 15:00:00 – 2024-07-12 15:00:00 Europe/Berlin (24h0m0s)"},

		{"no times", web.DraftAsk{From: "noon", To: "now"}, `from: "noon" is not a time: write 09:00,`},
		{"the wrong way round", web.DraftAsk{From: "12:45", To: "09:00"}, "from 12:45 is not before to 09:00: 12:45 is 2024-07-12 12:45:00 CEST, 09:00 is 2024-07-12 09:00:00 CEST; name the dates, or write to now"},
		{"in the future", web.DraftAsk{From: "2024-07-13T00:00:00Z", To: "2024-07-13T01:00:00Z"}, "from 2024-07-13 02:00:00 CEST is in the future: it is 2024-07-12 15:00:00 CEST now; name a window that has begun"},
		{"too long", web.DraftAsk{From: "-25h", To: "now"}, "the window has 25h0m0s, more than 24h0m0s: name a shorter one, or use collector draft, which takes any"},
		{"an unknown template", web.DraftAsk{From: "-2h", To: "now", Templates: []string{"novel"}}, `there is no template "novel"; there is: briefing,`},
		{"a path for a template", web.DraftAsk{From: "-2h", To: "now", Templates: []string{"../../etc/passwd"}}, `there is no template "../../etc/passwd"; there is: briefing,`},
		{"a template twice", web.DraftAsk{From: "-2h", To: "now", Templates: []string{"dea", "dea"}}, `the document "dea" is named twice`},
		{"an unknown cluster", web.DraftAsk{From: "-2h", To: "now", Clusters: []string{"shop", "attic"}}, `there is no cluster "attic" in the configuration; there is: `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, _ := newAskedBench(t)
			d, err := a.Ask(atOnce(t), tt.ask, "")
			if err != nil {
				if !strings.HasPrefix(err.Error(), tt.want) || a.wait() {
					t.Errorf("%v, want %s; it waits: %v", err, tt.want, a.wait())
				}
				return
			}
			got := d.Window
			if len(d.Clusters) > 0 {
				got += " " + strings.Join(d.Clusters, " ")
			}
			if d.Note != "" {
				got += "; " + d.Note
			}
			if got != tt.want || d.State != web.DraftWaiting || !a.wait() {
				t.Errorf("got  %s (%s)\nwant %s", got, d.State, tt.want)
			}
		})
	}
}

// TestAskedTwice: what makes two requests one draft, and until when.
func TestAskedTwice(t *testing.T) {
	day := web.DraftAsk{From: "2024-07-12T09:00:00Z", To: "2024-07-12T10:00:00Z"}
	local := web.DraftAsk{From: "11:00", To: "12:00"} // the same
	other := web.DraftAsk{From: "2024-07-12T09:00:00Z", To: "2024-07-12T10:00:00Z", Title: "the index"}
	ago := web.DraftAsk{From: "-2h", To: "now"}
	type asking struct {
		ask web.DraftAsk
		key string
	}
	for _, tt := range []struct {
		name       string
		one, two   asking
		written    bool          // the first was written in between, else it waits
		later      time.Duration // that the second comes after it
		same       bool
		refusedFor error
	}{
		{"the same", asking{day, ""}, asking{day, ""}, false, time.Second, true, nil},
		{"the same in other words", asking{day, ""}, asking{local, ""}, false, time.Second, true, nil},
		{"another title", asking{day, ""}, asking{other, ""}, false, time.Second, false, nil},
		{"relative times are others later", asking{ago, ""}, asking{ago, ""}, false, time.Second, false, nil},
		{"relative times under a key", asking{ago, "k"}, asking{ago, "k"}, false, time.Second, true, nil},
		{"two keys", asking{day, "k"}, asking{day, "l"}, false, time.Second, true, nil},
		{"something else under the key", asking{day, "k"}, asking{other, "k"}, false, time.Second, false, web.ErrOtherDraft},
		{"written meanwhile", asking{day, ""}, asking{day, ""}, true, time.Second, true, nil},
		{"written long ago", asking{day, ""}, asking{day, ""}, true, askedKnown + time.Second, false, nil},
		{"a key that was used long ago", asking{ago, "k"}, asking{day, "k"}, true, askedKnown + time.Second, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, now := newAskedBench(t)
			if _, err := a.Ask(atOnce(t), tt.one.ask, tt.one.key); err != nil {
				t.Fatal(err)
			}
			first := a.list[0]
			if tt.written {
				a.done(a.next(), "/drafts/x")
			}
			*now = now.Add(tt.later)
			d, err := a.Ask(atOnce(t), tt.two.ask, tt.two.key)
			if !errors.Is(err, tt.refusedFor) || tt.refusedFor == nil && err != nil {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			if same := a.list[len(a.list)-1] == first; same != tt.same {
				t.Errorf("the same draft: %v; %+v", same, d)
			}
			if tt.same && tt.written && (d.State != web.DraftWritten || d.Dir != "/drafts/x") {
				t.Errorf("%+v", d)
			}
		})
	}
}

// TestAskedQueue: so many wait and no more, they are written in their order, and one that
// failed is tried again when it is asked for again.
func TestAskedQueue(t *testing.T) {
	a, _ := newAskedBench(t)
	hour := func(n int) web.DraftAsk {
		return web.DraftAsk{From: fmt.Sprintf("2024-07-12T%02d:00:00Z", n), To: fmt.Sprintf("2024-07-12T%02d:30:00Z", n)}
	}
	for n := range maxAskedWaiting {
		if _, err := a.Ask(atOnce(t), hour(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Ask(atOnce(t), hour(11), ""); !errors.Is(err, web.ErrDraftsFull) {
		t.Errorf("one more: %v", err)
	}
	if d, err := a.Ask(atOnce(t), hour(3), ""); err != nil || d.State != web.DraftWaiting {
		t.Errorf("one that waits: %+v, %v", d, err)
	}
	first := a.next()
	if d, err := a.Ask(atOnce(t), hour(0), ""); err != nil || d.State != web.DraftWriting || d.From.Hour() != 0 {
		t.Errorf("the first: %+v, %v", d, err)
	}
	if _, err := a.Ask(atOnce(t), hour(11), ""); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	a.done(first, "")
	if d := a.told(first); d.State != web.DraftFailed || d.Error == "" || d.Dir != "" {
		t.Errorf("it failed: %+v", d)
	}
	for range maxAskedWaiting {
		a.done(a.next(), "/drafts/x")
	}
	if a.next() != nil || a.wait() {
		t.Error("something still waits")
	}
	if d, err := a.Ask(atOnce(t), hour(0), ""); err != nil || d.State != web.DraftWaiting {
		t.Errorf("again: %+v, %v", d, err)
	}
}

// TestAskedForgets: what was written is known for a while, and so many at most.
func TestAskedForgets(t *testing.T) {
	a, _ := newAskedBench(t)
	for n := range maxAskedKnown + 20 {
		ask := web.DraftAsk{From: "2024-07-12T09:00:00Z", To: "2024-07-12T10:00:00Z", Title: fmt.Sprint(n)}
		if _, err := a.Ask(atOnce(t), ask, ""); err != nil {
			t.Fatal(err)
		}
		a.done(a.next(), "/drafts/x")
	}
	a.forget()
	if len(a.list) != maxAskedKnown || a.list[0].req.Title != "20" {
		t.Errorf("%d are known, from %s on", len(a.list), a.list[0].req.Title)
	}
}

// TestAskedIsToldThatItStops: nobody waits for a daemon that goes.
func TestAskedIsToldThatItStops(t *testing.T) {
	a, _ := newAskedBench(t)
	time.AfterFunc(10*time.Millisecond, func() { close(a.stopped) })
	if _, err := a.Ask(t.Context(), web.DraftAsk{From: "-2h", To: "now"}, ""); !errors.Is(err, web.ErrDraftsStopped) {
		t.Error(err)
	}
}

// TestWhoIsDraftedFirst: first drafts of incidents come before everything, else people and
// incidents take turns.
func TestWhoIsDraftedFirst(t *testing.T) {
	for _, tt := range []struct {
		name      string
		found     bool
		step      incident.Step
		justAsked bool
		want      bool
	}{
		{"nothing is due", false, "", true, true},
		{"a first draft", true, incident.FirstDraft, false, false},
		{"a refresh", true, incident.RefreshDraft, false, true},
		{"a refresh, after one that was asked for", true, incident.RefreshDraft, true, false},
		{"a final one", true, incident.FinalDraft, false, true},
	} {
		if got := askedFirst(tt.found, tt.step, tt.justAsked); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// postDraft asks a daemon for a draft, until it is written.
func (d *runningDaemon) postDraft(t *testing.T, body string) (code int, asked web.DraftAsked) {
	t.Helper()
	eventually(t, "the draft is written", d.log.String, func() bool {
		var text string
		code, text = answer(http.Post(d.url+"/api/v1/drafts", "application/json", strings.NewReader(body)))
		asked = web.DraftAsked{}
		if err := json.Unmarshal([]byte(text), &asked); err != nil {
			t.Fatalf("%d %s", code, text)
		}
		return code != http.StatusAccepted
	})
	return code, asked
}

// TestDraftThatIsAskedFor: a request becomes a draft like every other, below report.out.
// The same once more refreshes it when it is not known any more, and what people wrote in
// it stays; where another draft has its place, it gets one beside it.
func TestDraftThatIsAskedFor(t *testing.T) {
	b := newBench(t)
	path := b.config(t)
	b.addServer(t, path, "server: {listen: '127.0.0.1:0'}\n")
	const body = `{"from":"2024-07-12T08:59:00Z","to":"2024-07-12T09:01:00Z","clusters":["shop"],"title":"The index; password=hunter2"}`
	d := startDaemon(t, path)
	code, asked := d.postDraft(t, body)
	if code != http.StatusOK || asked.State != web.DraftWritten || filepath.Dir(asked.Dir) != filepath.Join(b.dir, "out") {
		t.Fatalf("%d %+v\n%s", code, asked, d.log)
	}
	if code, out, stderr := b.collector(t, "verify", asked.Dir); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
	document := filepath.Join(asked.Dir, "postmortem.md")
	text, err := os.ReadFile(document)
	if err != nil || !strings.Contains(string(text), "The index") || strings.Contains(string(text), "hunter2") {
		t.Errorf("the document is %.200s, %v", text, err)
	}
	if metrics := d.metrics(t); !strings.Contains(metrics, `collector_drafts_total{outcome="written",step="asked"} 1`) {
		t.Error("the draft is not counted")
	}
	code, again := d.postDraft(t, body)
	if code != http.StatusOK || again.Dir != asked.Dir || strings.Count(d.log.String(), "draft written that was asked for") != 1 {
		t.Errorf("the same twice: %d %+v", code, again)
	}
	d.stop(t)

	const ours = "\nWe turned it off and on.\n"
	if err := os.WriteFile(document, append(text, ours...), 0o600); err != nil {
		t.Fatal(err)
	}
	d = startDaemon(t, path) // it knows nothing any more
	if code, again = d.postDraft(t, body); code != http.StatusOK || again.Dir != asked.Dir || again.ID != asked.ID {
		t.Errorf("refreshed: %d %+v", code, again)
	}
	if text, err = os.ReadFile(document); err != nil || !strings.HasSuffix(string(text), ours) {
		t.Errorf("what people wrote is lost: %v", err)
	}
	if err := os.WriteFile(filepath.Join(asked.Dir, report.SealFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.stop(t)
	d = startDaemon(t, path)
	if code, again = d.postDraft(t, body); code != http.StatusOK || again.Dir == asked.Dir || !strings.HasSuffix(again.Dir, strings.ToLower(asked.ID)) {
		t.Errorf("beside one that is sealed: %d %+v", code, again)
	}
	if code, text := answer(http.Post(d.url+"/api/v1/drafts", "application/json", strings.NewReader(`{"from":"10:00","to":"later"}`))); code != http.StatusBadRequest || !strings.Contains(text, "write 09:00") {
		t.Errorf("no window: %d %s", code, text)
	}
}
