package incident

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestLostResolve asks about what nobody speaks of any more.
func TestLostResolve(t *testing.T) {
	var asked []string
	knows, silent := map[string]bool{}, map[string]bool{}
	failure := error(nil)
	var now float64
	b := openBook(t, Options{StillFiring: func(_ context.Context, alerts []Alert) (map[string]Answer, error) {
		asked = nil
		answers := map[string]Answer{}
		for _, a := range alerts {
			name := a.Labels["alertname"]
			asked = append(asked, name)
			if !silent[name] {
				answers[a.Key()] = Answer{knows[name], at(now)}
			}
		}
		return answers, failure
	}})
	probe := func(minute float64, names ...string) {
		t.Helper()
		asked, now = nil, minute
		if err := b.Ask(t.Context(), at(minute)); err != nil {
			t.Fatal(err)
		}
		if len(asked) != len(names) {
			t.Errorf("at %v it asked about %v, want %v", minute, asked, names)
		}
	}
	receive(t, b, notify(3, firing("a", 2), firing("b", 2)))
	probe(4) // it was told a minute ago
	knows["a"], knows["b"] = true, true
	probe(6, "a", "b")
	knows["b"] = false
	probe(8, "a", "b")
	compare(t, advance(t, b, 9), "2026-11-21T0902Z-shop open 08:47–09:09 a* b")
	probe(10, "a", "b") // b is missed since 8
	if i, err := b.Incident(t.Context(), shop, at(11)); err != nil || !i.Alerts[1].Earliest.Equal(at(6)) || !i.Alerts[1].To.Equal(at(8)) || i.Alerts[1].Ended != WasForgotten {
		t.Errorf("%+v, %v", i.Alerts, err)
	}
	knows["b"] = true // Prometheus was restarted and knows it again
	probe(11, "a", "b")
	compare(t, advance(t, b, 12), "2026-11-21T0902Z-shop open 08:47–09:12 a* b*")

	failure = errors.New("connection refused")
	clear(knows)
	silent["a"], silent["b"] = true, true // who could know does not answer
	if err := b.Ask(t.Context(), at(13)); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	compare(t, advance(t, b, 14), "2026-11-21T0902Z-shop open 08:47–09:14 a* b*")

	failure = nil
	clear(silent)
	receive(t, b, notify(16, resolved("a", 2, 16)))
	probe(20, "b")
	compare(t, advance(t, b, 30), "2026-11-21T0902Z-shop closed 08:47–09:25 a b")
	probe(31)

	receive(t, b, notify(32, firing("a", 2))) // a late repeat, or does it fire? ask
	knows["a"] = true
	probe(35, "a")
	compare(t, advance(t, b, 36), "2026-11-21T0902Z-shop open 08:47–09:36 a* b")
	receive(t, b, notify(41, resolved("a", 2, 40)))
	compare(t, advance(t, b, 46), "2026-11-21T0902Z-shop closed 08:47–09:45 a b")
	receive(t, b, notify(47, firing("a", 2)))
	clear(knows)
	probe(50, "a")
	probe(55) // that is settled
	compare(t, advance(t, b, 60), "2026-11-21T0902Z-shop closed 08:47–09:45 a b")
}

// TestProbeKnowsInPart: one of those who were asked failed; what the others know counts.
func TestProbeKnowsInPart(t *testing.T) {
	failure := errors.New("connection refused")
	b := openBook(t, Options{StillFiring: func(_ context.Context, alerts []Alert) (map[string]Answer, error) {
		return map[string]Answer{alerts[0].Key(): {true, at(9.5)}}, failure
	}})
	receive(t, b, notify(3, firing("a", 2), firing("b", 2)))
	if err := b.Ask(t.Context(), at(10)); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	i, err := b.Incident(t.Context(), advance(t, b, 11)[0].ID, at(11))
	if err != nil || !i.Alerts[0].KnownAt.Equal(at(9.5)) || !i.Alerts[1].KnownAt.IsZero() || i.Firing() != 2 {
		t.Errorf("%+v, %v", i.Alerts, err)
	}
}

// TestOldWordOfFiring: an Alertmanager repeats what it was told. That an alert fired
// before its resolve was told, or before it was missed, opens nothing again.
func TestOldWordOfFiring(t *testing.T) {
	var found Answer
	b := openBook(t, Options{StillFiring: func(_ context.Context, alerts []Alert) (map[string]Answer, error) {
		answers := map[string]Answer{}
		for _, a := range alerts {
			answers[a.Key()] = found
		}
		return answers, nil
	}})
	receive(t, b, notify(3, firing("a", 2), firing("b", 2)), notify(4, resolved("a", 2, 4)), notify(5, firing("a", 2)))
	ask := func(minute float64, answer Answer, want string) {
		t.Helper()
		found = answer
		if err := b.Ask(t.Context(), at(minute)); err != nil {
			t.Fatal(err)
		}
		compare(t, advance(t, b, minute), "2026-11-21T0902Z-shop "+want)
	}
	ask(8, Answer{true, at(3.5)}, "open 08:47–09:08 a b*")
	ask(9, Answer{false, at(9)}, "settling 08:47–09:09 a b")
	ask(10, Answer{true, at(8.5)}, "settling 08:47–09:10 a b")
	ask(11, Answer{true, at(10.5)}, "open 08:47–09:11 a b*")
}

// TestProbeAndNotification: what is told while a probe is under way is not undone.
func TestProbeAndNotification(t *testing.T) {
	var b *Book
	b = openBook(t, Options{StillFiring: func(_ context.Context, alerts []Alert) (map[string]Answer, error) {
		return map[string]Answer{alerts[0].Key(): {false, at(10.7)}}, b.Receive(t.Context(), notify(10.5, firing("a", 2)))
	}})
	receive(t, b, notify(3, firing("a", 2)))
	if err := b.Ask(t.Context(), at(10)); err != nil {
		t.Fatal(err)
	}
	compare(t, advance(t, b, 11), "2026-11-21T0902Z-shop open 08:47–09:11 a*")
}

// TestHangingProbe: who hangs when asked does not hold up an incident that begins.
func TestHangingProbe(t *testing.T) {
	asked := make(chan struct{}, 1)
	b := openBook(t, Options{Now: func() time.Time { return at(6) }, StillFiring: func(ctx context.Context, _ []Alert) (map[string]Answer, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	receive(t, b, notify(3, firing("a", 2)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		b.Run(ctx)
		close(done)
	}()
	<-asked
	receive(t, b, notify(5.9, firing("other/c", 5)))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		work, err := b.Due(t.Context(), at(6))
		if err != nil {
			t.Fatal(err)
		}
		if len(work) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not both are named: %+v", work)
		}
	}
	stop()
	<-done
}
