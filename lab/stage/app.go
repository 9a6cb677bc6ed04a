package stage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	workers      = 8
	thinkTime    = 120 * time.Millisecond // of a worker between two requests
	requestLimit = 10 * time.Second
	lockLimit    = 3 // s, innodb_lock_wait_timeout of the application's sessions
)

// App is the shop's application: workers that read and write through the
// primary, and a metrics page.
type App struct {
	Addr string // of the metrics page

	db      *sql.DB
	metrics *metrics
	release atomic.Int64
	server  *http.Server
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// StartApp starts the workers and the metrics page.
func StartApp(ctx context.Context, config *mysql.Config) (*App, error) {
	config.DBName = "shop"
	config.InterpolateParams = true // the statements hold their literals, as many applications' do
	config.Params = map[string]string{"innodb_lock_wait_timeout": fmt.Sprint(lockLimit)}
	config.Timeout = 2 * time.Second
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("starting the application: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the application: %w", err)
	}
	a := &App{Addr: listener.Addr().String(), db: sql.OpenDB(connector), metrics: newMetrics()}
	a.db.SetMaxIdleConns(workers)
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

// Release is the application's version after a deploy: from release 3 on it no
// longer reads customers.city.
func (a *App) Release(n int) { a.release.Store(int64(n)) }

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
	return errors.Join(err, a.db.Close())
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
		operation := operations[n%len(operations)]
		start := time.Now()
		request, cancel := context.WithTimeout(ctx, requestLimit)
		err := operation.do(request, a, n)
		cancel()
		if ctx.Err() != nil {
			return
		}
		a.metrics.observe(operation.name, start, time.Now(), err)
	}
}

// operation is one kind of request.
type operation struct {
	name string
	do   func(ctx context.Context, a *App, n int) error
}

var operations = [...]operation{
	{"browse", browse}, {"order", order}, {"browse", browse}, {"history", history}, {"pay", pay},
}
