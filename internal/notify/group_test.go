package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/internal/incident"
)

// TestTells: of each incident in order, only what is wanted, with retries.
func TestTells(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	r.answer = func(n int, _ Step) answer {
		if n <= 3 {
			return answer{code: []int{500, 503, 429}[n-1], text: "later"}
		}
		return answer{code: 200}
	}
	c := r.config()
	c.On = []string{Opened, Final}
	g := w.group(t, c)
	w.tell(t, g, step("1", Opened), step("1", Drafted))
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Final), step("2", Opened))
	got := r.await(t, 3)
	if !slices.Equal(of(got, "1"), []string{"1 opened", "1 final"}) || !slices.Contains(got, "2 opened") {
		t.Errorf("told %v", got)
	}
	w.awaitEmpty(t, "chat")
	stop(t, g)
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
	for name, first := range map[string]answer{
		"gone": {code: 404}, "forbidden": {code: 403}, "not understood": {code: 400, header: map[string]string{"Retry-After": "1"}},
		"redirect to a page": {code: 302, header: map[string]string{"Location": "/login"}},
		"redirect to itself": {code: 307, header: map[string]string{"Location": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := newReceiver(t), newWorld(t)
			r.answer = func(_ int, s Step) answer {
				if s.Incident.ID == "1" {
					first.text = "no such hook: /services/" + token + "?key=" + token + " on " + r.URL
					if first.code == 307 {
						first.header["Location"] = "/services/" + token + "?key=" + token
					}
					return first
				}
				return answer{code: 200}
			}
			g := w.group(t, r.config())
			g.Start(t.Context(), w.outbox)
			w.tell(t, g, step("1", Opened))
			w.awaitEmpty(t, "chat")
			w.tell(t, g, step("2", Opened))
			if got := r.await(t, 1); !slices.Equal(got, []string{"2 opened"}) {
				t.Errorf("told %v", got)
			}
			if n := w.value(t, "collector_notifications_total", failed); n != 1 {
				t.Errorf("%v failed", n)
			}
			if text := w.log.String(); strings.Contains(text, token) || !strings.Contains(text, fmt.Sprint(first.code)) || !strings.Contains(text, "given up") {
				t.Errorf("the log: %s", text)
			}
		})
	}
}

// TestRedirected: a redirect that keeps the POST is followed, with the body and the key.
func TestRedirected(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	r.answer = func(n int, _ Step) answer {
		if n == 1 {
			return answer{code: 308, header: map[string]string{"Location": "/elsewhere"}}
		}
		return answer{code: 200}
	}
	g := w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened))
	r.await(t, 1)
	if keys := r.allKeys(); len(keys) != 2 || keys[0] != keys[1] || !strings.HasSuffix(keys[0], "-1/opened/0") {
		t.Errorf("the keys are %v", keys)
	}
}

// TestUnreachable: the address is no part of the error either.
func TestUnreachable(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	c := r.config()
	r.Close()
	g := w.group(t, c)
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened))
	eventually(t, func() bool { return w.value(t, "collector_notification_failed_attempts_total", "") >= 2 }, w.log.String)
	if text := w.log.String(); strings.Contains(text, token) || strings.Count(text, "\n") != 1 {
		t.Errorf("the log: %s", text)
	}
}

// TestBrokenOnesDelayNobody: a receiver that hangs, one that is not there and one
// that refuses everything hold up neither another one nor the end.
func TestBrokenOnesDelayNobody(t *testing.T) {
	hangs, gone, refuses, r, w := newReceiver(t), newReceiver(t), newReceiver(t), newReceiver(t), newWorld(t)
	hangs.held = make(chan struct{})
	defer close(hangs.held)
	gone.Close()
	refuses.answer = func(int, Step) answer { return answer{code: 503} }
	var configs []Config
	for name, x := range map[string]*receiver{"hangs": hangs, "gone": gone, "refuses": refuses, "chat": r} {
		c := x.config()
		c.Name = name
		configs = append(configs, c)
	}
	g := w.group(t, configs...)
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened), step("1", Drafted), step("1", Final))
	if got := r.await(t, 3); !slices.Equal(got, []string{"1 opened", "1 drafted", "1 final"}) {
		t.Errorf("told %v", got)
	}
	stop(t, g)
	for _, name := range []string{"hangs", "gone", "refuses"} {
		if waiting, err := w.book.Waiting(t.Context(), name); err != nil || len(waiting) != 3 {
			t.Errorf("%d notices wait for %s, %v", len(waiting), name, err)
		}
	}
}

