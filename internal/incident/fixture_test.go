package incident

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// at is so many minutes after nine.
func at(minutes float64) time.Time {
	return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes * float64(time.Minute)))
}

// atOnce is the default configuration without waiting for the harm's end.
func atOnce() Config {
	c := DefaultConfig()
	c.RecoveryWait = 0
	return c
}

// firing is an alert of the cluster shop, unless its name has another before a slash.
func firing(name string, start float64) Alert {
	cluster, alertname, ok := strings.Cut(name, "/")
	if !ok {
		cluster, alertname = "shop", name
	}
	return Alert{
		Fingerprint: "fp-" + name, Status: Firing, StartsAt: at(start),
		Labels:      map[string]string{"alertname": alertname, "cluster": cluster},
		Annotations: map[string]string{"summary": "it is " + name},
	}
}

func resolved(name string, start, end float64) Alert {
	a := firing(name, start)
	a.Status, a.EndsAt = Resolved, at(end)
	return a
}

func notify(minute float64, alerts ...Alert) Notification {
	return Notification{Receiver: "collector", GroupKey: "{}:{}", Alerts: alerts, ReceivedAt: at(minute)}
}

// fold is what the book makes of notifications, without a disk.
func fold(notifications ...Notification) []Episode {
	byKey := map[key]Episode{}
	for _, n := range notifications {
		n.ReceivedAt = whole(n.ReceivedAt)
		for _, a := range n.Alerts {
			e := told(n, a)
			if old, ok := byKey[e.key()]; ok {
				e = old.with(e)
			}
			byKey[e.key()] = e
		}
	}
	var all []Episode
	for _, e := range byKey {
		all = append(all, e)
	}
	return all
}

// sketch is an incident in one line: state, window in hours and minutes, alerts; one
// that fires has a star.
func sketch(i Incident) string {
	var names []string
	for _, m := range i.Alerts {
		name := m.Name()
		if m.Ended == StillFires {
			name += "*"
		}
		names = append(names, name)
	}
	line := fmt.Sprintf("%s %s %s–%s %s", i.ID, i.State, i.Window.From.Format("15:04"), i.Window.To.Format("15:04"), strings.Join(names, " "))
	if i.State == StateClosed && i.ClosedBy != ByResolve {
		line += " by " + string(i.ClosedBy)
	}
	return line
}

func sketches(all []Incident) []string {
	var lines []string
	for _, i := range all {
		lines = append(lines, sketch(i))
	}
	return lines
}

func compare(t *testing.T, got []Incident, want ...string) {
	t.Helper()
	if lines := sketches(got); !slices.Equal(lines, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(lines, "\n  "), strings.Join(want, "\n  "))
	}
}

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// openBook opens a book in a new directory, or in opt's.
func openBook(t testing.TB, opt Options) *Book {
	t.Helper()
	if opt.Path == "" {
		opt.Path = t.TempDir()
	}
	if opt.Config.MaxOpen == 0 {
		opt.Config = atOnce()
	}
	opt.Log = discard()
	b, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // some tests close it
	return b
}

func receive(t testing.TB, b *Book, notifications ...Notification) {
	t.Helper()
	for _, n := range notifications {
		if err := b.Receive(context.Background(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// advance names what there is at a minute, and returns it.
func advance(t testing.TB, b *Book, minute float64) []Incident {
	t.Helper()
	if _, err := b.Advance(context.Background(), at(minute)); err != nil {
		t.Fatal(err)
	}
	all, err := b.Incidents(context.Background(), at(minute))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
