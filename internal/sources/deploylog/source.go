package deploylog

import (
	"fmt"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/logfile"
)

// kind is the short source name with which evidence IDs begin.
const kind = "deploylog"

// Source is one deploy log. It is safe for concurrent use.
type Source struct {
	config Config
	reader deployline.Reader
	now    func() time.Time // for Check, which is given no clock
	whole  int64            // see logfile.WholeBelow
	near   int64            // see logfile.NearEnough
	open   func(path string) (*logfile.File, error)
}

var _ sources.Source = (*Source)(nil)

// New makes a source of a valid configuration. Defaults are filled in.
func New(config Config) (*Source, error) {
	config.SetDefaults()
	if problems := config.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("deploy log %s: %w", config.Name, problems[0])
	}
	r, err := config.grammar().Reader()
	if err != nil {
		return nil, fmt.Errorf("deploy log %s: %w", config.Name, err)
	}
	return &Source{config: config, reader: r, now: time.Now, whole: logfile.WholeBelow, near: logfile.NearEnough, open: openFile}, nil
}

// Kind is deploylog.
func (*Source) Kind() string { return kind }

// Name is the log's name in the configuration.
func (s *Source) Name() string { return s.config.Name }

// grace is how long work that watches its context may take to notice its end.
const grace = 250 * time.Millisecond

func graceAfter() <-chan time.Time { return time.After(grace) }
