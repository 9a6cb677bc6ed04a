package prometheus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"collector/internal/sources"
	"collector/internal/sources/httpclient"
	"collector/internal/timeline"
)

// Kind is the short name of this kind of source.
const Kind = "prometheus"

// maxBody is the largest single answer that is read.
const maxBody = 64 << 20

// Source is one configured Prometheus. It is safe for concurrent use.
type Source struct {
	cfg     Config
	targets sources.Targets
	client  *httpclient.Client
	api     promv1.API
}

// New makes the source; it asks nothing yet. The configuration has its defaults
// and is valid. It fails when a file that the configuration names cannot be read.
func New(cfg Config, targets sources.Targets) (*Source, error) {
	return newSource(cfg, targets, maxBody)
}

func newSource(cfg Config, targets sources.Targets, limit int64) (*Source, error) {
	cfg.SetDefaults()
	client, err := httpclient.New(httpclient.Options{Name: Kind + "/" + cfg.Name, URL: cfg.URL, Config: cfg.HTTPClient, MaxBody: limit})
	if err != nil {
		return nil, fmt.Errorf("prometheus %s: %w", cfg.Name, err)
	}
	c, err := api.NewClient(api.Config{Address: client.Address, Client: client.HTTP})
	if err != nil {
		return nil, fmt.Errorf("prometheus %s: %w", cfg.Name, client.Error(err))
	}
	return &Source{cfg: cfg, targets: targets, client: client, api: promv1.NewAPI(c)}, nil
}

// Kind is "prometheus".
func (s *Source) Kind() string { return Kind }

// Name is the name in the configuration.
func (s *Source) Name() string { return s.cfg.Name }

// Gather asks everything about the window, within the configured timeout. When
// not even the clock can be asked, the other questions are not put at all: a
// Prometheus that is down or overloaded is left alone, and each of them still has
// a record that says so.
func (s *Source) Gather(ctx context.Context, req sources.Request) ([]timeline.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout.Duration)
	defer cancel()
	a := newAsker(s, req)
	a.all(ctx, []task{a.askClock})
	a.findIntervals(ctx)
	a.all(ctx, []task{a.askRules})
	tasks := []task{a.askAlerts, a.askAlertsSince, a.askScrapes, a.askCoverage}
	if slices.Contains(s.cfg.Packs, mysqldExporter().Name) {
		tasks = append(tasks, a.askCollectors)
	}
	tasks = append(tasks, a.signalTasks()...)
	tasks = append(tasks, a.impactTasks()...)
	a.all(ctx, tasks)
	req.Notify(fmt.Sprintf("%d questions answered, %d failed", a.answered, a.failed))
	return a.records, errors.Join(a.errs...)
}

// until is the end of what can have been observed: the window's end, or now.
func until(w timeline.Window, now time.Time) time.Time {
	if now.Before(w.To) {
		return now
	}
	return w.To
}