// TestPoison: a step that a receiver never takes holds up its own incident alone.
func TestPoison(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	r.answer = func(_ int, s Step) answer {
		if s.Incident.ID == "1" {
			return answer{code: 500}
		}
		return answer{code: 200}
	}
	g := w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened), step("1", Final), step("2", Opened), step("3", Opened), step("2", Final), step("3", Final))
	got := r.await(t, 4)
	for _, id := range []string{"2", "3"} {
		if !slices.Equal(of(got, id), []string{id + " opened", id + " final"}) {
			t.Errorf("told %v", got)
		}
	}
	eventually(t, func() bool {
		waiting, err := w.book.Waiting(t.Context(), "chat")
		return err == nil && len(waiting) == 2
	}, w.log.String)
	stop(t, g)
	if waiting, err := w.book.Waiting(t.Context(), "chat"); err != nil || len(waiting) != 2 || waiting[0].Attempts == 0 || waiting[1].Attempts != 0 {
		t.Errorf("waiting are %+v, %v", waiting, err)
	}
}

// TestRestart: what was not delivered is told by the next process, in order and
// under the same keys; what was delivered is not told again.
func TestRestart(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	var down atomic.Bool
	r.answer = func(_ int, s Step) answer {
		if down.Load() {
			return answer{code: 503}
		}
		return answer{code: 200}
	}
	g := w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened))
	w.awaitEmpty(t, "chat")
	down.Store(true)
	w.tell(t, g, step("1", Drafted), step("1", Refreshed), step("1", Refreshed))
	eventually(t, func() bool { return w.value(t, "collector_notification_failed_attempts_total", "") >= 2 }, w.log.String)
	stop(t, g)
	before := r.allKeys()
	w.tell(t, g, step("1", Final)) // queued when nobody delivers any more
	w.restart(t)
	down.Store(false)
	if waiting, err := w.book.Waiting(t.Context(), "chat"); err != nil || waiting[0].Attempts < 2 || waiting[0].Next.IsZero() {
		t.Errorf("the attempts are forgotten: %+v, %v", waiting, err)
	}
	g = w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.awaitEmpty(t, "chat")
	eventually(t, func() bool { return w.value(t, "collector_notification_queue_length", "") == 0 }, w.log.String)
	stop(t, g)
	if got := r.all(); !slices.Equal(got, []string{"1 opened", "1 drafted", "1 final"}) {
		t.Errorf("told %v", got)
	}
	after := r.allKeys()[len(before):]
	if len(after) != 2 || after[0] != before[len(before)-1] {
		t.Errorf("the keys were %v, then %v", before, after)
	}
	if n := w.value(t, "collector_notifications_total", superseded); n != 2 {
		t.Errorf("%v superseded, want both refreshed drafts", n)
	}
}

// TestAnswerLost: a receiver that took a step and could not say so is told again,
// under the same key.
func TestAnswerLost(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	r.held = make(chan struct{})
	g := w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened))
	eventually(t, func() bool { return len(r.allKeys()) > 0 }, w.log.String)
	stop(t, g)
	close(r.held)
	g = w.group(t, r.config())
	g.Start(t.Context(), w.outbox)
	w.awaitEmpty(t, "chat")
	if keys := r.allKeys(); len(keys) < 2 || len(slices.Compact(keys)) != 1 {
		t.Errorf("the keys are %v", keys)
	}
}

