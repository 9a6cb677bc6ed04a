package notes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// Kind is the short name of this kind of source.
const Kind = "notes"

// name is the one instance's: there is one journal, whoever writes.
const name = "people"

// Read returns at most so many of the notes on what can have happened in a window, the
// earliest first. It fails with [store.ErrMissing] where there is no journal.
type Read func(ctx context.Context, window timeline.Window, most int) (store.Entries, error)

// Source is what people noted. It is safe for concurrent use.
type Source struct {
	read Read
	now  func() time.Time // for Check, which is given no clock
}

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)

// New makes the source; it reads nothing yet.
func New(read Read) *Source { return &Source{read, time.Now} }

// Kind is "notes".
func (s *Source) Kind() string { return Kind }

// Name is "people".
func (s *Source) Name() string { return name }

// checked is how far back Check looks.
const checked = 24 * time.Hour

// Check says when a note was written last. That nobody wrote one is no fault.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	line := sources.Diagnosis{Source: Kind + "/" + name}
	now := s.now()
	found, err := s.read(ctx, timeline.Window{From: now.Add(-checked), To: now.Add(time.Minute)}, maxNotes)
	switch {
	case errors.Is(err, store.ErrMissing), err == nil && !found.Ever:
		line.Text = "nobody wrote a note yet: collector note, or the page of an incident"
	case err != nil:
		line.Level, line.Text = sources.Failed, fmt.Sprintf("the notes cannot be read: %v", err)
	default:
		line.Text = fmt.Sprintf("notes about the last 24 h: %d", len(found.List)+found.More)
	}
	if found.Damaged > 0 {
		line.Level = sources.Degraded
		line.Text += fmt.Sprintf("; %d rows of journal.db cannot be read", found.Damaged)
		line.Fix = []string{"restore journal.db in storage.path from a backup, or move it away"}
	}
	return []sources.Diagnosis{line}
}
