package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/notify"
	"collector/internal/sources"
	"collector/internal/sources/mysql"
	"collector/internal/store"
	"collector/internal/web"
)

func (a app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "the daemon: record every configured server, write the drafts of incidents",
		Long: `Serve samples every configured MySQL and MariaDB server at its interval, with one
connection and one query in flight each, into the store. It runs until it is
interrupted; killing it loses at most the last interval.

Pipelines push changes to it (POST /api/v1/changes), people notes (/api/v1/notes), and
whoever asks for the draft of a window (/api/v1/drafts) gets it.
Alertmanager's webhook (POST /api/v1/alertmanager) tells it of incidents: it writes
the first draft within a minute of the first alert, refreshes it while the incident
lasts, and writes the final one when everything is resolved; see collector
incidents. SIGHUP makes it read its
configuration again: all of it, or nothing when any of it is wrong.`,
		Example: `  collector serve --config /etc/collector/collector.yaml`,
		Args:    noArguments,
	}
	load := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.serve(cmd.Context(), load)
	}
	return cmd
}

// daemon is what the steps of `collector serve` share.
type daemon struct {
	config        *config.Config // that it started with; see current for the one in force
	load          func() (*config.Config, error)
	log           *slog.Logger
	registry      *prometheus.Registry
	metrics       *daemonMetrics
	learner       *learner
	notifyMetrics *notify.Metrics
	book          *incident.Book
	journal       *store.Journal // nil when it cannot be opened
	store         *store.Store
	recorders     *recorders
	asked         *askedDrafts
	ready         atomic.Bool

	reloading sync.Mutex // held by whoever reloads

	mu      sync.Mutex // guards what follows
	inForce prepared
	levels  map[string]sources.Level // of the sources, by label, at their last check
}

func (a app) serve(ctx context.Context, load func() (*config.Config, error)) error {
	c, err := load()
	if err != nil {
		return err
	}
	// Whoever sends it too early must not end us.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	d := newDaemon(c, load, newLog(a.stderr))
	p, err := d.prepare(c)
	if err != nil {
		return err
	}
	d.adopt(p)
	warnOfOpenFiles(c, d.log)
	defer spareMemory()()
	err = runSteps(ctx, []step{
		{"the book of incidents", d.openBook},
		{"the journal of changes and notes", d.openJournal},
		{"the store", d.openStore},
		{"the HTTP server", d.serveHTTP},
		{"the notifiers", d.notify},
		{"the recorders", d.record},
		{"the clerk who writes the drafts", d.clerks(a)},
		{"the checks of the sources", d.probe},
		{"the counts of actions and patterns", d.learn},
		{"giving back memory", d.spare},
		{"reloading at SIGHUP", d.obeyHangups(hangups)},
	})
	if err == nil {
		d.log.Info("stopped")
	}
	return err
}

func newLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func newDaemon(c *config.Config, load func() (*config.Config, error), log *slog.Logger) *daemon {
	d := &daemon{config: c, load: load, log: log, registry: prometheus.NewRegistry(), levels: map[string]sources.Level{}}
	d.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d.metrics = newDaemonMetrics(d.registry, time.Now())
	d.learner = newLearner(d.registry)
	d.notifyMetrics = notify.NewMetrics(d.registry)
	d.asked = newAskedDrafts(func() *config.Config { return d.current().config }, time.Now)
	storeMetrics(d.registry, c.Storage.Path, int64(c.Storage.MaxSize))
	return d
}

// otherRead is the permission that lets everybody read a file.
const otherRead fs.FileMode = 0o004

// warnOfOpenFiles names the files of secrets that every user of the machine can
// read. What cannot be read at all, the login will say.
func warnOfOpenFiles(c *config.Config, log *slog.Logger) {
	for _, m := range c.MySQL {
		for _, file := range []string{m.PasswordFile, m.TLSKeyFile} {
			if info, err := os.Stat(file); err == nil && info.Mode().Perm()&otherRead != 0 {
				log.Warn("every user of this machine can read the file; chmod o-rwx", "server", m.Name, "path", file, "mode", info.Mode().Perm())
			}
		}
	}
}

func (d *daemon) openStore(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	s, err := store.Open(ctx, store.Options{
		Path: d.config.Storage.Path, Retention: time.Duration(d.config.Storage.Retention),
		MaxSize: int64(d.config.Storage.MaxSize), Keep: d.book.Held, Compacted: debug.FreeOSMemory, Log: d.log,
	})
	if err != nil {
		return nil, err
	}
	d.store = s
	d.log.Info("store open", "path", d.config.Storage.Path, "retention", d.config.Storage.Retention, "max_size", d.config.Storage.MaxSize)
	return func(context.Context) error { return s.Close() }, nil
}

func (d *daemon) serveHTTP(ctx context.Context, failed chan<- error) (func(context.Context) error, error) {
	c := d.config.Server
	if err := d.inspectAccess(ctx); err != nil {
		return nil, err
	}
	listener, door, err := web.Listen(ctx, access(d.config))
	if err != nil {
		return nil, err
	}
	if !door.Guarded() {
		d.log.Warn("everybody who reaches this address gets in, as server.allow_unauthenticated says", "address", c.Listen)
	}
	server := web.New(web.Options{
		Listen: c.Listen, Door: door, ExternalURL: c.ExternalURL, Metrics: d.registry, Ready: d.isReady,
		Intake: d.book, Incidents: d.book, Live: d, Stories: newStories(time.Now), Location: d.config.Location(), Reload: d.reload, Log: d.log, Limits: web.Limits{Body: int64(c.MaxBody)},
		Journal: d.pushes(), Notes: d.noteRules(), Drafts: d.asked,
	})
	flags := &toolkit.FlagConfig{WebConfigFile: &c.WebConfigFile}
	go func() {
		if err := toolkit.Serve(listener, server, flags, d.log); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("the HTTP server: %w", err)
		}
	}()
	return func(limit context.Context) error { return web.Stop(limit, server) }, nil
}

// notify sends what the notifiers have to tell, until the daemon stops.
func (d *daemon) notify(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	d.current().notifiers.Start(ctx, d.book)
	return func(limit context.Context) error { return d.current().notifiers.Stop(limit) }, nil
}

var errStarting = errors.New("the recorders have not started")

func (d *daemon) isReady() error {
	if !d.ready.Load() {
		return errStarting
	}
	return nil
}

// record starts one recorder per server. A server that is down when the daemon
// starts is recorded as down.
func (d *daemon) record(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	ctx, cancel := context.WithCancel(ctx)
	d.recorders = newRecorders(ctx, d.store, d.log, mysql.NewMetrics(d.registry))
	d.recorders.record(d.config.MySQL)
	d.ready.Store(true)
	return func(limit context.Context) error {
		d.ready.Store(false)
		cancel()
		return d.recorders.stop(limit)
	}, nil
}

// waitFor waits for the group, at most until the limit.
func waitFor(limit context.Context, wg *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-limit.Done():
		return limit.Err()
	}
}
