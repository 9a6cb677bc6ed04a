package history

import (
	"context"
	"fmt"

	"collector/internal/drafts"
	"collector/internal/sources"
)

// Kind is the source's name in evidence and gaps.
const Kind = "history"

const name = "drafts" // there is one

// Source reads the drafts in one directory.
type Source struct {
	dir  string
	most int
}

var _ sources.Source = (*Source)(nil)

// New makes the witness of the drafts in a directory.
func New(dir string, c Config) *Source { return &Source{dir, c.Drafts} }

// Kind is "history".
func (s *Source) Kind() string { return Kind }

// Name is always the same.
func (s *Source) Name() string { return name }

// Check says how many drafts there are to compare with.
func (s *Source) Check(context.Context) []sources.Diagnosis {
	found := func(level sources.Level, text string, fix ...string) []sources.Diagnosis {
		return []sources.Diagnosis{{Source: Kind + "/" + name, Level: level, Text: text, Fix: fix}}
	}
	dirs, err := drafts.List(s.dir)
	if err != nil {
		return found(sources.Degraded, fmt.Sprintf("drafts cannot be compared with earlier ones: %v", err), "let collector read "+s.dir+", or set history: {drafts: 0}")
	}
	return found(sources.OK, fmt.Sprintf("%d drafts in %s to compare with", len(dirs), s.dir))
}
