package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/template"
)

const (
	benchRate    = 1000 // alerts per second, of the bar
	benchClients = 64
)

// BenchmarkWebhook sends alerts at 1,000 a second over HTTP, one per notification
// and ten per notification, and reports the time from when each notification was
// due to its 200 OK, and what was lost. For the bar's minute:
//
//	go test -run '^$' -bench Webhook -benchtime 60000x ./internal/web
func BenchmarkWebhook(b *testing.B) {
	for _, per := range []int{1, 10} {
		b.Run(fmt.Sprintf("handler/%d", per), func(b *testing.B) {
			kept := &intake{}
			benchLoad(b, per, kept, func() int { return distinct(kept) })
		})
	}
}

// benchLoad sends b.N alerts, per of them in each notification, to the handler with
// this intake, and afterwards asks kept how many different ones are there.
func benchLoad(b *testing.B, per int, in Intake, kept func() int) {
	addr := start(b, newServer(b, Options{Intake: in}))
	began := time.Now().UTC().Truncate(time.Millisecond)
	l := load{URL: "http://" + addr + hook, Rate: benchRate / float64(per), Clients: benchClients, Body: func(i int) []byte {
		alerts := make([]template.Alert, per)
		for k := range alerts {
			alerts[k] = alert(i*per + k)
			alerts[k].StartsAt = began
		}
		return []byte(wire(b, alerts...))
	}}
	count := (b.N + per - 1) / per
	b.ResetTimer()
	got := l.run(b.Context(), count)
	b.StopTimer()
	for _, err := range got.lost {
		b.Error(err)
	}
	lost := count*per - kept()
	if lost != 0 {
		b.Errorf("%d alerts of %d are lost", lost, count*per)
	}
	b.ReportMetric(milliseconds(got.quantile(0.5)), "p50-ms")
	b.ReportMetric(milliseconds(got.quantile(0.99)), "p99-ms")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64(got.retries), "retries")
	b.ReportMetric(float64(count*per)/b.Elapsed().Seconds(), "alerts/s")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// distinct is how many different alerts were kept.
func distinct(kept *intake) int {
	seen := map[string]bool{}
	for _, n := range kept.notifications() {
		for _, a := range n.Alerts {
			seen[a.Fingerprint] = true
		}
	}
	return len(seen)
}

// TestLoadCountsTheWait: a server that stands still for a while has that while in
// its latencies, and what it failed is repeated; a refusal is a loss.
func TestLoadCountsTheWait(t *testing.T) {
	const stall = 200 * time.Millisecond
	failing := &intake{fail: func(call int) error {
		switch call {
		case 1:
			time.Sleep(stall) // all others wait for the lock meanwhile
		case 2, 3:
			return errors.New("the disk is full")
		}
		return nil
	}}
	addr := start(t, newServer(t, Options{Intake: failing}))
	l := load{URL: "http://" + addr + hook, Rate: 1000, Clients: 4, Body: func(i int) []byte { return []byte(wire(t, alert(i))) }}
	got := l.run(t.Context(), 50)
	if len(got.lost) > 0 || len(got.took) != 50 || got.retries != 2 || distinct(failing) != 50 {
		t.Errorf("lost %v, took %d, %d retries, %d distinct", got.lost, len(got.took), got.retries, distinct(failing))
	}
	if half := got.quantile(0.5); half < stall/4 {
		t.Errorf("the median is %s though all waited for %s", half, stall)
	}
	refused := load{URL: l.URL, Rate: 1000, Clients: 1, Body: func(int) []byte { return []byte("{") }}
	if got := refused.run(t.Context(), 3); len(got.lost) != 3 || !errors.Is(got.lost[0], errGivenUp) || !strings.Contains(got.lost[0].Error(), "400") {
		t.Errorf("lost %v", got.lost)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := l.run(ended, 2); len(got.lost) != 2 {
		t.Errorf("%d lost of two that nobody could send any more", len(got.lost))
	}
}
