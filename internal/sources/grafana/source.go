package grafana

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	gapi "github.com/grafana/grafana-api-golang-client"

	"collector/internal/sources"
	"collector/internal/timeline"
)

// Kind is the short name of this kind of source.
const Kind = "grafana"

// Pending begins the reason of the gap that a missing snapshot is: it may still be
// made, as long as the metrics are there.
const Pending = "Grafana snapshot pending"

// sourceName is the name of the one Grafana that can be configured.
const sourceName = "main"

// maxBody is the largest single answer that is read: a whole snapshot.
const maxBody = 96 << 20

// Source is the configured Grafana. It is safe for concurrent use.
type Source struct {
	cfg     Config
	targets sources.Targets
	client  *client
	vars    map[string]varTemplates // by dashboard UID
}

// New makes the source; it asks nothing yet. The configuration is valid. It fails
// when a file that the configuration names cannot be read.
func New(cfg Config, targets sources.Targets) (*Source, error) {
	return newSource(cfg, targets, maxBody)
}

func newSource(cfg Config, targets sources.Targets, limit int64) (*Source, error) {
	cfg.SetDefaults()
	c, err := newClient(cfg, limit)
	if err != nil {
		return nil, fmt.Errorf("grafana: %w", err)
	}
	s := &Source{cfg: cfg, targets: targets, client: c, vars: map[string]varTemplates{}}
	for _, d := range cfg.Dashboards {
		if s.vars[d.UID], err = parseVars(d.Vars); err != nil {
			return nil, fmt.Errorf("grafana: dashboard %s: %w", d.UID, err)
		}
	}
	return s, nil
}

// Kind is "grafana".
func (s *Source) Kind() string { return Kind }

// Name is "main": there is one.
func (s *Source) Name() string { return sourceName }

// gathering is one Gather: what its questions share.
type gathering struct {
	*session
	owner  *Source
	name   string
	req    sources.Request
	window timeline.Window // up to now at most

	versionOnce sync.Once
	version     int

	listing  sync.Mutex
	listed   []*gapi.DataSource
	unlisted error // why the data sources could not be listed
}

func (s *Source) gathering(req sources.Request) *gathering {
	w := req.Window.UTC()
	if now := req.Now().UTC().Truncate(time.Millisecond); now.Before(w.To) {
		w.To = now
	}
	if w.To.Before(w.From) {
		w.To = w.From
	}
	return &gathering{session: s.client.session(), owner: s, name: sourceName, req: req, window: w}
}

// Gather asks for the annotations over the window and, if the request wants them,
// makes a snapshot of every configured dashboard.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.cfg.Timeout))
	defer cancel()
	g := s.gathering(req)
	tasks := []func(context.Context) ([]timeline.Evidence, error){g.askAnnotations}
	switch {
	case len(s.cfg.Dashboards) == 0:
	case !req.Snapshots:
		tasks = append(tasks, g.leaveForLater)
	default:
		for _, d := range s.cfg.Dashboards {
			tasks = append(tasks, func(ctx context.Context) ([]timeline.Evidence, error) { return g.keep(ctx, d.UID) })
		}
	}
	records := make([][]timeline.Evidence, len(tasks))
	errs := make([]error, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() { records[i], errs[i] = task(ctx) })
	}
	wg.Wait()
	var all []timeline.Evidence
	for _, r := range records {
		all = append(all, r...)
	}
	return all, errors.Join(errs...)
}

// leaveForLater records that no snapshot was wanted.
func (g *gathering) leaveForLater(context.Context) ([]timeline.Evidence, error) {
	q := g.question(kindLater)
	for _, d := range g.owner.cfg.Dashboards {
		q.Left = append(q.Left, d.UID)
	}
	return g.answered(q, "", struct{}{})
}
