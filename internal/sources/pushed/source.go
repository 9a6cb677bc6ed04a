package pushed

import (
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/store"
)

// Kind is the short name of this kind of source.
const Kind = "pushed"

// name is the one instance's: there is one journal, whoever tells.
const name = "changes"

// Source is what was pushed. It is safe for concurrent use.
type Source struct{ journal.Witness }

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)

// New makes the source; it reads nothing yet.
func New(read journal.Read) *Source {
	return &Source{journal.New(journal.Words{
		Kind: Kind, Name: name, What: "the changes that were pushed", Most: maxLines,
		Never: "nobody pushed a change yet: docs/pushed.md says how a pipeline does",
		Tell:  lastPushed,
	}, read)}
}

// lastPushed says what was pushed in the last day.
func lastPushed(found store.Entries) string {
	if len(found.List) == 0 {
		return "no change was pushed in the last 24 h"
	}
	last := found.List[len(found.List)-1]
	return fmt.Sprintf("changes pushed in the last 24 h: %d, the last happened at %s", len(found.List)+found.More, last.At.UTC().Format(time.RFC3339))
}
