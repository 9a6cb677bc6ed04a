package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The versions of Alertmanager.
const (
	Alertmanager025 = "0.25" // Debian stable's
	Alertmanager033 = "0.33" // Debian sid's
)

// AlertmanagerOptions are all optional.
type AlertmanagerOptions struct {
	Version string   // Alertmanager025 (default) or Alertmanager033
	Config  string   // a whole configuration; the default notifies nobody
	Cluster string   // host:port where it gossips with its peers; default none
	Peers   []string // Cluster of the others of a highly available set
	Args    []string // further flags
	Events  bool     // its event recorder writes EventsFile; Alertmanager033 only
}

// EventsFile is what the event recorder of a server that was started with Events writes.
func EventsFile(s *HTTPServer) string { return filepath.Join(s.Dir, "events.jsonl") }

// errNoRecorder: the event recorder is of Alertmanager 0.33.
var errNoRecorder = errors.New("alertmanager " + Alertmanager025 + " has no event recorder")

// AlertmanagerPair starts two that gossip with each other: the second waits for a
// second before it notifies what the first may have notified. The caller closes both.
func AlertmanagerPair(ctx context.Context, opts AlertmanagerOptions) (pair []*HTTPServer, err error) {
	defer func() {
		if err != nil {
			for _, server := range pair {
				err = errors.Join(err, server.Close())
			}
		}
	}()
	for range 2 {
		port, err := FreePort()
		if err != nil {
			return pair, err
		}
		one := opts
		one.Cluster = fmt.Sprintf("127.0.0.1:%d", port)
		one.Args = append([]string{"--cluster.gossip-interval=50ms", "--cluster.peer-timeout=1s"}, opts.Args...)
		server, err := Alertmanager(ctx, one)
		if err != nil {
			return pair, err
		}
		pair = append(pair, server)
		opts.Peers = append(opts.Peers, one.Cluster)
	}
	return pair, nil
}

// Alertmanager starts a server and returns when it is ready. The caller closes it.
func Alertmanager(ctx context.Context, opts AlertmanagerOptions) (*HTTPServer, error) {
	program, err := chosen(opts.Version, "alertmanager",
		release{Alertmanager025, KindAlertmanager25, "prometheus-alertmanager"},
		release{Alertmanager033, KindAlertmanager33, sidPath("usr/bin/prometheus-alertmanager")})
	if err != nil {
		return nil, err
	}
	if opts.Events && opts.Version != Alertmanager033 {
		return nil, errNoRecorder
	}
	dir, addr, err := place("alertmanager")
	if err != nil {
		return nil, err
	}
	config := opts.Config
	if config == "" {
		config = "route: {receiver: nobody, group_wait: 1s}\nreceivers: [{name: nobody}]\n"
	}
	if opts.Events { // behind a feature flag, and only with an output
		config += fmt.Sprintf("\nevent_recorder: {file_outputs: [{path: '%s'}]}\n", filepath.Join(dir, "events.jsonl"))
		opts.Args = append([]string{"--enable-feature=event-recorder"}, opts.Args...)
	}
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("configuring alertmanager: %w", err), os.RemoveAll(dir))
	}
	args := []string{
		"--config.file=" + file, "--storage.path=" + filepath.Join(dir, "data"),
		"--web.listen-address=" + addr, "--cluster.listen-address=" + opts.Cluster,
	}
	for _, peer := range opts.Peers {
		args = append(args, "--cluster.peer="+peer)
	}
	return startHTTP(ctx, dir, addr, "/-/ready", program, append(args, opts.Args...)...)
}
