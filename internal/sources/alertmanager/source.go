package alertmanager

import (
	"context"
	"errors"
	"sync"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/logfile"
	"collector/internal/timeline"
)

// reach is how old the end of a window may be to be now: what Alertmanager says about
// now is evidence for such a window only.
const reach = 2 * time.Minute

// around is how far outside of the window the event recorder's lines are read: what is
// muted is told again at every flush of its group, by default every 5 minutes.
const around = 10 * time.Minute

// Source is one Alertmanager as a witness of drafts. It is safe for concurrent use.
type Source struct {
	*Client
	opt   Options
	whole int64 // see logfile.WholeBelow
	near  int64 // see logfile.NearEnough
}

// Options are what a Source needs to know beside its own block.
type Options struct {
	Targets       sources.Targets // of the configuration
	ClusterLabels []string        // the labels that may name an alert's cluster; the first that does counts
}

var _ sources.Source = (*Source)(nil)

// NewSource makes the witness; it asks nothing yet. See [New].
func NewSource(cfg Config, opt Options) (*Source, error) { return newSource(cfg, opt, maxBody) }

func newSource(cfg Config, opt Options, limit int64) (*Source, error) {
	client, err := newClient(cfg, limit)
	if err != nil {
		return nil, err
	}
	return &Source{client, opt, logfile.WholeBelow, logfile.NearEnough}, nil
}

// Questions is how many questions a check asks it one after the other, each of which
// may take Timeout; a draft asks fewer.
const Questions = 3

// ReadsFiles says whether it reads the event recorder's files.
func (s *Source) ReadsFiles() bool { return s.cfg.EventsFile != "" }

// gathering is one Gather: what its questions share.
type gathering struct {
	source   *Source
	req      sources.Request
	admit    admission
	mask     masker
	from, to time.Time // what is read of the event recorder's lines
}

func (g *gathering) question(kind string) question {
	return question{Kind: kind, Alertmanager: g.source.cfg.Name, Window: g.req.Window.UTC(), Scope: g.req.Scope}
}

// isNow reports whether what holds now is evidence for the window.
func (g *gathering) isNow() bool {
	now := g.req.Now()
	return !now.Before(g.req.Window.From) && !now.After(g.req.Window.To.Add(reach))
}

// Gather asks for the silences, for a window that reaches to now which alerts are
// suppressed, and reads the event recorder's file where one is configured.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	g := &gathering{
		source: s, req: req, mask: masker{req.Roles},
		admit: admission{s.opt.Targets, s.opt.ClusterLabels, req.Scope},
		from:  req.Window.From.Add(-around).UTC(), to: req.Window.To.Add(around).UTC(),
	}
	tasks := []func(context.Context) ([]timeline.Evidence, error){g.silences}
	if g.isNow() {
		tasks = append(tasks, g.suppressed)
	}
	if s.ReadsFiles() {
		tasks = append(tasks, g.events)
	}
	records := make([][]timeline.Evidence, len(tasks))
	errs := make([]error, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() { records[i], errs[i] = task(ctx) })
	}
	wg.Wait()
	var all []timeline.Evidence
	for _, some := range records {
		all = append(all, some...)
	}
	return all, errors.Join(errs...)
}
