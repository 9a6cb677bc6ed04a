package incident

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// ErrNeverTold says that no alert was ever received: that there is none in a window
// then says nothing.
var ErrNeverTold = errors.New("no alert was ever received")

// Exists reports whether there is a book in a directory.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}

// selectTold are the episodes that may touch a window from ?1 to ?2: of those without
// an end, and those whose start is not believed, judge says more.
const selectTold = selectEpisodes + ` WHERE (starts_at < ?2 OR received < ?2) AND max(repeated, known_at, ends_at, missed_at) >= ?1`

// Told are the alerts that touch a window, in order of their starts, as the book in a
// directory has them, whatever incident they belong to. It opens the book for reading
// only. An alert without a resolve of which nobody has spoken for max_open does not
// fire any more.
//
// Errors: [ErrNeverTold], [store.ErrMissing], [store.ErrCorrupt], [store.ErrForeign], [store.ErrNewer].
func Told(ctx context.Context, dir string, c Config, w timeline.Window) ([]*Member, error) {
	path := filepath.Join(dir, fileName)
	db, err := format().OpenReadOnly(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }() // it only reads
	var episodes []Episode
	err = each(ctx, db, func(r row) error {
		e, err := scanEpisode(r)
		if err == nil && e.First.Labels != nil { // else its row is damaged, and nobody knows what it was
			episodes = append(episodes, e.Episode)
		}
		return err
	}, selectTold, w.From.Add(-c.maxOpen()).UnixMilli(), w.To.UnixMilli())
	if err != nil {
		return nil, store.Explain("reading", path, err)
	}
	if len(episodes) == 0 {
		var told bool
		if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM episode)`).Scan(&told); err != nil {
			return nil, store.Explain("reading", path, err)
		}
		if !told {
			return nil, ErrNeverTold
		}
	}
	return slices.DeleteFunc(judge(episodes, &c), func(m *Member) bool { return !m.touches(w) }), nil
}

// touches reports whether a part of the alert lies in a window.
func (m *Member) touches(w timeline.Window) bool {
	return m.From.Before(w.To) && (m.Ended == StillFires || !m.To.Before(w.From))
}

// LastTold is when somebody spoke of the alert last, a notification or a probe.
func (e Episode) LastTold() time.Time { return latest(e.Repeated, e.KnownAt) }

// Group names Alertmanager's group that the alert was told in.
func (e Episode) Group() string { return e.Receiver + " " + e.GroupKey }
