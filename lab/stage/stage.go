package stage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"collector/lab/servers"
	"collector/lab/standin"
)

// How the stage's parts are known to Prometheus and to collector.
const (
	Cluster         = "shop"
	Primary         = "db1"
	Replica         = "db2"
	Second          = "db3" // the second replica, where there is one
	AppInstance     = "shop-app:8080"
	PrimaryInstance = "db1:9104"
	ReplicaInstance = "db2:9104"
	SecondInstance  = "db3:9104"

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

	SecondReplica bool     // a third server, DB3
	Witnesses     bool     // a stand-in for Loki, and collector asks Alertmanager for silences
	Dashboard     []byte   // as saved in a file: a stand-in for Grafana has it; without one there is none
	Lines         []string // further lines of every server's configuration
}

// Stage is a running shop with everything that watches it.
type Stage struct {
	Options
	DB1, DB2     *servers.DB
	DB3          *servers.DB // nil without Options.SecondReplica
	Exporters    []*servers.HTTPServer
	Prometheus   *servers.HTTPServer
	Alertmanager *servers.HTTPServer
	Grafana      *standin.Grafana // nil without Options.Dashboard; it is not Grafana
	GrafanaURL   string
	LokiURL      string // of a stand-in, which is not Loki; empty without Options.Witnesses
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
	type step struct {
		name string
		do   func(context.Context) error
	}
	steps := []step{
		{"a primary and its replicas", s.startDatabases},
		{"the shop's tables", s.fillShop},
		{"the application", s.startApp},
		{"exporters, Alertmanager and Prometheus", s.startMonitoring},
	}
	if len(opts.Dashboard) > 0 {
		steps = append(steps, step{"a stand-in for Grafana, which is not Grafana, with a dashboard", s.startGrafana})
	}
	if s.Witnesses {
		steps = append(steps, step{"a stand-in for Loki, which is not Loki", s.startLoki})
	}
	steps = append(steps, step{"collector, recording all servers", s.startCollector})
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
	case SecondInstance:
		return Second
	}
	return instance
}

func (s *Stage) path(name string) string { return filepath.Join(s.Dir, name) }

// database is one of the stage's servers with its names.
type database struct {
	name, instance string
	*servers.DB
}

// databases lists the servers that run, the first primary first.
func (s *Stage) databases() []database {
	all := []database{{Primary, PrimaryInstance, s.DB1}, {Replica, ReplicaInstance, s.DB2}}
	if s.DB3 != nil {
		all = append(all, database{Second, SecondInstance, s.DB3})
	}
	return all
}

// crashSafe lets a commit survive the death of the process, though not of the
// machine: a primary that forgets what its replicas have is another story.
const crashSafe = "innodb_flush_log_at_trx_commit=2"

func (s *Stage) startDatabases(ctx context.Context) error {
	wanted := []**servers.DB{&s.DB1, &s.DB2}
	if s.SecondReplica {
		wanted = append(wanted, &s.DB3)
	}
	for i, db := range wanted {
		lines := append([]string{crashSafe}, s.Lines...)
		if i > 0 {
			lines = append(lines, "read_only=ON")
		}
		server, err := servers.Database(ctx, s.Flavour, servers.DBOptions{ServerID: uint32(i + 1), Lines: lines})
		if err != nil {
			return err
		}
		*db = server
		s.undo = append(s.undo, server.Close)
		if err := server.CreateCollectorAccount(ctx); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		if err := servers.SetUpReplica(ctx, s.DB1, server); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) fillShop(ctx context.Context) error {
	if err := createShop(ctx, s.DB1.Admin); err != nil {
		return err
	}
	for _, db := range s.databases() {
		if err := db.CreateAccount(ctx, appAccount, CanaryPassword, "ALL PRIVILEGES ON shop.*"); err != nil {
			return err
		}
	}
	for _, db := range s.databases()[1:] {
		if err := servers.AwaitReplica(ctx, s.DB1, db.DB, time.Minute); err != nil {
			return err
		}
	}
	return nil
}

// AwaitReplica waits until the first replica has applied all that the primary has.
func (s *Stage) AwaitReplica(ctx context.Context, limit time.Duration) error {
	return servers.AwaitReplica(ctx, s.DB1, s.DB2, limit)
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
	for _, db := range s.databases() {
		exporter, err := servers.MySQLdExporter(ctx, db.DB, exporterVersion)
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
		Version: prometheus, Targets: targets, Rules: alertRules, Alertmanagers: []string{s.Alertmanager.Addr},
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
