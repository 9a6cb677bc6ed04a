package incident

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"collector/internal/store"
)

// oldBook is a directory with a book that a collector of version 1 wrote: an incident
// that is sealed, one that is closed by an operator and split, one that is open.
func oldBook(t *testing.T) (dir string) {
	t.Helper()
	old, err := os.ReadFile("testdata/incidents-v1.db")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	write(t, filepath.Join(dir, fileName), string(old))
	return dir
}

// TestUpgrade opens a book of version 1: everything is there, and what changes from
// then on is seen.
func TestUpgrade(t *testing.T) {
	dir := oldBook(t)
	old := format()
	old.Upgrades = nil // the collector that wrote it
	if _, err := format().OpenReadOnly(t.Context(), filepath.Join(dir, fileName)); !errors.Is(err, store.ErrOlder) || !strings.Contains(err.Error(), "collector serve") {
		t.Errorf("for reading only: %v", err)
	}
	b, err := OpenExisting(t.Context(), Options{Path: dir, Config: DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	minute := 60.0*24*3 + 20
	compare(t, advance(t, b, minute), shop+" closed 08:47–09:15 ", "2026-11-24T0902Z-shop closed 08:47–09:10 x z* by an operator",
		"2026-11-24T0902Z-shop-2 open 08:47–09:20 y*", "2026-11-24T0903Z-bank open 08:48–09:20 c*")
	sealed, err := b.Incident(t.Context(), shop, at(minute))
	if err != nil || !sealed.Sealed || sketch(sealed) != shop+" closed 08:47–09:15 a" || sealed.Draft.Version != sealed.Version() {
		t.Errorf("%s, drafted of %s, is %s, %v", sketch(sealed), sealed.Draft.Version, sealed.Version(), err)
	}
	receive(t, b, notify(minute, resolved("bank/c", minute-17, minute-1)))
	compare(t, advance(t, b, minute+1)[3:], "2026-11-24T0903Z-bank settling 08:48–09:21 c")
	bank := advance(t, b, minute+1)[3]
	if err := b.Drafted(t.Context(), bank, "/out/bank", at(minute+1), false, notice("chat", "drafted")); err != nil || waiting(t, b, "chat") == "" {
		t.Errorf("nobody can be told of a draft: %v", err)
	}
	if _, err := old.OpenReadOnly(t.Context(), b.path); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "schema 2, this one knows 1") {
		t.Errorf("the collector that wrote it says %v", err)
	}
}

// TestUpgradeAtOnce: several processes find an old book.
func TestUpgradeAtOnce(t *testing.T) {
	dir := oldBook(t)
	var all sync.WaitGroup
	failed := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			b, err := OpenExisting(t.Context(), Options{Path: dir, Config: DefaultConfig()})
			if err == nil {
				err = b.Close()
			}
			failed <- err
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := tables(t, openBook(t, Options{Path: dir})), tables(t, openBook(t, Options{})); !slices.Equal(got, want) {
		t.Errorf("an upgraded book has\n%s\na new one\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// tables are the statements that made what is in a book's file.
func tables(t *testing.T, b *Book) (made []string) {
	t.Helper()
	err := each(t.Context(), b.reader, func(r row) error {
		var text string
		err := r.Scan(&text)
		made = append(made, text)
		return err
	}, `SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
