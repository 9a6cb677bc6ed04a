package history

import (
	"fmt"

	"collector/internal/sources"
)

// Config is the block `history`.
type Config struct {
	Drafts int `yaml:"drafts"` // the latest earlier drafts that a draft is compared with; 0: none
}

// mostDrafts is the most that `history.drafts` may be.
const mostDrafts = 1000

// DefaultConfig is what holds where the file says nothing.
func DefaultConfig() Config { return Config{Drafts: 200} }

// SetDefaults does nothing: 0 has a meaning.
func (c *Config) SetDefaults() {}

// Validate returns what is wrong with the block.
func (c *Config) Validate() []sources.Problem {
	if c.Drafts < 0 || c.Drafts > mostDrafts {
		return []sources.Problem{{Path: "drafts", Message: fmt.Sprintf("%d is not between 0 and %d", c.Drafts, mostDrafts), Fix: "write 200"}}
	}
	return nil
}
