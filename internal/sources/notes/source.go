package notes

import (
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/journal"
	"collector/internal/store"
)

// Kind is the short name of this kind of source.
const Kind = "notes"

// name is the one instance's: there is one journal, whoever writes.
const name = "people"

// Source is what people noted. It is safe for concurrent use.
type Source struct{ journal.Witness }

// Source keeps the contract of all sources.
var _ sources.Source = (*Source)(nil)

// New makes the source; it reads nothing yet.
func New(read journal.Read) *Source {
	return &Source{journal.New(journal.Words{
		Kind: Kind, Name: name, What: "the notes", Most: maxNotes, Ahead: time.Minute,
		Never: "nobody wrote a note yet: collector note, or the page of an incident",
		Tell: func(found store.Entries) string {
			return fmt.Sprintf("notes about the last 24 h: %d", len(found.List)+found.More)
		},
	}, read)}
}
