package incident

import (
	"fmt"
	"reflect"
	"time"

	"github.com/prometheus/common/model"
)

// Config is the `incidents:` block.
type Config struct {
	GroupBy  []string       `yaml:"group_by"`  // alerts with equal values of these labels may be one incident
	Lead     model.Duration `yaml:"lead"`      // how long before its first alert an incident's window begins
	Settle   model.Duration `yaml:"settle"`    // how long everything is resolved before an incident is closed
	MergeGap model.Duration `yaml:"merge_gap"` // an alert so soon after the last one ended belongs to the same incident
	MaxOpen  model.Duration `yaml:"max_open"`  // an incident that does not end is closed after it
	Refresh  model.Duration `yaml:"refresh"`   // between two drafts of an incident that is open

	// RecoveryWait is how long after that an incident waits at most until its harm is
	// over too: the signals are back in their baseline. 0: it does not wait.
	RecoveryWait model.Duration `yaml:"recovery_wait"`
}

// minRefresh keeps drafts of an open incident from following each other without a pause.
const minRefresh = 10 * time.Second

// DefaultConfig is the configuration of an empty block.
func DefaultConfig() Config {
	return Config{
		GroupBy: []string{"cluster"}, Lead: minutes(15), Settle: minutes(5), MergeGap: minutes(10),
		MaxOpen: minutes(24 * 60), Refresh: minutes(5), RecoveryWait: minutes(30),
	}
}

// SetDefaults fills in a block that has no key at all.
func (c *Config) SetDefaults() {
	if reflect.ValueOf(*c).IsZero() {
		*c = DefaultConfig()
	}
}

func minutes(n int) model.Duration { return model.Duration(time.Duration(n) * time.Minute) }

// Problem is one thing wrong with the block; Path is the key inside it.
type Problem struct{ Path, Message, Fix string }

// Validate returns everything that is wrong with the block.
func (c *Config) Validate() []Problem {
	var problems []Problem
	problem := func(path, fix, format string, args ...any) {
		problems = append(problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	seen := map[string]bool{}
	for i, label := range c.GroupBy {
		path := fmt.Sprintf("group_by[%d]", i)
		if label == "" {
			problem(path, "name a label such as cluster", "is empty")
		} else if seen[label] {
			problem(path, "name each label once", "%q stands there twice", label)
		}
		seen[label] = true
	}
	for _, d := range []struct {
		path  string
		value model.Duration
		fix   string
	}{
		{"settle", c.Settle, "write 5m"},
		{"max_open", c.MaxOpen, "write 24h"},
	} {
		if d.value <= 0 {
			problem(d.path, d.fix, "must be more than 0")
		}
	}
	if time.Duration(c.Refresh) < minRefresh {
		problem("refresh", "write 5m", "%v is less than %v", c.Refresh, minRefresh)
	}
	if c.MaxOpen > 0 && c.MaxOpen <= c.Settle {
		problem("max_open", "write 24h", "%v is not longer than settle, %v", c.MaxOpen, c.Settle)
	}
	if c.RecoveryWait < 0 {
		problem("recovery_wait", "write 30m, or 0s not to wait", "must not be less than 0")
	}
	return problems
}

func (c *Config) lead() time.Duration    { return time.Duration(c.Lead) }
func (c *Config) settle() time.Duration  { return time.Duration(c.Settle) }
func (c *Config) maxOpen() time.Duration { return time.Duration(c.MaxOpen) }

// gap is how long after its last alert ended an incident takes a new one: while it
// settles it does in any case.
func (c *Config) gap() time.Duration { return time.Duration(max(c.MergeGap, c.Settle)) }
