package incident

import (
	"context"
	"errors"
	"testing"
)

// TestLostResolve asks about what nobody speaks of any more.
func TestLostResolve(t *testing.T) {
	var asked []string
	knows := map[string]bool{}
	failure := error(nil)
	b := openBook(t, Options{StillFiring: func(_ context.Context, alerts []Alert) (map[string]bool, error) {
		asked = nil
		firing := map[string]bool{}
		for _, a := range alerts {
			asked = append(asked, a.Labels["alertname"])
			firing[a.Key()] = knows[a.Labels["alertname"]]
		}
		return firing, failure
	}})
	probe := func(minute float64, names ...string) {
		t.Helper()
		asked = nil
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
	if i, err := b.Incident(t.Context(), shop, at(11)); err != nil || !i.Alerts[1].To.Equal(at(8)) || i.Alerts[1].Ended != WasForgotten {
		t.Errorf("%+v, %v", i.Alerts, err)
	}
	knows["b"] = true // Prometheus was restarted and knows it again
	probe(11, "a", "b")
	compare(t, advance(t, b, 12), "2026-11-21T0902Z-shop open 08:47–09:12 a* b*")

	failure = errors.New("connection refused")
	clear(knows)
	if err := b.Ask(t.Context(), at(13)); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	compare(t, advance(t, b, 14), "2026-11-21T0902Z-shop open 08:47–09:14 a* b*")

	failure = nil
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

// TestProbeAndNotification: what is told while a probe is under way is not undone.
func TestProbeAndNotification(t *testing.T) {
	var b *Book
	b = openBook(t, Options{StillFiring: func(context.Context, []Alert) (map[string]bool, error) {
		return nil, b.Receive(t.Context(), notify(10.5, firing("a", 2)))
	}})
	receive(t, b, notify(3, firing("a", 2)))
	if err := b.Ask(t.Context(), at(10)); err != nil {
		t.Fatal(err)
	}
	compare(t, advance(t, b, 11), "2026-11-21T0902Z-shop open 08:47–09:11 a*")
}
