package loki

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/timeline"
)

// Kind is the short name of this kind of source.
const Kind = "loki"

// Source is one configured Loki. It is safe for concurrent use.
type Source struct {
	cfg     Config
	client  *client
	targets sources.Targets
	readers []deployline.Reader // of the queries of kind deploy, by their place
	limits  limits
	now     func() time.Time // for Check, which is given no clock
}

var _ sources.Source = (*Source)(nil)

// New makes a source of a valid configuration; it asks nothing yet. Targets are all
// configured servers. It fails when a file that the configuration names cannot be read.
func New(cfg Config, targets sources.Targets) (*Source, error) {
	return newSource(cfg, targets, maxBody)
}

func newSource(cfg Config, targets sources.Targets, body int64) (*Source, error) {
	cfg.SetDefaults()
	c, err := newClient(cfg, body)
	if err != nil {
		return nil, fmt.Errorf("loki %s: %w", cfg.Name, err)
	}
	s := &Source{
		cfg: cfg, client: c, targets: targets, now: time.Now, readers: make([]deployline.Reader, len(cfg.Queries)),
		limits: limits{page: pageLines, lines: cfg.MaxLines, bytes: readBytes},
	}
	for i, q := range cfg.Queries {
		if q.Kind != deployKind {
			continue
		}
		if s.readers[i], err = q.grammar().Reader(); err != nil {
			return nil, fmt.Errorf("loki %s: queries[%d]: %w", cfg.Name, i, err)
		}
	}
	return s, nil
}

// Kind is "loki".
func (*Source) Kind() string { return Kind }

// Name is the name in the configuration.
func (s *Source) Name() string { return s.cfg.Name }

// Gather reads the lines of every query, one after the other: a Loki that is in trouble is
// asked one question at a time.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	var out []timeline.Evidence
	for i, q := range s.cfg.Queries {
		g := &gathering{
			source: s, req: req, config: q, window: req.Window.UTC(),
			logql: scoped(q.Query, s.cfg.ClusterLabel, req.Scope.Clusters),
		}
		ask := g.logs
		if q.Kind == deployKind {
			ask = func(ctx context.Context) ([]timeline.Evidence, error) { return g.deploys(ctx, s.readers[i]) }
		}
		records, err := ask(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, records...)
	}
	return out, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
