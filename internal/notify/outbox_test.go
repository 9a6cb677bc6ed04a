package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/internal/incident"
)

// queue are notices from "incident kind", numbered from 1.
func queue(steps ...string) (notices []incident.Notice) {
	for i, s := range steps {
		id, kind, _ := strings.Cut(s, " ")
		notices = append(notices, incident.Notice{Number: int64(i + 1), Incident: id, Kind: kind})
	}
	return notices
}

func numbers(notices []incident.Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, fmt.Sprint(n.Number))
	}
	return strings.Join(all, " ")
}

func TestSift(t *testing.T) {
	for name, tt := range map[string]struct {
		steps             []string
		kept, superfluous string
	}{
		"nothing":                 {nil, "", ""},
		"a life":                  {[]string{"1 opened", "1 drafted", "1 final", "1 closed"}, "1 2 3 4", ""},
		"refreshed often":         {[]string{"1 opened", "1 drafted", "1 refreshed", "1 refreshed", "1 refreshed"}, "1 2 5", "4 3"},
		"over while it was down":  {[]string{"1 opened", "1 drafted", "1 refreshed", "1 refreshed", "1 final"}, "1 2 5", "4 3"},
		"opened again":            {[]string{"1 final", "1 closed", "1 refreshed", "1 final", "1 closed"}, "4 5", "3 2 1"},
		"refreshed after a final": {[]string{"1 final", "1 refreshed"}, "1 2", ""},
		"of another incident":     {[]string{"1 refreshed", "2 refreshed", "2 final"}, "1 3", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, superfluous, excess := sift(queue(tt.steps...))
			if numbers(kept) != tt.kept || numbers(superfluous) != tt.superfluous || len(excess) > 0 {
				t.Errorf("kept %s, superfluous %s, excess %s", numbers(kept), numbers(superfluous), numbers(excess))
			}
		})
	}
	t.Run("too many", func(t *testing.T) {
		var steps []string
		for i := range mostWaiting + 2 {
			steps = append(steps, fmt.Sprintf("%d opened", i))
		}
		kept, _, excess := sift(queue(steps...))
		if len(kept) != mostWaiting || kept[0].Number != 3 || numbers(excess) != "2 1" {
			t.Errorf("kept %d from %d, excess %s", len(kept), kept[0].Number, numbers(excess))
		}
	})
}

func TestFirst(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		next []time.Duration // from now, of each notice; 0 is untried
		want string
		at   time.Duration
	}{
		"the oldest":                          {[]time.Duration{0, 0, 0, 0}, "1 opened", 0},
		"another incident":                    {[]time.Duration{time.Minute, 0, 0, 0}, "2 opened", 0},
		"what is due first":                   {[]time.Duration{time.Minute, 0, 30 * time.Second, 0}, "2 opened", 30 * time.Second},
		"the clock was set back":              {[]time.Duration{1000 * time.Hour, 0, time.Minute, 0}, "1 opened", 0},
		"its own earlier step is waited for ": {[]time.Duration{time.Second, 0, time.Minute, 0}, "1 opened", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			waiting := queue("1 opened", "1 final", "2 opened", "2 final")
			for i, d := range tt.next {
				if d != 0 {
					waiting[i].Next = now.Add(d)
				}
			}
			n, at, found := first(waiting, now)
			if n.Next.IsZero() && tt.at == 0 {
				at = now
			}
			if got := n.Incident + " " + n.Kind; !found || got != tt.want || at.Sub(now) != tt.at {
				t.Errorf("first is %s at %v", got, at.Sub(now))
			}
		})
	}
	if _, _, found := first(nil, now); found {
		t.Error("there is something in an empty outbox")
	}
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-1": 0, "0": 0, "30": 30 * time.Second, "3600": maxRetryAfter, "99999999999": maxRetryAfter,
		"Sat, 21 Nov 2026 09:02:00 GMT": 2 * time.Minute, "Sat, 21 Nov 2026 08:00:00 GMT": 0, "Sun, 22 Nov 2026 09:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// transport answers requests without a network, so that time can pass as in
// testing/synctest.
type transport func(*http.Request) (int, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) {
	code, err := f(req)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
}

// TestLongOutage: a receiver that is down for hours is asked once a minute, whatever
// waits, and told everything when it is back; one that stays down is given up after a
// day, which the log and a metric say. What waited for a process that was not there
// for longer is tried once.
func TestLongOutage(t *testing.T) {
	for name, tt := range map[string]struct {
		down            time.Duration // from the first attempt on
		away            time.Duration // how long no process runs before
		delivered       float64
		failed          float64
		atMost, atLeast int // attempts
	}{
		"five hours":              {5 * time.Hour, 0, 3, 0, 5*60 + 15, 5*60 - 15},
		"for good":                {100 * time.Hour, 0, 0, 3, 3 * (24*60 + 15), 24*60 - 15},
		"a process that was away": {0, 100 * time.Hour, 3, 0, 3, 3},
		"away, and down":          {100 * time.Hour, 100 * time.Hour, 0, 3, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				c := Config{Name: "chat", URL: "http://chat.example/" + token, On: kinds()}
				c.SetDefaults()
				g := w.group(t, c)
				w.tell(t, g, step("1", Opened), step("1", Final), step("2", Opened))
				time.Sleep(tt.away)
				began, attempts := time.Now(), 0
				g.hooks[0].pause = backOff
				g.hooks[0].client.Transport = transport(func(*http.Request) (int, error) {
					attempts++
					if time.Since(began) < tt.down {
						return 0, errors.New("connection refused")
					}
					return 200, nil
				})
				g.Start(context.Background(), w.outbox)
				time.Sleep(60 * time.Hour)
				synctest.Wait()
				stop(t, g)
				if n := w.value(t, "collector_notifications_total", delivered); n != tt.delivered {
					t.Errorf("%v delivered", n)
				}
				if n := w.value(t, "collector_notifications_total", failed); n != tt.failed {
					t.Errorf("%v failed", n)
				}
				if attempts > tt.atMost || attempts < tt.atLeast {
					t.Errorf("%d attempts, want %d to %d", attempts, tt.atLeast, tt.atMost)
				}
				if n := strings.Count(w.log.String(), "given up"); n != int(tt.failed) || strings.Contains(w.log.String(), token) {
					t.Errorf("the log:\n%s", w.log)
				}
			})
		})
	}
}
