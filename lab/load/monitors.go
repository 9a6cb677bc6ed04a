package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"collector/lab/servers"
)

// Monitor is something that watches a server. Start returns how to stop it.
type Monitor struct {
	Name  string
	Start func(ctx context.Context) (stop func() error, err error)
}

// Nothing watches nothing: its loss is the noise.
func Nothing() Monitor {
	return Monitor{"nothing (the noise)", func(context.Context) (func() error, error) {
		return func() error { return nil }, nil
	}}
}

// Collector is `collector serve` with a sample each second.
func Collector(db *servers.DB, program, dir string) Monitor {
	return Monitor{"collector serve, 1 s", func(context.Context) (func() error, error) {
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
		process, err := servers.Spawn(filepath.Join(dir, "serve.log"), nil, program, "serve", "--config", file)
		if err != nil {
			return nil, err
		}
		return process.Stop, nil
	}}
}

// Exporter is mysqld_exporter with its processlist collector, scraped each second.
func Exporter(db *servers.DB, version string) Monitor {
	return Monitor{"mysqld_exporter " + version + " with processlist, scraped each second", func(ctx context.Context) (func() error, error) {
		exporter, err := servers.MySQLdExporter(ctx, db, version, "--collect.info_schema.processlist")
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(ctx)
		var scraping sync.WaitGroup
		scraping.Go(func() { scrape(ctx, exporter.URL+"/metrics") })
		return func() error {
			cancel()
			scraping.Wait()
			return exporter.Close()
		}, nil
	}}
}

// scrape asks for the metrics each second, as Prometheus does.
func scrape(ctx context.Context, url string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return
		}
		if resp, err := http.DefaultClient.Do(req); err == nil { // a failed scrape costs the server less, and is the exporter's luck
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}

// Stalk is pt-stalk in its two states: waiting for a trigger that it asks for
// each second, and collecting once it was triggered.
func Stalk(db *servers.DB, dir string, collecting bool) Monitor {
	name, mode := "pt-stalk, watching each second", []string{"--function", "status", "--variable", "Threads_running", "--threshold", "100000", "--interval", "1"}
	if collecting {
		name, mode = "pt-stalk, collecting", []string{"--no-stalk", "--run-time", "600", "--iterations", "1"}
	}
	return Monitor{name, func(context.Context) (func() error, error) {
		args := append([]string{"--dest", dir, "--log", filepath.Join(dir, "stalk.log"), "--pid", filepath.Join(dir, "stalk.pid"),
			"--notify-by-email", "", "--disk-bytes-free", "0", "--disk-pct-free", "0"}, mode...)
		args = append(args, "--", "--socket="+db.Socket, "--user=root")
		process, err := servers.Spawn(filepath.Join(dir, "stalk.out"), nil, "pt-stalk", args...)
		if err != nil {
			return nil, err
		}
		return process.KillGroup, nil
	}}
}
