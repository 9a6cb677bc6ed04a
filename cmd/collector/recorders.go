package main

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/sources/mysql"
	"collector/internal/timeline"
)

// recorders are the recorders of the configured servers, one each.
type recorders struct {
	ctx     context.Context // of all of them: it ends with the daemon
	writer  mysql.Writer
	log     *slog.Logger
	metrics *mysql.Metrics

	mu        sync.Mutex
	running   map[string]*recorded
	incidents []timeline.Scope // what the open incidents are about
}

// recorded is a server that is being recorded.
type recorded struct {
	config   mysql.Config
	recorder *mysql.Recorder
	cancel   context.CancelFunc
	done     chan struct{}
}

// change says what a new list of servers did to the recorders; all sorted.
type change struct{ started, restarted, stopped, kept []string }

func newRecorders(ctx context.Context, writer mysql.Writer, log *slog.Logger, metrics *mysql.Metrics) *recorders {
	return &recorders{ctx: ctx, writer: writer, log: log, metrics: metrics, running: map[string]*recorded{}}
}

// record makes the list of servers the one that is recorded. The recorder of an
// unchanged server goes on as if nothing had happened. A changed one is stopped
// before its successor starts, so that there is one connection to a server.
func (r *recorders) record(servers []mysql.Config) change {
	r.mu.Lock()
	defer r.mu.Unlock()
	wanted := map[string]bool{}
	var c change
	var begin []mysql.Config
	for _, s := range servers {
		wanted[s.Name] = true
		switch was, known := r.running[s.Name]; {
		case !known:
			c.started = append(c.started, s.Name)
		case reflect.DeepEqual(was.config, s):
			c.kept = append(c.kept, s.Name)
			continue
		default:
			c.restarted = append(c.restarted, s.Name)
		}
		begin = append(begin, s)
	}
	for name := range r.running {
		if !wanted[name] {
			c.stopped = append(c.stopped, name)
		}
	}
	for _, list := range [][]string{c.started, c.restarted, c.stopped, c.kept} {
		slices.Sort(list)
	}
	limit, cancel := context.WithTimeout(r.ctx, stopLimit)
	defer cancel()
	if err := r.end(limit, slices.Concat(c.stopped, c.restarted)); err != nil {
		r.log.Warn("recorders that were told to stop still run", "err", err)
	}
	for _, name := range c.stopped {
		r.metrics.Forget(name)
	}
	for _, s := range begin {
		r.start(s)
	}
	return c
}

// start begins to record a server. One that is down is recorded as down.
func (r *recorders) start(s mysql.Config) {
	ctx, cancel := context.WithCancel(r.ctx)
	one := &recorded{config: s, recorder: mysql.NewRecorder(s, r.writer, r.log, r.metrics), cancel: cancel, done: make(chan struct{})}
	one.recorder.Incident(r.concerned(s))
	go func() {
		defer close(one.done)
		one.recorder.Run(ctx)
	}()
	r.running[s.Name] = one
	r.log.Info("recorder started", "server", s.Name, "address", s.Address, "interval", s.Interval)
}

// end stops some recorders and waits for them, at most until the limit.
func (r *recorders) end(limit context.Context, names []string) error {
	for _, name := range names {
		r.running[name].cancel()
	}
	for i, name := range names {
		select {
		case <-r.running[name].done:
		case <-limit.Done():
			return fmt.Errorf("%s: %w", names[i:], limit.Err())
		}
	}
	for _, name := range names {
		delete(r.running, name)
	}
	return nil
}

// stop ends all.
func (r *recorders) stop(limit context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.running {
		names = append(names, name)
	}
	slices.Sort(names)
	return r.end(limit, names)
}

// incident says what the open incidents are about: those servers' statements and
// plans are looked at more often. It is safe for concurrent use.
func (r *recorders) incident(open []timeline.Scope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.incidents = slices.Clone(open)
	for _, one := range r.running {
		one.recorder.Incident(r.concerned(one.config))
	}
}

// latest is what is so now at the recorded servers of a scope. It asks no server.
func (r *recorders) latest(scope timeline.Scope, now time.Time, roles sources.Roles) []live.Server {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []live.Server
	for _, one := range r.running {
		if scope.Includes(one.config.Cluster, one.config.Name) {
			all = append(all, one.recorder.Latest(now, roles))
		}
	}
	return all
}

func (r *recorders) concerned(s mysql.Config) bool {
	return slices.ContainsFunc(r.incidents, func(scope timeline.Scope) bool { return scope.Includes(s.Cluster, s.Name) })
}
