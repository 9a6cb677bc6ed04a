package pushed

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
const Kind = "pushed"

// name is the one instance's: there is one journal, whoever tells.
const name = "changes"

// Read returns at most so many of the changes that can have happened in a window, the
// earliest first. It fails with [store.ErrMissing] where there is no journal.
type Read func(ctx context.Context, window timeline.Window, most int) (store.Entries, error)

// Source is what was pushed. It is safe for concurrent use.
type Source struct {
	read Read
	now  func() time.Time // for Check, which is given no clock
}

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)

// New makes the source; it reads nothing yet.
func New(read Read) *Source { return &Source{read, time.Now} }

// Kind is "pushed".
func (s *Source) Kind() string { return Kind }

// Name is "changes".
func (s *Source) Name() string { return name }

// checked is how far back Check looks.
const checked = 24 * time.Hour

// Check says when something was pushed last. Silence is no fault: nothing may have
// changed, or nobody has set it up.
func (s *Source) Check(ctx context.Context) []sources.Diagnosis {
	line := sources.Diagnosis{Source: Kind + "/" + name}
	now := s.now()
	found, err := s.read(ctx, timeline.Window{From: now.Add(-checked), To: now}, maxLines)
	switch {
	case errors.Is(err, store.ErrMissing), err == nil && !found.Ever:
		line.Text = "nobody pushed a change yet: docs/pushed.md says how a pipeline does"
	case err != nil:
		line.Level, line.Text = sources.Failed, fmt.Sprintf("what was pushed cannot be read: %v", err)
	case len(found.List) == 0:
		line.Text = "no change was pushed in the last 24 h"
	default:
		last := found.List[len(found.List)-1]
		line.Text = fmt.Sprintf("changes pushed in the last 24 h: %d, the last happened at %s", len(found.List)+found.More, last.At.UTC().Format(time.RFC3339))
	}
	if found.Damaged > 0 {
		line.Level = sources.Degraded
		line.Text += fmt.Sprintf("; %d rows of journal.db cannot be read", found.Damaged)
		line.Fix = []string{"restore journal.db in storage.path from a backup, or move it away"}
	}
	return []sources.Diagnosis{line}
}
