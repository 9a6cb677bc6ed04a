package gitlab

import (
	"fmt"
	"net/url"

	"collector/internal/sources"
	"collector/internal/sources/forge"
	"collector/internal/timeline"
)

// New makes the source of a valid configuration; it asks nothing yet. It fails when a
// file that the configuration names cannot be read.
func New(c Config) (*forge.Source, error) { return newSource(c, forge.MaxBody) }

func newSource(c Config, maxBody int64) (*forge.Source, error) {
	c.SetDefaults()
	return forge.New(dialect, c.settings(), maxBody)
}

var dialect = forge.Forge{
	Kind: Kind, Label: "GitLab", Course: course, Dial: dial,
	Query: func(project string, id int64) string {
		return fmt.Sprintf("GET /projects/%s/deployments/%d", url.PathEscape(project), id)
	},
}

var _ sources.Interpreter = Interpret

// Interpret turns the records of all GitLabs into findings.
func Interpret(w timeline.Window, records []timeline.Evidence) (timeline.Findings, error) {
	return dialect.Interpret(w, records)
}
