package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"collector/internal/config"
	"collector/internal/notify"
	"collector/internal/sources/pushed"
	"collector/internal/sources/webhook"
)

// prepared is everything of a configuration that can fail to start, started.
type prepared struct {
	config    *config.Config
	witnesses []witness
	notifiers *notify.Group
	templates map[string]string // of users' own, by name: one that is being edited costs no draft
}

func (p prepared) trials() []trial { return trials(p.witnesses) }

// prepare does all of a configuration that can fail. It changes nothing.
func (d *daemon) prepare(c *config.Config) (prepared, error) {
	if len(c.MySQL) == 0 {
		return prepared{}, errors.New("the configuration names no mysql server to record: add one to mysql, see config.example.yaml")
	}
	templates, err := chooseDocuments(c, c.Report.Documents())
	if err != nil {
		return prepared{}, fmt.Errorf("report.template: %w", err)
	}
	all, err := witnesses(c)
	if err != nil {
		return prepared{}, err
	}
	if !slices.ContainsFunc(all, func(w witness) bool { return w.Kind() == webhook.Kind }) {
		all = append(all, received(c)) // when the daemon starts, its book is yet to be made
	}
	if !slices.ContainsFunc(all, func(w witness) bool { return w.Kind() == pushed.Kind }) {
		all = append(all, journalWitnesses(c)...) // and its journal
	}
	notifiers, err := notify.New(c.Notify, notify.Options{Log: d.log, Metrics: d.notifyMetrics})
	if err != nil {
		return prepared{}, err
	}
	return prepared{c, all, notifiers, templates}, nil
}

// current is the configuration that is in force, and what was made of it.
func (d *daemon) current() prepared {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inForce
}

func (d *daemon) adopt(p prepared) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.metrics.follow(d.inForce, p)
	d.inForce = p
}

// reload reads the configuration again and makes it the one in force: all of it,
// or nothing when any of it fails, and then the error says why. It may be called at
// any time, by several at once.
func (d *daemon) reload() error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	began := time.Now()
	c, err := d.tryReload()
	d.metrics.reloaded(err, began)
	if err != nil {
		// The caller may be a signal, whom nobody tells.
		d.log.Error("the configuration was not reloaded; the old one stays in force", "err", err)
		return fmt.Errorf("not reloaded, the old configuration stays in force: %w", err)
	}
	d.log.Info("configuration reloaded", "started", c.started, "restarted", c.restarted, "stopped", c.stopped, "unchanged", c.kept)
	return nil
}

func (d *daemon) tryReload() (change, error) {
	if err := d.isReady(); err != nil {
		return change{}, err
	}
	c, err := d.load()
	if err != nil {
		return change{}, err
	}
	was := d.current()
	if err := fixed(was.config, c); err != nil {
		return change{}, err
	}
	p, err := d.prepare(c)
	if err != nil {
		return change{}, err
	}
	// Nothing fails from here on.
	warnOfOpenFiles(c, d.log)
	p.notifiers.Replace(was.notifiers)
	d.adopt(p)
	d.book.SetConfig(c.Incidents)
	return d.recorders.record(c.MySQL), nil
}

// fixed names what differs and cannot change while the daemon runs.
func fixed(was, now *config.Config) error {
	var errs []error
	for _, key := range []struct {
		name     string
		was, now any
	}{
		{"storage.path", was.Storage.Path, now.Storage.Path},
		{"storage.retention", was.Storage.Retention, now.Storage.Retention},
		{"storage.max_size", was.Storage.MaxSize, now.Storage.MaxSize},
		{"server.listen", was.Server.Listen, now.Server.Listen},
		{"server.web_config_file", was.Server.WebConfigFile, now.Server.WebConfigFile},
		{"server.max_body", was.Server.MaxBody, now.Server.MaxBody},
		{"server.allow_unauthenticated", was.Server.AllowUnauthenticated, now.Server.AllowUnauthenticated},
	} {
		if key.was != key.now {
			errs = append(errs, fmt.Errorf("%s cannot change from %v to %v while collector runs: restart it", key.name, key.was, key.now))
		}
	}
	return errors.Join(errs...)
}

// obeyHangups reloads at every SIGHUP.
func (d *daemon) obeyHangups(hangups <-chan os.Signal) func(context.Context, chan<- error) (func(context.Context) error, error) {
	return func(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-ctx.Done():
					return
				case <-hangups:
					_ = d.reload() // it has logged why not
				}
			}
		}()
		return func(limit context.Context) error {
			cancel()
			select {
			case <-done:
				return nil
			case <-limit.Done():
				return limit.Err()
			}
		}, nil
	}
}
