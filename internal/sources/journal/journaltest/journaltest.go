// Package journaltest has journals for the tests of their witnesses.
package journaltest

import (
	"context"
	"errors"
	"testing"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/sources/sourcetest"
	"collector/internal/store"
	"collector/internal/timeline"
)

// Of is a journal in memory. in says whether an entry can have happened in a window, as
// the store does for entries of its kind.
func Of(in func(w timeline.Window, e store.Entry) bool, all ...store.Entry) journal.Read {
	return func(_ context.Context, w timeline.Window, most int) (found store.Entries, err error) {
		found.Ever = len(all) > 0
		for n, e := range all {
			if e.Number = int64(n + 1); in(w, e) {
				found.List = append(found.List, e)
			}
		}
		if len(found.List) > most {
			found.List, found.More = found.List[:most], len(found.List)-most
		}
		return found, nil
	}
}

// Fails is a journal that cannot be read.
func Fails(err error) journal.Read {
	return func(context.Context, timeline.Window, int) (store.Entries, error) { return store.Entries{}, err }
}

// Run checks a witness against the conformance suite, over journals that misbehave too.
func Run(t *testing.T, s sourcetest.Suite, over func(journal.Read) sources.Source) {
	t.Helper()
	s.Hanging = func(*testing.T) sources.Source {
		return over(func(ctx context.Context, _ timeline.Window, _ int) (store.Entries, error) {
			<-ctx.Done()
			return store.Entries{}, ctx.Err()
		})
	}
	s.Broken = map[string]func(*testing.T) sources.Source{
		"the journal cannot be read": func(*testing.T) sources.Source { return over(Fails(errors.New("disk I/O error"))) },
	}
	sourcetest.Run(t, s)
}