// TestRetryAfter: nobody is asked before the time that a receiver names, not for
// another incident either.
func TestRetryAfter(t *testing.T) {
	for _, code := range []int{429, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			r, w := newReceiver(t), newWorld(t)
			var asked []time.Time
			r.answer = func(n int, _ Step) answer {
				asked = append(asked, time.Now())
				if n == 1 {
					return answer{code: code, header: map[string]string{"Retry-After": "1"}}
				}
				return answer{code: 200}
			}
			g := w.group(t, r.config())
			w.tell(t, g, step("1", Opened), step("2", Opened))
			g.Start(t.Context(), w.outbox)
			r.await(t, 2)
			stop(t, g)
			if pause := asked[1].Sub(asked[0]); pause < time.Second {
				t.Errorf("it was asked again after %v", pause)
			}
		})
	}
}

// TestReplace: a new configuration goes on with what the old one had not delivered,
// under way or not; what the old group is told still arrives; what waits for a
// webhook that is gone is given up.
func TestReplace(t *testing.T) {
	hangs, r, w := newReceiver(t), newReceiver(t), newWorld(t)
	hangs.held = make(chan struct{})
	defer close(hangs.held)
	gone := hangs.config()
	gone.Name = "gone"
	old := w.group(t, hangs.config(), gone)
	old.Start(t.Context(), w.outbox)
	w.tell(t, old, step("1", Opened), step("1", Drafted), step("1", Final))
	g := w.group(t, r.config())
	g.Replace(old)
	w.awaitEmpty(t, "gone")
	w.tell(t, old, step("2", Opened))
	if got := r.await(t, 4); !slices.Equal(got, []string{"1 opened", "1 drafted", "1 final", "2 opened"}) {
		t.Errorf("told %v", got)
	}
	families, err := w.registry.Gather()
	if err != nil || strings.Contains(fmt.Sprint(families), `"gone"`) {
		t.Errorf("metrics of a webhook that is gone: %v, %v", families, err)
	}
	if !strings.Contains(w.log.String(), "not configured any more") {
		t.Errorf("the log: %s", w.log)
	}
}

// TestURLFile: the file is read at every step; one that is missing is waited for.
func TestURLFile(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	c := r.config()
	address := string(c.URL)
	c.URL, c.URLFile = "", filepath.Join(t.TempDir(), "chat.url")
	g := w.group(t, c)
	g.Start(t.Context(), w.outbox)
	w.tell(t, g, step("1", Opened))
	eventually(t, func() bool { return w.value(t, "collector_notification_failed_attempts_total", "") >= 1 }, w.log.String)
	if err := os.WriteFile(c.URLFile, []byte(address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.await(t, 1)
}

// fullDisk is an outbox that cannot be written.
type fullDisk struct {
	*incident.Book
	full atomic.Bool
}

var errFullDisk = errors.New("no space left")

func (o *fullDisk) Discard(ctx context.Context, numbers ...int64) error {
	if o.full.Load() {
		return errFullDisk
	}
	return o.Book.Discard(ctx, numbers...)
}

func (o *fullDisk) Postpone(ctx context.Context, number int64, attempts int, next time.Time) error {
	if o.full.Load() {
		return errFullDisk
	}
	return o.Book.Postpone(ctx, number, attempts, next)
}

// TestFullDisk: while nothing can be written, what was told is not told again and
// again, and what failed is not tried without a pause.
func TestFullDisk(t *testing.T) {
	r, w := newReceiver(t), newWorld(t)
	disk := &fullDisk{Book: w.book}
	disk.full.Store(true)
	r.answer = func(n int, _ Step) answer {
		if n == 1 {
			return answer{code: http.StatusBadGateway}
		}
		return answer{code: 200}
	}
	g := w.group(t, r.config())
	g.Start(t.Context(), disk)
	w.tell(t, g, step("1", Opened), step("1", Drafted), step("1", Final))
	r.await(t, 3)
	disk.full.Store(false)
	g.Wake()
	w.awaitEmpty(t, "chat")
	if got := r.all(); !slices.Equal(got, []string{"1 opened", "1 drafted", "1 final"}) {
		t.Errorf("told %v", got)
	}
	if !strings.Contains(w.log.String(), errFullDisk.Error()) {
		t.Errorf("the log: %s", w.log)
	}
}
