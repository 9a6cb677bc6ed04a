// Package journal is what the two witnesses of the journal have in common: package notes,
// who tells what people wrote into it, and package pushed, who tells what programs did.
// Both read rows of one table, say nothing where nobody ever wrote any, and have the
// same gaps.
package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// Read returns at most so many of the entries about what can have happened in a window, the
// earliest first. It fails with [store.ErrMissing] where there is no journal.
type Read func(ctx context.Context, window timeline.Window, most int) (store.Entries, error)

// Words are what a witness says of itself.
type Words struct {
	Kind  string                           // the short name of this kind of source
	Name  string                           // the one instance's: there is one journal, whoever writes
	What  string                           // it reads: the notes
	Never string                           // what Check says where there never was one
	Tell  func(found store.Entries) string // what Check says of those of the last day
	Most  int                              // entries that are read at once
	Ahead time.Duration                    // how far beyond now Check looks
}

// Witness reads the journal. It is safe for concurrent use.
type Witness struct {
	words Words
	read  Read
	now   func() time.Time // for Check, which is given no clock
}

// New makes a witness; it reads nothing yet.
func New(words Words, read Read) Witness { return Witness{words, read, time.Now} }

// Kind is the short name of this kind of source.
func (w *Witness) Kind() string { return w.words.Kind }

// Name is the one instance's.
func (w *Witness) Name() string { return w.words.Name }

// Find reads the entries of a window. Where nobody ever wrote one, ever is false: there is
// nothing to say, not even that nothing was found.
func (w *Witness) Find(ctx context.Context, window timeline.Window) (found store.Entries, ever bool, err error) {
	found, err = w.read(ctx, window, w.words.Most)
	switch {
	case errors.Is(err, store.ErrMissing):
		return found, false, nil
	case err != nil:
		return found, false, fmt.Errorf("%s cannot be read: %w", w.words.What, err)
	}
	return found, found.Ever, nil
}

// checked is how far back Check looks.
const checked = 24 * time.Hour

// Check says what was written last. That nobody wrote anything is no fault: nothing may
// have happened, or nobody has set it up.
func (w *Witness) Check(ctx context.Context) []sources.Diagnosis {
	line := sources.Diagnosis{Source: w.words.Kind + "/" + w.words.Name}
	now := w.now()
	found, ever, err := w.Find(ctx, timeline.Window{From: now.Add(-checked), To: now.Add(w.words.Ahead)})
	switch {
	case err != nil:
		line.Level, line.Text = sources.Failed, err.Error()
	case !ever:
		line.Text = w.words.Never
	default:
		line.Text = w.words.Tell(found)
	}
	if found.Damaged > 0 {
		line.Level = sources.Degraded
		line.Text += fmt.Sprintf("; %d rows of journal.db cannot be read", found.Damaged)
		line.Fix = []string{"restore journal.db in storage.path from a backup, or move it away"}
	}
	return []sources.Diagnosis{line}
}

// Missing are the reasons of the gaps that reading left, each a part of a sentence: more
// entries of the window, which are called what, were not read, and rows cannot be.
func Missing(what string, more, damaged int) []string {
	var reasons []string
	if more > 0 {
		reasons = append(reasons, fmt.Sprintf("of %d further %s, the latest of the window, only the number is known", more, what))
	}
	if damaged > 0 {
		reasons = append(reasons, fmt.Sprintf("%d rows of the journal cannot be read: restore journal.db from a backup", damaged))
	}
	return reasons
}
