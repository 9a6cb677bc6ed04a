package incident

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestTwoBooks does random things with two books of one file, as `collector serve` and
// `collector incidents` have them: whatever one does, the other one's next look shows
// what a book shows that is opened then.
func TestTwoBooks(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 5))
		first := openBook(t, Options{})
		second := openBook(t, first.opt)
		told := history(r)
		minute := 400.0
		for n, notification := range told {
			one, other := first, second
			if r.IntN(2) == 0 {
				one, other = second, first
			}
			notification.ReceivedAt = at(minute)
			receive(t, one, notification)
			minute += r.Float64() * 5
			if r.IntN(10) == 0 {
				minute += 2 * 24 * 60 // everything is sealed
			}
			anything(t, r, one, minute)
			if n%3 > 0 {
				continue
			}
			all := advance(t, one, minute)
			fresh := openBook(t, first.opt)
			want := whatIsIn(t, fresh, minute)
			if err := fresh.Close(); err != nil {
				t.Fatal(err)
			}
			for _, b := range []*Book{one, other} {
				if got := whatIsIn(t, b, minute); got != want {
					t.Fatalf("seed %d, notification %d: got\n%s\nwant\n%s", seed, n, got, want)
				}
			}
			if len(all) == 0 {
				t.Fatalf("seed %d: nothing happens", seed)
			}
		}
	}
}

// anything is what an operator or the clerk may do. What cannot be done is refused.
func anything(t *testing.T, r *rand.Rand, b *Book, minute float64) {
	t.Helper()
	all := advance(t, b, minute)
	i, other := all[r.IntN(len(all))], all[r.IntN(len(all))]
	ctx, now := context.Background(), at(minute)
	var err error
	switch r.IntN(8) {
	case 0:
		err = b.End(ctx, i.ID, now)
	case 1:
		err = b.Merge(ctx, i.ID, other.ID, now)
	case 2:
		if len(i.Alerts) > 1 {
			_, err = b.Split(ctx, i.ID, []string{i.Alerts[0].Fingerprint}, now)
		}
	case 3, 4:
		if !i.Sealed {
			err = b.Drafted(ctx, i, "/out", now, i.State == StateClosed)
		}
	}
	if err != nil && !errors.Is(err, errOperator) {
		t.Fatal(err)
	}
}

// whatIsIn is everything that a book says, as text.
func whatIsIn(t *testing.T, b *Book, minute float64) string {
	t.Helper()
	all, err := b.Incidents(t.Context(), at(minute))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for n, i := range all {
		if i.Sealed {
			if all[n], err = b.Incident(t.Context(), i.ID, at(minute)); err != nil {
				t.Fatal(err)
			}
		}
		text += fmt.Sprintf("sealed %v count %d %+v\n", i.Sealed, i.Count, i.Draft)
	}
	return detailed(all) + text
}

// TestLookAfterError: a look that was broken off has read a part; the next one shows
// everything.
func TestLookAfterError(t *testing.T) {
	b := toldBook(t)
	for n := range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*20*time.Microsecond)
		receive(t, b, notify(6, firing(fmt.Sprint("d", n), 6)))
		_, _ = b.Incidents(ctx, at(7)) // it may or may not have the time
		cancel()
		if all := advance(t, b, 7); len(all) != 2 || all[0].Count != n+3 {
			t.Fatalf("%v", sketches(all))
		}
	}
}
