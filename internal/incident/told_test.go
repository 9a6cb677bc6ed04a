package incident

import (
	"errors"
	"slices"
	"testing"

	"collector/internal/store"
	"collector/internal/timeline"
)

func TestTold(t *testing.T) {
	b := openBook(t, Options{})
	const day = 24 * 60
	receive(t, b,
		notify(-3*day, firing("forgotten", -3*day)),
		notify(2.5, firing("fires", 2)),
		notify(11, resolved("over", 3, 10)),
		notify(31, resolved("later", 30, 31)),
		notify(5, firing("ahead", 500)))
	if b.Close() != nil {
		t.Fatal("the book does not close")
	}
	for _, tt := range []struct {
		name     string
		from, to float64
		want     []string
	}{
		{"all of it", 0, 60, []string{"fires", "over", "ahead", "later"}},
		{"before", -60, 0, nil},
		{"while it was on", 8, 9, []string{"fires", "over", "ahead"}},
		{"between two", 15, 20, []string{"fires", "ahead"}},
		{"long before", -3*day - 10, -3*day + 10, []string{"forgotten"}},
		{"long after", 2 * day, 2*day + 10, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			members, err := Told(t.Context(), b.opt.Path, atOnce(), timeline.Window{From: at(tt.from), To: at(tt.to)})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, m := range members {
				names = append(names, m.Name())
			}
			if !slices.Equal(names, tt.want) {
				t.Errorf("got %v, want %v", names, tt.want)
			}
		})
	}
	if !Exists(b.opt.Path) || Exists(t.TempDir()) {
		t.Error("Exists is wrong")
	}
	empty := openBook(t, Options{})
	if _, err := Told(t.Context(), empty.opt.Path, atOnce(), timeline.Window{From: at(0), To: at(1)}); !errors.Is(err, ErrNeverTold) {
		t.Errorf("a book without an alert: %v", err)
	}
	if _, err := Told(t.Context(), t.TempDir(), atOnce(), timeline.Window{From: at(0), To: at(1)}); !errors.Is(err, store.ErrMissing) {
		t.Errorf("without a book: %v", err)
	}
}
