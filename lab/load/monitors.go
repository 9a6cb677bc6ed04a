package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"collector/lab/servers"
)

// Monitor is something that watches a server.
type Monitor struct {
	Name    string
	Account string // whose statements are the monitor's
	Start   func(ctx context.Context) (Watch, error)
}

// Watch is a monitor that runs. It is paused and resumed many times: starting it
// anew would cost more than watching does.
type Watch interface {
	Pause() error
	Resume() error
	Group() int                   // of its processes
	Phase() (time.Duration, bool) // where in each second it looks, if that is known
	Close() error
}

// process is a monitor that is a process with all that it starts.
type process struct {
	*servers.Process
	phase time.Duration // 0: it is not known
}

func (p process) Phase() (time.Duration, bool) { return p.phase, p.phase > 0 }

func (p process) Group() int   { return p.Pid() }
func (p process) Close() error { return p.KillGroup() }

// Collector is `collector serve` with a sample each second.
func Collector(db *servers.DB, program, dir string) Monitor {
	return Monitor{"collector serve, 1 s", servers.CollectorAccount, func(context.Context) (Watch, error) {
		port, err := servers.FreePort()
		if err != nil {
			return nil, err
		}
		secret, file := filepath.Join(dir, "pw"), filepath.Join(dir, "collector.yaml")
		config := fmt.Sprintf("timezone: UTC\nstorage: {path: %s}\nserver: {listen: 127.0.0.1:%d}\nmysql:\n"+
			"  - {name: db1, address: '%s', user: %s, password_file: %s, interval: 1s}\n",
			filepath.Join(dir, "store"), port, db.Addr(), servers.CollectorAccount, secret)
		if err := os.WriteFile(secret, []byte(db.Password(servers.CollectorAccount)), 0o600); err != nil {
			return nil, fmt.Errorf("configuring collector: %w", err)
		}
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			return nil, fmt.Errorf("configuring collector: %w", err)
		}
		return spawned(halfPast, filepath.Join(dir, "serve.log"), program, "serve", "--config", file)
	}}
}

// halfPast is where in each second collector samples, and where the exporter is
// scraped.
const halfPast = 500 * time.Millisecond

// spawned starts a monitor that is a process.
func spawned(phase time.Duration, log, program string, args ...string) (Watch, error) {
	p, err := servers.Spawn(log, nil, program, args...)
	if err != nil {
		return nil, err
	}
	return process{p, phase}, nil
}

// Exporter is mysqld_exporter with its processlist collector, scraped each second.
func Exporter(db *servers.DB, version string) Monitor {
	return Monitor{"mysqld_exporter " + version + " with processlist, scraped each second", servers.ExporterAccount, func(ctx context.Context) (Watch, error) {
		exporter, err := servers.MySQLdExporter(ctx, db, version, "--collect.info_schema.processlist")
		if err != nil {
			return nil, err
		}
		s := &scraper{exporter: exporter}
		ctx, s.cancel = context.WithCancel(ctx)
		s.done.Go(func() { s.run(ctx) })
		return s, nil
	}}
}

// scraper asks an exporter for its metrics each second, as Prometheus does.
type scraper struct {
	exporter *servers.HTTPServer
	paused   atomic.Bool
	cancel   context.CancelFunc
	done     sync.WaitGroup
}

func (s *scraper) Pause() error  { s.paused.Store(true); return nil }
func (s *scraper) Resume() error { s.paused.Store(false); return nil }
func (s *scraper) Group() int    { return s.exporter.Pid() }

func (s *scraper) Phase() (time.Duration, bool) { return halfPast, true }

func (s *scraper) Close() error {
	s.cancel()
	s.done.Wait()
	return s.exporter.Close()
}

func (s *scraper) run(ctx context.Context) {
	for next := time.Now().Truncate(time.Second).Add(halfPast); ; next = next.Add(time.Second) {
		if wait(ctx, time.Until(next)) != nil {
			return
		}
		if s.paused.Load() || time.Since(next) > time.Second {
			continue
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.exporter.URL+"/metrics", nil)
		if err != nil {
			return
		}
		if resp, err := http.DefaultClient.Do(req); err == nil { // a failed scrape costs the server less, and is the exporter's luck
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}

// stalkAccount is pt-stalk's, which sysbench does not use: what it costs is counted
// by account.
const stalkAccount = "stalk"

// Stalk is pt-stalk in its two states: waiting for a trigger that it asks for
// each second, and collecting once it was triggered.
func Stalk(db *servers.DB, dir string, collecting bool) Monitor {
	name, mode := "pt-stalk, watching each second", []string{"--function", "status", "--variable", "Threads_running", "--threshold", "100000", "--interval", "1"}
	if collecting {
		name, mode = "pt-stalk, collecting", []string{"--no-stalk", "--run-time", "3600", "--iterations", "1"}
	}
	return Monitor{name, stalkAccount, func(ctx context.Context) (Watch, error) {
		if err := db.CreateAccount(ctx, stalkAccount, "stalk-pw", "ALL PRIVILEGES ON *.*"); err != nil {
			return nil, err
		}
		args := append([]string{"--dest", dir, "--log", filepath.Join(dir, "stalk.log"), "--pid", filepath.Join(dir, "stalk.pid"),
			"--notify-by-email", "", "--disk-bytes-free", "0", "--disk-pct-free", "0"}, mode...)
		return spawned(0, filepath.Join(dir, "stalk.out"), "pt-stalk", append(args, "--",
			"--socket="+db.Socket, "--user="+stalkAccount, "--password="+db.Password(stalkAccount))...)
	}}
}
