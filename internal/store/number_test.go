package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var numbered = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func give(t *testing.T, dir string, year int, key string) string {
	t.Helper()
	n, err := GiveNumber(t.Context(), dir, "DEA", year, key, numbered)
	if err != nil {
		t.Fatal(err)
	}
	return n.String()
}

func TestGiveNumber(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for _, step := range []struct {
		year      int
		key, want string
	}{
		{2026, "incident a", "DEA-2026-001"},
		{2026, "incident b", "DEA-2026-002"},
		{2026, "incident a", "DEA-2026-001"}, // drafted again
		{2027, "incident c", "DEA-2027-001"}, // each year counts from 1
		{2027, "incident b", "DEA-2026-002"}, // what has a number keeps it
	} {
		if got := give(t, dir, step.year, step.key); got != step.want {
			t.Errorf("%s in %d: %s, want %s", step.key, step.year, got, step.want)
		}
	}
}

// TestGiveNumberAtOnce: whoever asks at the same time, each through a connection of its
// own, gets a number of its own, and none is left out.
func TestGiveNumberAtOnce(t *testing.T) {
	dir := t.TempDir()
	const keys, askers = 12, 3
	got := make([][keys]Number, askers)
	var wg sync.WaitGroup
	for a := range askers {
		for k := range keys {
			wg.Go(func() {
				n, err := GiveNumber(t.Context(), dir, "DEA", 2026, fmt.Sprint(k), numbered)
				if err != nil {
					t.Errorf("key %d: %v", k, err)
				}
				got[a][k] = n
			})
		}
	}
	wg.Wait()
	seen := map[int]bool{}
	for k := range keys {
		for a := range askers {
			if got[a][k] != got[0][k] {
				t.Errorf("key %d has %s and %s", k, got[0][k], got[a][k])
			}
		}
		if n := got[0][k].Number; n < 1 || n > keys || seen[n] {
			t.Errorf("key %d has number %d, which is out of range or another's", k, n)
		}
		seen[got[0][k].Number] = true
	}
}

func TestKeepNumber(t *testing.T) {
	dir := t.TempDir()
	seven := Number{"DEA", 2026, 7}
	for range 2 { // noted again it is the same
		if err := KeepNumber(t.Context(), dir, seven, "old draft", numbered); err != nil {
			t.Fatal(err)
		}
	}
	if got := give(t, dir, 2026, "old draft"); got != "DEA-2026-007" {
		t.Errorf("the old draft got %s", got)
	}
	if got := give(t, dir, 2026, "new"); got != "DEA-2026-008" {
		t.Errorf("the next is %s", got)
	}
	if err := KeepNumber(t.Context(), dir, seven, "another", numbered); !errors.Is(err, ErrConflict) {
		t.Errorf("a number that another has: %v", err)
	}
	if err := KeepNumber(t.Context(), dir, Number{"DEA", 2026, 9}, "new", numbered); !errors.Is(err, ErrConflict) {
		t.Errorf("a second number: %v", err)
	}
}

// TestGiveNumberWhereNothingCanBeWritten: what could not be kept is not given.
func TestGiveNumberWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if n, err := GiveNumber(t.Context(), dir, "DEA", 2026, "new", numbered); err == nil {
			t.Errorf("%s was given in %q", n, dir)
		}
	}
}

func TestGiveNumberLeavesWhatIsNotOurs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, numbersName), []byte("not a database at all, but longer than a header of sqlite is, which has a hundred bytes in it, no less"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := GiveNumber(t.Context(), dir, "DEA", 2026, "a", numbered); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a foreign file: %v", err)
	}
}
