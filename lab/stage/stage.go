package stage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"collector/lab/servers"
)

// How the stage's parts are known to Prometheus and to collector.
const (
	Cluster         = "shop"
	Primary         = "db1"
	Replica         = "db2"
	AppInstance     = "shop-app:8080"
	PrimaryInstance = "db1:9104"
	ReplicaInstance = "db2:9104"

	SignalErrors  = "shop_error_rate"
	SignalLatency = "shop_latency_p99"

	appAccount = "shop_app"
)

// Options says what to set up.
type Options struct {
	Flavour string                           // servers.FlavourMariaDB or servers.FlavourMySQL
	Dir     string                           // an existing directory for everything that outlives the servers
	Program string                           // collector's binary; without one nothing is recorded
	Say     func(format string, args ...any) // progress for a person
}

// Stage is a running shop with everything that watches it.
type Stage struct {
	Options
	DB1, DB2     *servers.DB
	Exporters    []*servers.HTTPServer
	Prometheus   *servers.HTTPServer
	Alertmanager *servers.HTTPServer
	App          *App
	Listen       string // collector's address

	alerts    *watch
	scrapes   *watch
	collector *servers.Process
	undo      []func() error // in the order of the steps
}

// Start sets up the stage. On failure everything that was started is stopped.
func Start(ctx context.Context, opts Options) (*Stage, error) {
	s := &Stage{Options: opts}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"a primary and a replica", s.startDatabases},
		{"the shop's tables", s.fillShop},
		{"the application", s.startApp},
		{"exporters, Alertmanager and Prometheus", s.startMonitoring},
		{"collector, recording both servers", s.startCollector},
	}
	for _, step := range steps {
		begin := time.Now()
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("stage: %s: %w", step.name, err), s.Close())
		}
		s.Say("%s (%.1f s)", step.name, time.Since(begin).Seconds())
	}
	return s, nil
}

// Close stops everything in reverse order. Options.Dir stays.
func (s *Stage) Close() error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(errs...)
}

// Firings are the alerts that fired so far, as the lab's own clock saw them.
func (s *Stage) Firings() []Firing { return s.alerts.firings() }

// FailedScrapes are the stretches in which Prometheus could not scrape an instance.
func (s *Stage) FailedScrapes() []Firing { return s.scrapes.firings() }

// Target is the name by which collector knows what an instance label names.
func Target(instance string) string {
	switch instance {
	case PrimaryInstance:
		return Primary
	case ReplicaInstance:
		return Replica
	}
	return instance
}

func (s *Stage) path(name string) string { return filepath.Join(s.Dir, name) }

func (s *Stage) startDatabases(ctx context.Context) error {
	for _, db := range []struct {
		server **servers.DB
		id     uint32
		lines  []string
	}{{&s.DB1, 1, nil}, {&s.DB2, 2, []string{"read_only=ON"}}} {
		server, err := servers.Database(ctx, s.Flavour, servers.DBOptions{ServerID: db.id, Lines: db.lines})
		if err != nil {
			return err
		}
		*db.server = server
		s.undo = append(s.undo, server.Close)
		if err := server.CreateCollectorAccount(ctx); err != nil {
			return err
		}
	}
	return servers.SetUpReplica(ctx, s.DB1, s.DB2)
}

func (s *Stage) fillShop(ctx context.Context) error {
	if err := createShop(ctx, s.DB1.Admin); err != nil {
		return err
	}
	if err := s.DB1.CreateAccount(ctx, appAccount, CanaryPassword, "ALL PRIVILEGES ON shop.*"); err != nil {
		return err
	}
	return servers.AwaitReplica(ctx, s.DB1, s.DB2, time.Minute)
}

func (s *Stage) startApp(ctx context.Context) error {
	app, err := StartApp(ctx, s.DB1.Config(appAccount))
	if err != nil {
		return err
	}
	s.App = app
	s.undo = append(s.undo, app.Close)
	return nil
}

// startMonitoring uses Debian stable's programs beside MariaDB and Debian
// sid's beside MySQL, so that a score of both flavours has seen both.
func (s *Stage) startMonitoring(ctx context.Context) error {
	exporterVersion, alertmanager, prometheus := servers.Exporter014, servers.Alertmanager025, servers.Prometheus242
	if s.Flavour == servers.FlavourMySQL {
		exporterVersion, alertmanager, prometheus = servers.Exporter019, servers.Alertmanager033, servers.Prometheus35
	}
	targets := []servers.ScrapeTarget{{Job: "shop", Addr: s.App.Addr, Labels: scrapeLabels(AppInstance)}}
	for _, db := range []struct {
		server   *servers.DB
		instance string
	}{{s.DB1, PrimaryInstance}, {s.DB2, ReplicaInstance}} {
		exporter, err := servers.MySQLdExporter(ctx, db.server, exporterVersion)
		if err != nil {
			return err
		}
		s.undo = append(s.undo, exporter.Close)
		s.Exporters = append(s.Exporters, exporter)
		targets = append(targets, servers.ScrapeTarget{Job: "mysql", Addr: exporter.Addr, Labels: scrapeLabels(db.instance)})
	}
	var err error
	if s.Alertmanager, err = servers.Alertmanager(ctx, servers.AlertmanagerOptions{Version: alertmanager}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.Alertmanager.Close)
	s.Prometheus, err = servers.Prometheus(ctx, servers.PrometheusOptions{
		Version: prometheus, Targets: targets, Rules: alertRules, Alertmanager: s.Alertmanager.Addr,
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.Prometheus.Close)
	s.alerts = startWatch(ctx, firingAlerts(s.Prometheus.URL))
	s.scrapes = startWatch(ctx, failedScrapes(s.Prometheus.URL))
	s.undo = append(s.undo, func() error { s.alerts.close(); s.scrapes.close(); return nil })
	return nil
}

func scrapeLabels(instance string) map[string]string {
	return map[string]string{"instance": instance, "cluster": Cluster}
}
