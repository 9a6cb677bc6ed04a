package incident

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// due is what is to be drafted at a minute, in one line.
func due(t *testing.T, b *Book, minute float64) string {
	t.Helper()
	advance(t, b, minute)
	work, err := b.Due(t.Context(), at(minute))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, w := range work {
		lines = append(lines, fmt.Sprintf("%s of %s", w.Step, w.Incident.ID))
	}
	return strings.Join(lines, ", ")
}

// draft does what is due.
func draft(t *testing.T, b *Book, minute float64) {
	t.Helper()
	work, err := b.Due(t.Context(), at(minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range work {
		if err := b.Drafted(t.Context(), w.Incident, "/out/"+w.Incident.ID, at(minute), w.Step == FinalDraft); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDue(t *testing.T) {
	b := openBook(t, Options{})
	expect := func(minute float64, want string) {
		t.Helper()
		if got := due(t, b, minute); got != want {
			t.Errorf("at %v: due is %q, want %q", minute, got, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	receive(t, b, notify(3, firing("a", 2)))
	expect(3, "first of "+shop)
	must(b.DraftFailed(t.Context(), shop, at(3), errors.New("no space left")))
	expect(3.1, "")
	expect(3.2, "first of "+shop)
	draft(t, b, 4)
	expect(8.9, "")
	expect(9, "refresh of "+shop)
	draft(t, b, 9)
	must(b.Redraft(t.Context(), shop, at(10)))
	expect(10, "refresh of "+shop)
	draft(t, b, 10)
	expect(11, "")
	receive(t, b, notify(12, resolved("a", 2, 12)))
	expect(13, "")
	expect(17, "final of "+shop)
	draft(t, b, 17)
	expect(200, "")
	i, err := b.Incident(t.Context(), shop, at(200))
	if err != nil || !i.Draft.Final || i.Draft.Dir != "/out/"+shop || !i.Draft.First.Equal(at(4)) || !i.Draft.Last.Equal(at(17)) || i.Draft.Failures != 0 {
		t.Errorf("%+v, %v", i.Draft, err)
	}

	must(b.SnapshotPending(t.Context(), shop, true))
	expect(201, "final of "+shop)
	draft(t, b, 201)
	expect(202, "")
	must(b.SnapshotPending(t.Context(), shop, false))
	expect(300, "")
	must(b.Redraft(t.Context(), shop, at(301)))
	expect(301, "final of "+shop)
	draft(t, b, 302)

	receive(t, b, notify(310, firing("b", 21))) // told late: it was part of it, and fires
	expect(310, "refresh of "+shop)
	draft(t, b, 310)
	receive(t, b, notify(320, resolved("b", 21, 320)))
	expect(326, "final of "+shop)
}

// TestDueWhenClosed: a first draft that nobody wrote in time is the final one.
func TestDueWhenClosed(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(3, firing("a", 2), firing("bank/b", 2)), notify(4, resolved("a", 2, 4)))
	if got := due(t, b, 20); got != "first of 2026-11-21T0902Z-bank, final of "+shop {
		t.Errorf("got %q", got)
	}
}

func TestWait(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 10 * time.Second, 2: 20 * time.Second, 4: 80 * time.Second, 7: 10 * time.Minute, 1 << 30: 10 * time.Minute} {
		if got := wait(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}

// TestHeld keeps samples until the final draft is written, or given up.
func TestHeld(t *testing.T) {
	now := at(5)
	b := openBook(t, Options{Now: func() time.Time { return now }})
	held := func(minute float64) string {
		t.Helper()
		now = at(minute)
		advance(t, b, minute)
		windows, err := b.Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, w := range windows {
			lines = append(lines, w.From.Format("15:04")+"–"+w.To.Format("15:04"))
		}
		return strings.Join(lines, ", ")
	}
	for _, step := range []struct {
		told   []Notification
		minute float64
		want   string
	}{
		{nil, 1, ""},
		{[]Notification{notify(3, firing("a", 2))}, 5, "07:47–09:05"},
		{[]Notification{notify(20, resolved("a", 2, 20))}, 30, "07:47–09:25"},
		{nil, 24 * 60, "07:47–09:25"},
		{nil, 24*60 + 30, ""}, // nobody could draft it for a day
	} {
		receive(t, b, step.told...)
		if got := held(step.minute); got != step.want {
			t.Errorf("at %v: %q is held, want %q", step.minute, got, step.want)
		}
	}
	if held(40) == "" {
		t.Error("it is not held before it is given up")
	}
	draft(t, b, 40)
	if got := held(41); got != "" {
		t.Errorf("%q is held after the final draft", got)
	}
}

// TestAskedMeanwhile: a draft that is asked for while one is being written is made, also
// where that one ends after the asking.
func TestAskedMeanwhile(t *testing.T) {
	b := openBook(t, Options{})
	receive(t, b, notify(3, firing("a", 2)))
	due(t, b, 3)
	work, err := b.Due(t.Context(), at(3))
	if err != nil || len(work) != 1 {
		t.Fatalf("%d are due, %v", len(work), err)
	}
	if err := b.Redraft(t.Context(), shop, at(3.5)); err != nil {
		t.Fatal(err)
	}
	if err := b.Drafted(t.Context(), work[0].Incident, "/out", at(4), false); err != nil {
		t.Fatal(err)
	}
	if got := due(t, b, 4.1); got != "refresh of "+shop {
		t.Errorf("due is %q", got)
	}
	draft(t, b, 4.2)
	if got := due(t, b, 4.3); got != "" {
		t.Errorf("due is %q", got)
	}
}
