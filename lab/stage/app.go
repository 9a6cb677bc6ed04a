package stage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	workers      = 9
	thinkTime    = 120 * time.Millisecond // of a worker between two requests
	requestLimit = 10 * time.Second
	lessPatient  = 500 * time.Millisecond // each worker than the one before: with one limit for all they would fail in step
)

// lockLimits are innodb_lock_wait_timeout, in seconds, of the sessions of the
// application's parts. They differ, as in life: with one limit for all, every
// worker would wait, fail and wait again in step with the others.
var lockLimits = [...]int{1, 2, 3}

// App is the shop's application: workers that read and write through the
// primary, and a metrics page.
type App struct {
	Addr string // of the metrics page

	pools   atomic.Pointer[pools]
	metrics *metrics
	release atomic.Int64
	failed  atomic.Pointer[func(operation string, at time.Time, err error)]
	server  *http.Server
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// pools are the connections of the application's parts.
type pools [len(lockLimits)]*sql.DB

// newPools connects to a server. Without idle connections every request logs in anew.
func newPools(config *mysql.Config, idle int) (*pools, error) {
	config.DBName = "shop"
	config.InterpolateParams = true // the statements hold their literals, as many applications' do
	config.Timeout = 2 * time.Second
	all := &pools{}
	for i, limit := range lockLimits {
		part := config.Clone()
		part.Params = map[string]string{"innodb_lock_wait_timeout": strconv.Itoa(limit)}
		connector, err := mysql.NewConnector(part)
		if err != nil {
			return nil, fmt.Errorf("connecting the application: %w", err)
		}
		all[i] = sql.OpenDB(connector)
		all[i].SetMaxIdleConns(idle)
	}
	return all, nil
}

func (p *pools) close() error {
	var errs []error
	for _, pool := range p {
		errs = append(errs, pool.Close())
	}
	return errors.Join(errs...)
}

// StartApp starts the workers and the metrics page.
func StartApp(ctx context.Context, config *mysql.Config) (*App, error) {
	a := &App{metrics: newMetrics()}
	if err := a.Connect(config, workers); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the application: %w", err)
	}
	a.Addr = listener.Addr().String()
	a.release.Store(1)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics)
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	a.done.Go(func() { _ = a.server.Serve(listener) }) // ends when the application is closed
	ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for i := range workers {
		a.done.Go(func() { a.work(ctx, i) })
	}
	return a, nil
}

// Connect lets the application use another server, or other pools: with no idle
// connections every request logs in anew. Requests under way end where they are.
func (a *App) Connect(config *mysql.Config, idle int) error {
	fresh, err := newPools(config, idle)
	if err != nil {
		return err
	}
	if old := a.pools.Swap(fresh); old != nil {
		return old.close()
	}
	return nil
}

// BrokenRelease is the release whose orders fail: it reads customers.vat, which no
// schema ever had.
const BrokenRelease = 4

// Release is the application's version after a deploy: from release 3 on it no
// longer reads customers.city.
func (a *App) Release(n int) { a.release.Store(int64(n)) }

// OnFailure has every failed request told from now on.
func (a *App) OnFailure(tell func(operation string, at time.Time, err error)) { a.failed.Store(&tell) }

// Failures tells when the first request at or after a time failed and when the
// last did; both are zero when none did.
func (a *App) Failures(since time.Time) (first, last time.Time, count int) {
	return a.metrics.failuresSince(since)
}

// Slow counts the requests that took more than a second and ended at or after
// a time. Under normal load there are none, unless the machine is too busy.
func (a *App) Slow(since time.Time) int { return a.metrics.slowSince(since) }

// Close stops the workers and the metrics page.
func (a *App) Close() error {
	a.cancel()
	err := a.server.Close()
	a.done.Wait()
	return errors.Join(err, a.pools.Load().close())
}

func (a *App) work(ctx context.Context, worker int) {
	pause := time.NewTicker(thinkTime)
	defer pause.Stop()
	for n := worker * 7919; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		operation, db := operations[n%len(operations)], a.pools.Load()[worker%len(lockLimits)]
		start := time.Now()
		request, cancel := context.WithTimeout(ctx, requestLimit-time.Duration(worker)*lessPatient)
		err := operation.do(request, db, int(a.release.Load()), n)
		cancel()
		if ctx.Err() != nil {
			return
		}
		end := time.Now()
		a.metrics.observe(operation.name, start, end, err)
		if tell := a.failed.Load(); tell != nil && err != nil {
			(*tell)(operation.name, end, err)
		}
	}
}

// operation is one kind of request.
type operation struct {
	name string
	do   func(ctx context.Context, db *sql.DB, release, n int) error
}

var operations = [...]operation{
	{"browse", browse}, {"order", order}, {"browse", browse}, {"history", history}, {"pay", pay},
}
