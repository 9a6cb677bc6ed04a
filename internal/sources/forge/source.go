package forge

import (
	"context"
	"fmt"
	"time"

	"collector/internal/sources"
)

// Forge is one kind of forge: what tells GitHub and GitLab apart.
type Forge struct {
	Kind  string // the source's short name: github
	Label string // GitHub
	// Course reads what happened to a deployment out of its record. It is pure.
	Course func(Deployment) Course
	// Query is the question about one deployment as a person would ask it again.
	Query func(repository string, id int64) string
	// Dial makes the library's client, for the questions of one draft: what it learned
	// about limits shall not outlive them.
	Dial func(*Client) (API, error)
}

// API asks a forge through its library. The errors of all methods are fit to be shown
// (see Client.Explain).
type API interface {
	// Page lists deployments, newest first.
	Page(ctx context.Context, ask Ask) (Page, error)
	// Statuses completes a listed deployment by what was reported about it.
	Statuses(ctx context.Context, repository string, told *Told) error
	// Account says whose token it is and what it may do.
	Account(ctx context.Context) (Account, error)
}

// Ask is the question for one page.
type Ask struct {
	Repository  string
	Environment string    // empty: all
	From, To    time.Time // what interests; a forge that cannot tell may list more
	Page        int       // from 1
}

// Page is one page of a list.
type Page struct {
	Deployments []Told
	Unusable    int // elements that are no deployments
	Next        int // page; 0: there is none, or it is older than what interests
}

// Account is what a forge says of the token.
type Account struct {
	Text     string    // "4,990 of 5,000 requests left until 10:00"
	Warnings []Warning // what will fail, or is wider than it needs to be
	Date     time.Time // the forge's clock; zero where it does not tell
}

// Warning is something to mend.
type Warning struct {
	Text string
	Fix  []string
}

// Source is one configured forge. It is safe for concurrent use.
type Source struct {
	forge    Forge
	settings Settings
	client   *Client
	now      func() time.Time // for Check, which is given no clock
}

var _ sources.Source = (*Source)(nil)

// New makes the source of valid and complete settings. It asks nothing yet.
func New(f Forge, s Settings, maxBody int64) (*Source, error) {
	client, err := Open(s, f.Label, maxBody)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", f.Kind, s.Name, err)
	}
	return &Source{forge: f, settings: s, client: client, now: time.Now}, nil
}

// Kind is the forge's short name.
func (s *Source) Kind() string { return s.forge.Kind }

// Name is the instance's name in the configuration.
func (s *Source) Name() string { return s.settings.Name }

// Timeout is how long all questions of one draft may take together.
func (s *Source) Timeout() time.Duration { return s.settings.Timeout }
