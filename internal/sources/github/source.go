package github

import (
	"fmt"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/timeline"
)

// New makes the source of a valid configuration; it asks nothing yet. It fails when a
// file that the configuration names cannot be read.
func New(c Config) (*forge.Source, error) { return newSource(c, forge.MaxBody) }

func newSource(c Config, maxBody int64) (*forge.Source, error) {
	c.SetDefaults()
	kind := dialect
	kind.Dial = dial(c.URL)
	return forge.New(kind, c.settings(), maxBody)
}

var dialect = forge.Forge{
	Kind: Kind, Label: "GitHub", Course: course,
	Query: func(repository string, id int64) string {
		return fmt.Sprintf("GET /repos/%s/deployments/%d with /statuses", repository, id)
	},
}

var _ sources.Interpreter = Interpret

// Interpret turns the records of all GitHubs into findings.
func Interpret(w timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	return dialect.Interpret(w, records)
}
