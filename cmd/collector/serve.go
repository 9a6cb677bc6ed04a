package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/spf13/cobra"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/sources/mysql"
	"collector/internal/store"
	"collector/internal/web"
)

func (a app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "the daemon: record every configured server",
		Long: `Serve samples every configured MySQL and MariaDB server at its interval, with one
connection and one query in flight each, into the store. It runs until it is
interrupted; killing it loses at most the last interval.`,
		Example: `  collector serve --config /etc/collector/collector.yaml`,
		Args:    noArguments,
	}
	load := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load()
		if err != nil {
			return err
		}
		return a.serve(cmd.Context(), c)
	}
	return cmd
}

// daemon is what the steps of `collector serve` share.
type daemon struct {
	config   *config.Config
	log      *slog.Logger
	registry *prometheus.Registry
	store    *store.Store
	book     *incident.Book
	ready    atomic.Bool
}

func (a app) serve(ctx context.Context, c *config.Config) error {
	if len(c.MySQL) == 0 {
		return errors.New("the configuration names no mysql server to record: add one to mysql, see config.example.yaml")
	}
	d := &daemon{config: c, log: slog.New(slog.NewTextHandler(a.stderr, nil)), registry: prometheus.NewRegistry()}
	d.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d.warnOfOpenFiles()
	defer spareMemory()()
	err := runSteps(ctx, []step{
		{"the book of incidents", d.openBook},
		{"the store", d.openStore},
		{"the HTTP server", d.serveHTTP},
		{"the recorders", d.record},
	})
	if err == nil {
		d.log.Info("stopped")
	}
	return err
}

// garbagePercent is how much garbage the daemon lets pile up, in percent of what it
// holds: it holds little, works little, and shares a machine with others.
const garbagePercent = 40

// spareMemory sets it, unless GOGC says otherwise, and returns what undoes it.
func spareMemory() func() {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(garbagePercent)
	return func() { debug.SetGCPercent(before) }
}

// otherRead is the permission that lets everybody read a file.
const otherRead fs.FileMode = 0o004

// warnOfOpenFiles names the files of secrets that every user of the machine can
// read. What cannot be read at all, the login will say.
func (d *daemon) warnOfOpenFiles() {
	for _, m := range d.config.MySQL {
		for _, file := range []string{m.PasswordFile, m.TLSKeyFile} {
			if info, err := os.Stat(file); err == nil && info.Mode().Perm()&otherRead != 0 {
				d.log.Warn("every user of this machine can read the file; chmod o-rwx", "server", m.Name, "path", file, "mode", info.Mode().Perm())
			}
		}
	}
}

func (d *daemon) openStore(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	s, err := store.Open(ctx, store.Options{
		Path: d.config.Storage.Path, Retention: time.Duration(d.config.Storage.Retention),
		MaxSize: int64(d.config.Storage.MaxSize), Keep: d.book.Held, Log: d.log,
	})
	if err != nil {
		return nil, err
	}
	d.store = s
	d.log.Info("store open", "path", d.config.Storage.Path, "retention", d.config.Storage.Retention, "max_size", d.config.Storage.MaxSize)
	return func(context.Context) error { return s.Close() }, nil
}

func (d *daemon) serveHTTP(ctx context.Context, failed chan<- error) (func(context.Context) error, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", d.config.Server.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: change server.listen", err)
	}
	server := web.New(d.config.Server.Listen, d.registry, d.isReady)
	flags := &toolkit.FlagConfig{WebConfigFile: &d.config.Server.WebConfigFile}
	go func() {
		if err := toolkit.Serve(listener, server, flags, d.log); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("the HTTP server: %w", err)
		}
	}()
	return server.Shutdown, nil
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
	metrics := mysql.NewMetrics(d.registry)
	var wg sync.WaitGroup
	for _, server := range d.config.MySQL {
		recorder := mysql.NewRecorder(server, d.store, d.log, metrics)
		wg.Go(func() { recorder.Run(ctx) })
		d.log.Info("recorder started", "server", server.Name, "address", server.Address, "interval", server.Interval)
	}
	d.ready.Store(true)
	return func(limit context.Context) error {
		d.ready.Store(false)
		cancel()
		return waitFor(limit, &wg)
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
